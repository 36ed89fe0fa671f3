"""The private folder of the small course as its first run leaves it: made once for many tests."""

import functools
import json
import os
import shutil
import tempfile
from pathlib import Path

from autograder.course import load_course
from autograder.course.build import source_notebook
from tests import warm

SMALL = Path(__file__).parent / "course" / "small"
ASSIGNMENT = "01_small"


def prepare(root: Path) -> None:
    """Give a course with the sources of the small one a seed, and what was drawn with it."""
    shutil.copytree(Path(_first_run().name) / ".secret", root / ".secret")


@functools.cache
def _first_run() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory()
    root = Path(folder.name)
    shutil.copytree(SMALL / "solutions", root / "solutions")
    shutil.copy(SMALL / "nbgrader_config.py", root)
    handed_in = root / "submitted" / "ada" / ASSIGNMENT / "small.ipynb"
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text(json.dumps(source_notebook(load_course(root).assignment(ASSIGNMENT))))
    env = {name: value for name, value in os.environ.items() if name != "AUTOGRADER_SECRET"}
    done = warm.run("autograder", "grade", "--quiet", cwd=root, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
