"""Find what was handed in: `submitted/<student>/<assignment>/<notebook>.ipynb`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.grading.submission import Handin


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
    except OSError as error:
        raise GradingError(f"cannot look into {error.filename}: {error.strerror}") from error
    handed_in = {name for folders in students.values() for name in folders}
    strange = tuple(
        f"{student}/{name} is no assignment of this course"
        for student, folders in sorted(students.items())
        for name in sorted(folders)
        if name not in notebooks
    )
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
    try:
        others = sorted(p.name for p in folder.iterdir() if p.suffix == ".ipynb")
    except OSError:
        others = []
    if others:
        note += f", but there is {', '.join(others[:3])}. Is the file renamed?"
    return Handin(student, assignment, None, note)


def _folders(student: Path) -> set[str]:
    return {entry.name for entry in student.iterdir() if _is_open(entry)}


def _is_open(entry: Path) -> bool:
    """Whether it is a folder that is not hidden."""
    return not entry.name.startswith(".") and entry.is_dir()
