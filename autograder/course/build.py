"""From sources, through nbgrader's source folder and its steps, to the release in a folder."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.course.assemble import notebook_text, source_notebook
from autograder.course.notebook import Notebook
from autograder.errors import CourseError

_NEVER_COPIED = {".py", ".pyc", ".ipynb"}
_IGNORED_FOLDERS = {"__pycache__"}


def write_source(notebook: Notebook, folder: Path) -> None:
    """Write nbgrader's source of an assignment: the solved notebook, public data and data files.

    Raises:
        CourseError: When a data file has the name of a generated one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{notebook.name}.ipynb": notebook_text(source_notebook(notebook))}
    for file in data_files(notebook.path.parent):
        target = folder / file.relative_to(notebook.path.parent)
        if target.name in texts:
            raise CourseError(f"{file} has the name of a generated file; rename it")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def data_files(folder: Path) -> list[Path]:
    """The files beside a source that ship with it: neither Python nor notebooks, nor hidden."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in parts)
        if path.is_file() and not hidden and path.suffix not in _NEVER_COPIED:
            found.append(path)
    return found


def generate(notebooks: Sequence[Notebook], folder: Path) -> None:
    """Build the release of `notebooks` into `folder/<assignment>/`; nothing else is changed.

    nbgrader works in a temporary course with a gradebook of its own, so no state is left behind.

    Raises:
        CourseError: When nbgrader refuses; its own words are in the message.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as temporary:
        course = Path(temporary).resolve()
        for notebook in notebooks:
            write_source(notebook, course / "build" / "source" / notebook.assignment)
        with alembic_on_path():
            _run_nbgrader(course, [notebook.assignment for notebook in notebooks])
        for notebook in notebooks:
            made = course / "assignments" / notebook.assignment
            shutil.copytree(made, folder / notebook.assignment)


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


@contextmanager
def alembic_on_path() -> Iterator[None]:
    """Let nbgrader find `alembic`, which it calls by name for a new gradebook, beside this Python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
