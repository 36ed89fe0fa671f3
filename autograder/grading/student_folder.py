"""Find what was handed in: `submitted/<student>/<assignment>/<notebook>.ipynb`.

In its place there may be something for a person to look at, or nothing.
"""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import listed
from autograder.grading.result import writable_name
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


_DROPPINGS = frozenset(
    {"__macosx", "__pycache__", "thumbs.db", "desktop.ini", "timestamp.txt", "icon\r"}
)
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
_DEPTH = 6
_MOST_FILES = 200
_SHOWN = 3
BESIDE = " that lies beside it"
"""How a word about other notebooks ends; in it this stands in full, for whoever translates it."""


@dataclass
class StudentFolder:
    """A student's folder; one that is not there is empty."""

    path: Path
    assignments: frozenset[str] = frozenset()  # the folders in it that have an assignment's name
    # what else lies in it -> the files in it; a file is its own
    loose: dict[str, list[str]] = field(default_factory=dict)
    # what else lies in it -> the assignments that it may belong to, by its name or those of the
    # files in it
    owners: dict[str, frozenset[str]] = field(default_factory=dict)
    fault: str = ""  # why nobody could look

    @property
    def student(self) -> str:
        """The name of the folder."""
        return self.path.name

    def handin(self, assignment: str, notebook: str, accept: Sequence[str] = ()) -> Handin:
        """What was handed in for an assignment.

        Args:
            accept: Other names, or patterns, under which the notebook is taken.
        """
        try:
            return self._handin(assignment, notebook, accept)
        except OSError as error:
            return Handin(self.student, assignment, None, fault=self.fault or _refused(error))

    def _handin(self, assignment: str, notebook: str, accept: Sequence[str]) -> Handin:
        expected = f"{assignment}/{notebook}.ipynb"
        if self.fault:
            return Handin(self.student, assignment, None, fault=self.fault)
        if self.path.is_symlink():
            return self._linked(assignment, "the student's folder")
        there: list[str] = []
        if assignment in self.assignments:
            if (self.path / assignment).is_symlink():
                return self._linked(assignment, f"the folder {assignment}")
            there = files_in(self.path, assignment)
        if expected in there:
            beside = [f for f in there if f != expected and ".ipynb" in f.casefold()]
            note = (
                f"{expected} was graded, not {_said(beside)} that lies beside it" if beside else ""
            )
            return Handin(self.student, assignment, self.path / expected, note)
        for name, files in self.loose.items():
            if assignment in self.owners[name]:
                there += files
        taken = accepted(there, accept)
        if len(taken) == 1:
            path = self.path / taken[0]
            return Handin(self.student, assignment, path, there=tuple(there), file=taken[0])
        # A file that may belong anywhere is a hand-in; a folder of another name is just another.
        stray = [name for name, files in self.loose.items() if files == [name]]
        stray = [name for name in stray if not self.owners[name]]
        if not there and not stray:
            note = f"nothing was handed in: there is no {expected}"
            return Handin(self.student, assignment, None, note)
        advice = _advice(there, taken, assignment)
        note = f"there is no {expected}, but there is {_said([*there, *stray])}. {advice}"
        return Handin(self.student, assignment, None, note, (*there, *stray))

    def _linked(self, assignment: str, what: str) -> Handin:
        note = f"{what} is a link, and links are not followed; put the folder itself in its place"
        return Handin(self.student, assignment, None, note, (assignment,))


def look(path: Path, notebooks: Mapping[str, str]) -> StudentFolder:
    """Look into a student's folder.

    Args:
        notebooks: Assignment -> name of its notebook.
    """
    found = StudentFolder(path)
    if path.is_symlink():
        return found
    try:
        names = sorted(entry.name for entry in _entries(path))
        found.assignments = frozenset(
            name
            for name in names
            if name in notebooks and ((path / name).is_dir() or (path / name).is_symlink())
        )
        for name in names:
            files = [] if name in found.assignments else files_in(path, name)
            if files:
                found.loose[name] = files
                found.owners[name] = frozenset(
                    assignment
                    for assignment, notebook in notebooks.items()
                    if any(sounds_like(file, assignment, notebook) for file in files)
                )
    except OSError as error:
        found.fault = _refused(error)
    return found


def files_in(home: Path, name: str) -> list[str]:
    """Every file at or below `home / name`, by its path from `home`; no droppings of systems.

    Links are not followed, and count as files; so do folders too deep to look into.
    """
    found: list[str] = []
    _gather(home, name, _DEPTH, found)
    return found


def _gather(home: Path, name: str, depth: int, found: list[str]) -> None:
    path = home / name
    if depth == 0 or path.is_symlink() or not path.is_dir():
        found.append(name)
        return
    entries = sorted(_entries(path), key=lambda e: e.name)
    if not entries and ".ipynb" in name.casefold():
        found.append(name)  # somebody's notebook that a tool made a folder of
    for entry in entries:
        if len(found) < _MOST_FILES:
            _gather(home, f"{name}/{entry.name}", depth - 1, found)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder and was put there by a person."""
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not is_dropping(entry.name))


def is_dropping(name: str) -> bool:
    """Whether systems and tools leave files of this name behind.

    Example:
        >>> is_dropping(".DS_Store"), is_dropping("._a.ipynb"), is_dropping(".a.ipynb")
        (True, True, False)
    """
    if name.casefold() in _DROPPINGS or name.startswith(("._", ".ipynb_checkpoints")):
        return True
    return name.startswith(".") and ".ipynb" not in name.casefold()


def accepted(files: Sequence[str], names: Sequence[str]) -> list[str]:
    """The files that the first name which fits any is for: by their last part or their whole path.

    Example:
        >>> accepted(["a/x.ipynb", "a/b/Y.IPYNB"], ["z.ipynb", "*.ipynb"])
        ['a/x.ipynb', 'a/b/Y.IPYNB']
        >>> accepted(["a/x [1].ipynb"], ["x [1].ipynb"])
        ['a/x [1].ipynb']
    """
    for name in names:
        wanted = name.casefold()
        fitting = [
            file
            for file in files
            if any(
                said == wanted or fnmatchcase(said, wanted)
                for said in (file.casefold(), file.casefold().rpartition("/")[2])
            )
        ]
        if fitting:
            return fitting
    return []


def _advice(there: Sequence[str], taken: Sequence[str], assignment: str) -> str:
    """What a person can do about it."""
    if taken:
        return f"--accept fits {len(taken)} of them; name one"
    if not there:
        return f"What belongs to it must lie in {assignment}/"
    likely = [file for file in there if ".ipynb" in file.casefold()] or list(there)
    if all(file.casefold().endswith(_ARCHIVES) for file in likely):
        return f"Unpack it into {assignment}/ and grade again"
    if len(likely) > 1:
        return "If one of them is the notebook, grade it with --accept NAME"
    name = shlex.quote(writable_name(likely[0].rpartition("/")[2]))
    return f"If that is the notebook, grade it with --accept {name}"


def _said(files: Sequence[str]) -> str:
    return listed([writable_name(file) for file in files], _SHOWN)


def sounds_like(path: str, *names: str) -> bool:
    """Whether a name, such as that of an assignment or of its notebook, is part of a path."""
    part = r"(?<![^\W_])({})(?![^\W_])".format("|".join(map(re.escape, names)))
    return re.search(part, path, re.IGNORECASE) is not None


def _refused(error: OSError) -> str:
    return f"cannot look into {writable_name(str(error.filename))}: {error.strerror}"
