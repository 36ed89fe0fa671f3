#!/usr/bin/env bash
# Runs once, when Gradescope makes the image: Python 3.11 or newer, and the kit in its own folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -d "$here/kit" ] || here=$here/source
usable() {
    for python in python3.13 python3.12 python3.11 python3; do
        "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
            return
    done
    return 1
}
if ! usable; then
    apt-get update
    for version in 3.12 3.11; do
        apt-get install -y "python$version" "python$version-venv" && break
    done
    usable || { echo "Python 3.11 or newer is needed: choose a newer base image." >&2; exit 1; }
fi
# With bubblewrap around it students' code is locked up twice; where it cannot work the kit says so.
command -v bwrap >/dev/null || apt-get install -y bubblewrap || true
"$python" -m venv "$here/venv"
"$here/venv/bin/python" -m pip install --quiet -c "$here/kit/constraints.txt" "$here/kit[instructor]"
chmod -R go-rwx "$here"
