"""From sources, through nbgrader's source folder and its steps, to the release in a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.course.assemble import notebook_text, source_notebook
from autograder.course.folder import ASSIGNMENTS, SOURCE, Course
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

    nbgrader works without a gradebook here, so that building leaves no state behind; its own
    command, `nbgrader generate_assignment`, makes the same release and tells the gradebook.

    Args:
        keep: Assignment -> keeps what running the references and the mistakes gave.

    Raises:
        CourseError: When nbgrader refuses; its own words are in the message.
    """
    for number, notebook in enumerate(notebooks, 1):
        name = notebook.assignment
        write_source(notebook, folder / SOURCE / name, keep(name))
        watch(f"{name} ({number}/{len(notebooks)})")
    _run_nbgrader(folder, [notebook.assignment for notebook in notebooks])


def generate_translated(every: Sequence[Translated], english: Path, folder: Path) -> None:
    """Build `folder/assignments/` in another language, beside the English release.

    Args:
        english: The released assignments: their public data ship here too, with other words.

    Raises:
        CourseError: When nbgrader refuses, or the English release is not there.
    """
    for one in every:
        notebook = one.notebook
        public = english / notebook.assignment / f"{notebook.name}{SUFFIX}"
        if not public.is_file():
            raise CourseError(f"there is no {public}; release in English first: autograder release")
        _write(
            notebook,
            notebook_text(source_notebook(notebook, one.language)),
            with_words(public.read_text(encoding="utf-8"), one.language, one.words),
            folder / SOURCE / notebook.assignment,
        )
    _run_nbgrader(folder, [one.notebook.assignment for one in every])


def write_source(notebook: Notebook, folder: Path, keep: Keep = made_now) -> None:
    """Write nbgrader's source of an assignment: the solved notebook, public data and data files.

    Raises:
        CourseError: When a data file has the name of a generated one.
    """
    public = public_data(notebook, keep)
    _write(notebook, notebook_text(source_notebook(notebook)), public, folder)


def restore_source(course: Course, assignment: str) -> None:
    """Write nbgrader's source where there is none: its *Manage Assignments* lists what lies there.

    Raises:
        OSError: It cannot be written.
    """
    folder = course.root / SOURCE / assignment
    if folder.is_dir():
        return
    notebook = course.assignment(assignment)
    released = course.root / ASSIGNMENTS / notebook.assignment / f"{notebook.name}{SUFFIX}"
    known = released.read_text(encoding="utf-8") if released.is_file() else public_data(notebook)
    _write(notebook, notebook_text(source_notebook(notebook)), known, folder)


def _write(notebook: Notebook, ipynb: str, public: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{notebook.name}.ipynb": ipynb, f"{notebook.name}{SUFFIX}": public}
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


def _run_nbgrader(course: Path, assignments: Sequence[str]) -> None:
    # nbgrader takes more than a second to import, and only a release needs it.
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log
    from traitlets.config import Config

    from autograder.course.nbgrader_steps import STEPS_WITHOUT_GRADEBOOK, configure

    config = Config()
    configure(config)
    config.CourseDirectory.root = str(course)
    config.GenerateAssignment.preprocessors = list(STEPS_WITHOUT_GRADEBOOK)
    config.GenerateAssignment.no_database = True
    for assignment in assignments:
        folder = CourseDirectory(config=config, assignment_id=assignment)
        result: dict[str, Any] = capture_log(GenerateAssignment(coursedir=folder, config=config))
        if not result["success"]:
            said = (result.get("log") or "") + (result.get("error") or "")
            raise CourseError(f"nbgrader could not release {assignment}:\n{said.strip()}")
