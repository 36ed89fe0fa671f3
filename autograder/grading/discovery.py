"""Find what was handed in: `submitted/<student>/<assignment>/<notebook>.ipynb`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.grading.submission import Handin

_HANDED_IN = frozenset({".ipynb", ".zip"})
_PLACE = "expected <student>/<assignment>/<notebook>.ipynb"
_TOOLS = frozenset({".git", ".ipynb_checkpoints"})


@dataclass(frozen=True)
class Found:
    """What lies in the folder of submissions.

    Args:
        handins: One for every student and every assignment that anybody handed in.
        strange: What lies there and belongs to no assignment, for a person to look at.
    """

    handins: tuple[Handin, ...]
    strange: tuple[str, ...]


def discover(
    submitted: Path,
    notebooks: Mapping[str, str],
    wanted: Iterable[str] = (),
    roster: Iterable[str] = (),
) -> Found:
    """Look through the folder of submissions.

    Every student who has a folder here or stands on the roster is expected to hand in every
    assignment that is graded; where there is no notebook the handin has no path.

    Args:
        notebooks: Assignment -> name of its notebook, for all assignments of the course.
        wanted: Assignments to grade; by default those of which somebody handed in something.
        roster: Students who are known from elsewhere.

    Raises:
        CourseError: An assignment is unknown, or there is no such folder.
        GradingError: The file system refuses.
    """
    asked = list(dict.fromkeys(wanted))
    unknown = [name for name in asked if name not in notebooks]
    if unknown:
        raise CourseError(
            f"no assignment is called {', '.join(map(repr, unknown))}; "
            f"this course has {', '.join(sorted(notebooks)) or 'none'}"
        )
    if not submitted.is_dir():
        raise CourseError(
            f"{submitted} is no folder; expected submissions in "
            "<student>/<assignment>/<notebook>.ipynb there. Give the folder with --submitted."
        )
    try:
        students = {entry.name: _folders(entry) for entry in submitted.iterdir() if _is_open(entry)}
        strange = tuple(_strange(submitted, students, notebooks))
    except OSError as error:
        raise GradingError(f"cannot look into {error.filename}: {error.strerror}") from error
    handed_in = {name for folders in students.values() for name in folders}
    graded = asked or [name for name in sorted(notebooks) if name in handed_in]
    everyone = sorted({*students, *roster})
    handins = tuple(
        _handin(submitted, student, assignment, notebooks[assignment])
        for assignment in graded
        for student in everyone
    )
    return Found(handins, strange)


def _handin(submitted: Path, student: str, assignment: str, notebook: str) -> Handin:
    folder = submitted / student / assignment
    path = folder / f"{notebook}.ipynb"
    if path.exists() or path.is_symlink():
        return Handin(student, assignment, path)
    note = f"nothing was handed in: there is no {assignment}/{path.name}"
    if folder.is_file():
        note += f"; {assignment} is a file, expected a folder"
    others = _notebooks_near(folder)
    if others:
        note += (
            f", but there is {', '.join(others[:3])}. Is the file renamed, or in a wrong folder?"
        )
    return Handin(student, assignment, None, note)


def _notebooks_near(folder: Path) -> list[str]:
    """Notebooks in the folder of an assignment and in folders within, as an archive leaves them."""
    try:
        near = sorted(folder.glob("*.ipynb")) + sorted(folder.glob("*/*.ipynb"))
    except OSError:
        return []
    shown = (path.relative_to(folder).as_posix() for path in near)
    return [name for name in shown if not name.startswith(".")]


def _strange(
    submitted: Path, students: Mapping[str, set[str]], notebooks: Mapping[str, str]
) -> Iterator[str]:
    """What looks handed in and lies where it is not graded."""
    for entry in sorted(submitted.iterdir()):
        if entry.name not in students and entry.is_dir():
            if entry.name not in _TOOLS and not _folders(entry).isdisjoint(notebooks):
                yield (
                    f"{entry.name} begins with a dot, and hidden folders are passed over; "
                    "rename it if it is a student's"
                )
        elif entry.suffix in _HANDED_IN:
            yield f"{entry.name} is a file; {_PLACE}"
    for student, folders in sorted(students.items()):
        for name in sorted(folders - set(notebooks)):
            yield f"{student}/{name} is no assignment of this course"
        for path in sorted((submitted / student).iterdir()):
            if path.suffix in _HANDED_IN and path.name not in folders:
                yield f"{student}/{path.name} lies in no assignment's folder; {_PLACE}"


def _folders(student: Path) -> set[str]:
    return {entry.name for entry in student.iterdir() if _is_open(entry)}


def _is_open(entry: Path) -> bool:
    """Whether it is a folder that is not hidden."""
    return not entry.name.startswith(".") and entry.is_dir()
