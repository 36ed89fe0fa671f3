"""From sources, through nbgrader's source folder and its steps, to the release in a folder."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.course.assemble import notebook_text, source_notebook
from autograder.course.folder import ASSIGNMENTS, SOURCE
from autograder.course.notebook import Notebook
from autograder.course.questions import public_data
from autograder.errors import CourseError
from autograder.exercises.public import SUFFIX

_NEVER_COPIED = {".py", ".pyc", ".ipynb"}
_IGNORED_FOLDERS = {"__pycache__"}


def generate(notebooks: Sequence[Notebook], folder: Path) -> None:
    """Build `folder/build/source/` (for nbgrader) and `folder/assignments/` (for students).

    nbgrader works with a gradebook of its own in `folder`, so no state is left elsewhere.

    Raises:
        CourseError: When nbgrader refuses; its own words are in the message.
    """
    for notebook in notebooks:
        write_source(notebook, folder / SOURCE / notebook.assignment)
    with alembic_on_path():
        _run_nbgrader(folder, [notebook.assignment for notebook in notebooks])


def write_source(notebook: Notebook, folder: Path) -> None:
    """Write nbgrader's source of an assignment: the solved notebook, public data and data files.

    Raises:
        CourseError: When a data file has the name of a generated one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        f"{notebook.name}.ipynb": notebook_text(source_notebook(notebook)),
        f"{notebook.name}{SUFFIX}": public_data(notebook),
    }
    home = notebook.path.parent
    for file in files_below(home):
        name = file.relative_to(home).as_posix()
        if name in texts:
            raise CourseError(f"{file} has the name of a generated file; rename it")
        if file.suffix not in _NEVER_COPIED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / name)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order; hidden ones and caches left out."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in parts)
        if path.is_file() and not hidden:
            found.append(path)
    return found


def _run_nbgrader(course: Path, assignments: Sequence[str]) -> None:
    # nbgrader takes more than a second to import, and only a release needs it.
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from autograder.course.nbgrader_steps import configure

    config = Config()
    configure(config)
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}"
    api: Any = NbGraderAPI(CourseDirectory(config=config), config=config)
    for assignment in assignments:
        result = api.generate_assignment(assignment, force=True, create=True)
        if not result["success"]:
            said = (result.get("log") or "") + (result.get("error") or "")
            raise CourseError(f"nbgrader could not release {assignment}:\n{said.strip()}")
        if not (course / ASSIGNMENTS / assignment).is_dir():
            raise CourseError(f"nbgrader released nothing for {assignment}")


@contextmanager
def alembic_on_path() -> Iterator[None]:
    """Let nbgrader find `alembic`, which it calls by name, beside this Python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
