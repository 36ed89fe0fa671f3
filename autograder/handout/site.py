"""`autograder handout --site`: a JupyterLite site, in which notebooks run in the browser alone.

The kit comes as the wheel that lies beside the notebooks: each fetches it in its first cell.
Python, NumPy and Matplotlib come from Pyodide, which the browser loads from the web.
"""

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import numpy as np

from autograder.errors import CourseError
from autograder.handout.handout import Handout, Wanted, content_of, empty_folder, put
from autograder.lab.samples import FILE, samples

_NEEDED = ("jupyterlite_core", "jupyterlite_pyodide_kernel")
_INSTALLED_ONLY = ("requirements.txt", "pins.txt", "README.md")
"""What is of use only where something is installed."""


def write_site(
    root: Path, folder: Path, only: Sequence[str] = (), **wanted: Unpack[Wanted]
) -> Handout:
    """Build the site into a new folder.

    Raises:
        CourseError: As for `write_handout`, JupyterLite is not installed or fails, or the folder is
            not empty. Then nothing is written.
    """
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise CourseError(
            "a site needs JupyterLite; nothing was written. Run: pip install "
            + " ".join(name.replace("_", "-") for name in _NEEDED)
        )
    empty_folder(folder, "--site")
    names, content = content_of(root, only, **wanted)
    content = {name: data for name, data in content.items() if name not in _INSTALLED_ONLY}
    data = io.BytesIO()
    np.savez_compressed(data, **samples())  # type: ignore[arg-type]
    content[FILE] = data.getvalue()
    with tempfile.TemporaryDirectory(prefix="autograder-site-") as temporary:
        put(content, Path(temporary, "contents"))
        Path(temporary, "jupyter_lite_config.json").write_text(json.dumps(_build()))
        command = [sys.executable, "-m", "jupyter", "lite", "build", "--contents", "contents"]
        done = subprocess.run(
            [*command, "--output-dir", "site"],
            cwd=temporary,
            env={**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent),
                                                        os.environ.get("PATH", "")])},
            capture_output=True,
            text=True,
        )  # fmt: skip
        if done.returncode:
            raise CourseError(f"JupyterLite could not build the site:\n{done.stderr[-3000:]}")
        files = sum(path.is_file() for path in Path(temporary, "site").rglob("*"))
        if folder.is_dir():
            folder.rmdir()
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(temporary, "site"), folder)
    return Handout(folder, names, files)


def _build() -> dict[str, object]:
    """JupyterLite's configuration: of what is installed here only its Python, no nbgrader."""
    kernel = Path(sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension")
    only = {"ignore_sys_prefix": ["federated_extensions"]}
    return {"LiteBuildConfig": {**only, "federated_extensions": [str(kernel)]}}
