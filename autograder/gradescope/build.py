"""Build the zip that Gradescope takes as an autograder (gradescope-autograders.readthedocs.io).

It is unpacked to `/autograder/source`; `setup.sh` runs once, when the container's image is made,
and `run_autograder`, which is copied to `/autograder`, for each submission.
"""

from __future__ import annotations

import hashlib
import hmac
import tomllib
from pathlib import Path

import autograder
from autograder.course import Course, secret_seed
from autograder.course.build import files_below
from autograder.course.folder import ASSIGNMENTS, CONFIG, SOLUTIONS
from autograder.course.secret import PRIVATE
from autograder.errors import CourseError
from autograder.whole import leave, zipped

KIT, COURSE = "kit", "course"

SETUP = """\
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
"$here/venv/bin/python" -m pip install --quiet -c "$here/kit/constraints.txt" "$here/kit@EXTRAS@"
chmod -R go-rwx "$here"
"""
RUN = """\
#!/usr/bin/env bash
# Runs for each submission: grades /autograder/submission, writes /autograder/results/results.json.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/source/course"
exec "$here/source/venv/bin/python" -m autograder.gradescope.run "$here"
"""


def build_autograder(course: Course, assignment: str, path: Path) -> None:
    """Write the zip of one assignment.

    It holds what the container must hold: the kit, this assignment's solution and released
    notebook, and a seed for hidden cases of its own, from which the course's cannot be found.

    Raises:
        CourseError: The assignment is unknown or not released, or the kit is not a checkout.
        GradingError: It cannot be written.
    """
    if assignment not in course.sources:
        raise CourseError(
            f"no assignment is called {assignment!r}; this course has {', '.join(course.sources)}"
        )
    texts = {"setup.sh": SETUP.replace("@EXTRAS@", _extras()), "run_autograder": RUN}
    texts |= {
        f"{COURSE}/{PRIVATE}/course.seed": f"{_seed_of_its_own(course.root, assignment)}\n",
        f"{COURSE}/{CONFIG}": '"""Grading on Gradescope needs no settings."""\n',
    }
    files = sorted({**_kit(), **_course(course, assignment)}.items())
    content = {name: text.encode() for name, text in texts.items()}
    content |= {name: source.read_bytes() for name, source in files}
    modes = {"setup.sh": 0o755, "run_autograder": 0o755, f"{COURSE}/{PRIVATE}/course.seed": 0o600}
    leave(path, zipped(content.items(), modes), "--out", mode=0o600)


def _kit() -> dict[str, Path]:
    """The kit itself, from which `pip` installs it there."""
    package = Path(autograder.__file__).parent
    root = package.parent
    files = {
        f"{KIT}/{name}": root / name for name in ("pyproject.toml", "constraints.txt", "README.md")
    }
    if not all(source.is_file() for source in files.values()):
        raise CourseError(
            f"{root} is no checkout of the kit (there is no pyproject.toml with constraints.txt); "
            "build the autograder from one"
        )
    return files | {
        f"{KIT}/{source.relative_to(root).as_posix()}": source for source in files_below(package)
    }


def _course(course: Course, assignment: str) -> dict[str, Path]:
    released = course.root / ASSIGNMENTS / assignment
    if not released.is_dir():
        raise CourseError(f"{released} is missing; run autograder release first")
    return {
        f"{COURSE}/{source.relative_to(course.root).as_posix()}": source
        for folder in (course.root / SOLUTIONS / assignment, released)
        for source in files_below(folder)
    }


def _seed_of_its_own(root: Path, assignment: str) -> str:
    key = bytes.fromhex(secret_seed(root))
    return hmac.new(key, f"gradescope {assignment}".encode(), hashlib.sha256).hexdigest()


def _extras() -> str:
    """What of the kit's optional parts grading needs."""
    with (Path(autograder.__file__).parent.parent / "pyproject.toml").open("rb") as file:
        optional = tomllib.load(file)["project"].get("optional-dependencies", {})
    return "[instructor]" if "instructor" in optional else ""
