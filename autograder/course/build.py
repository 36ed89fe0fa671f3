"""From sources, through nbgrader's source folder and its steps, to the release in a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.course.assemble import notebook_text, released_notebook, source_notebook
from autograder.course.folder import ASSIGNMENTS, SOURCE
from autograder.course.notebook import Notebook
from autograder.course.questions import made_now, public_data
from autograder.course.translated import Translated
from autograder.errors import CourseError
from autograder.exercises.public import SUFFIX, with_words
from autograder.explain import Keep

_NEVER_COPIED = {".py", ".pyc", ".ipynb"}
_IGNORED_FOLDERS = {"__pycache__"}


Watch = Callable[[str], object]
"""Is told what is done, as soon as it is: which notebook, and how many there are."""


def generate(
    notebooks: Sequence[Notebook],
    folder: Path,
    watch: Watch = lambda line: None,
    keep: Callable[[str], Keep] = lambda assignment: made_now,
) -> None:
    """Build `folder/build/source/` (for nbgrader) and `folder/assignments/` (for students).

    nbgrader's own command, `nbgrader generate_assignment`, makes the same release of that source,
    and tells the gradebook.

    Args:
        keep: Assignment -> keeps what running the references and the mistakes gave.

    Raises:
        CourseError: When a data file has the name of a generated one.
    """
    for number, notebook in enumerate(notebooks, 1):
        name = notebook.assignment
        public = public_data(notebook, keep(name))
        _write(notebook, source_notebook(notebook), public, folder / SOURCE / name)
        _write(notebook, released_notebook(notebook), public, folder / ASSIGNMENTS / name)
        watch(f"{name} ({number}/{len(notebooks)})")


def generate_translated(every: Sequence[Translated], english: Path, folder: Path) -> None:
    """Build `folder/assignments/` in another language, beside the English release.

    Args:
        english: The released assignments: their public data ship here too, with other words.

    Raises:
        CourseError: When the English release is not there.
    """
    for one in every:
        notebook = one.notebook
        public = english / notebook.assignment / f"{notebook.name}{SUFFIX}"
        if not public.is_file():
            raise CourseError(f"there is no {public}; release in English first: autograder release")
        said = with_words(public.read_text(encoding="utf-8"), one.language, one.words)
        node = released_notebook(notebook, one.language)
        _write(notebook, node, said, folder / ASSIGNMENTS / notebook.assignment)


def write_source(notebook: Notebook, folder: Path) -> None:
    """Write nbgrader's source of an assignment: the solved notebook, public data and data files.

    Public data are those that were released, where there are any.

    Raises:
        CourseError: When a data file has the name of a generated one.
        OSError: It cannot be written.
    """
    root = notebook.path.parent.parent.parent
    released = root / ASSIGNMENTS / notebook.assignment / f"{notebook.name}{SUFFIX}"
    known = released.read_text(encoding="utf-8") if released.is_file() else public_data(notebook)
    _write(notebook, source_notebook(notebook), known, folder)


def _write(notebook: Notebook, node: Any, public: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{notebook.name}.ipynb": notebook_text(node), f"{notebook.name}{SUFFIX}": public}
    for name, file in data_files(notebook).items():
        if name in texts:
            raise CourseError(f"{file} has the name of a generated file; rename it")
    copy_data(notebook, folder)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def data_files(notebook: Notebook) -> dict[str, Path]:
    """The files beside a source that ship with it, under their names in the notebook's folder."""
    home = notebook.path.parent
    return {
        file.relative_to(home).as_posix(): file
        for file in files_below(home)
        if file.suffix not in _NEVER_COPIED
    }


def copy_data(notebook: Notebook, folder: Path) -> None:
    """Put those files into a folder."""
    for name, file in data_files(notebook).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / name)


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order; hidden ones and caches left out."""
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _IGNORED_FOLDERS for part in parts)
        if path.is_file() and not hidden:
            found.append(path)
    return found
