"""Find what was handed in: `submitted/<student>/<assignment>/<notebook>.ipynb`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import listed
from autograder.grading.result import writable_name
from autograder.grading.student_folder import StudentFolder, look
from autograder.grading.submission import Handin

_HANDED_IN = frozenset({".ipynb", ".zip"})
_PLACE = "expected <student>/<assignment>/<notebook>.ipynb"
_TOOLS = frozenset({".git", ".ipynb_checkpoints"})


@dataclass(frozen=True)
class Found:
    """What lies in the folder of submissions."""

    handins: tuple[Handin, ...]  # one for every student and every assignment that anybody handed in
    # what lies there and belongs to no assignment, for a person to look at; with the students whose
    # folders have it
    strange: Mapping[str, Sequence[str]]


def discover(
    submitted: Path,
    notebooks: Mapping[str, str],
    wanted: Sequence[str] = (),
    roster: Iterable[str] = (),
    accept: Sequence[str] = (),
) -> Found:
    """Look through the folder of submissions.

    Every student who has a folder here or stands on the roster is expected to hand in every
    assignment that is graded; where there is no notebook the handin has no path.

    Args:
        notebooks: Assignment -> name of its notebook, for all assignments of the course.
        wanted: Assignments to grade; by default those of which somebody handed in something.
        roster: Students who are known from elsewhere.
        accept: Other names, or patterns, under which a notebook is taken.

    Raises:
        CourseError: There is no such folder.
        GradingError: The file system refuses.
    """
    if not submitted.is_dir():
        raise CourseError(
            f"{submitted} is no folder; expected submissions in "
            "<student>/<assignment>/<notebook>.ipynb there. Give the folder with --submitted."
        )
    try:
        entries = sorted(submitted.iterdir())
    except OSError as error:
        raise GradingError(f"cannot look into {error.filename}: {error.strerror}") from error
    here = [look(entry, notebooks) for entry in entries if _is_students(entry)]
    handed_in = {name for folder in here for name in folder.assignments}
    graded = wanted or [name for name in sorted(notebooks) if name in handed_in]
    # Elsewhere a name stands as it can be written, which need not be that of the folder.
    known = {writable_name(folder.student) for folder in here}
    absent = [
        StudentFolder(submitted / name) for name in dict.fromkeys(roster) if name not in known
    ]
    everyone = sorted([*here, *absent], key=lambda folder: folder.student)
    handins = tuple(
        folder.handin(assignment, notebooks[assignment], accept)
        for assignment in graded
        for folder in everyone
    )
    if not wanted:  # an empty folder alone makes nobody late
        begun = {h.assignment for h in handins if h.path is not None or h.there or h.fault}
        handins = tuple(handin for handin in handins if handin.assignment in begun)
    strange: dict[str, list[str]] = {}
    for what, student in (*_beside(entries, notebooks), *_loose(here, handins), *_twins(here)):
        strange.setdefault(what, []).extend([student] if student else [])
    return Found(handins, strange)


Strange = Iterator[tuple[str, str]]


def _is_students(entry: Path) -> bool:
    """Whether it is a folder that is not hidden, or was meant to be one."""
    dangling = entry.is_symlink() and not entry.exists()
    return not entry.name.startswith(".") and (entry.is_dir() or dangling)


def _beside(entries: Sequence[Path], notebooks: Mapping[str, str]) -> Strange:
    """What looks handed in and lies beside the students' folders."""
    for entry in entries:
        name = writable_name(entry.name)
        if entry.name.startswith("."):
            inside = look(entry, notebooks) if entry.is_dir() else None
            if inside is not None and inside.assignments and entry.name not in _TOOLS:
                yield (
                    f"{name} begins with a dot, and hidden folders are passed over; "
                    "rename it if it is a student's",
                    "",
                )
        elif entry.suffix.casefold() in _HANDED_IN and not entry.is_dir():
            yield f"{name} is a file; {_PLACE}", ""


def _loose(here: Sequence[StudentFolder], handins: Sequence[Handin]) -> Strange:
    """What looks handed in, lies in no assignment's folder, and is told of no submission."""
    told = {(handin.student, file) for handin in handins for file in handin.there}
    expected = {handin.student for handin in handins}
    for folder in here:
        if folder.path.is_symlink() and folder.student not in expected:
            yield f"{writable_name(folder.student)} is a link, and links are not followed", ""
        for name, files in folder.loose.items():
            if all((folder.student, file) in told for file in files):
                continue
            if files != [name]:
                yield f"{writable_name(name)}/ is no assignment of this course", folder.student
            elif Path(name).suffix.casefold() in _HANDED_IN:
                yield (
                    f"{writable_name(name)} lies in no assignment's folder; {_PLACE}",
                    folder.student,
                )


def _twins(here: Sequence[StudentFolder]) -> Strange:
    """Folders whose names a person takes for the same."""
    alike: dict[str, list[str]] = {}
    for folder in here:
        name = unicodedata.normalize("NFKC", folder.student).casefold()
        alike.setdefault(name, []).append(writable_name(folder.student))
    for names in alike.values():
        if len(names) > 1:
            yield f"{listed(names)} are graded as different students; are they one?", ""
