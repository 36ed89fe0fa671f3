"""Read a class from where a command was called: results on file, and what people decided."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from autograder.course import find_course_root, load_course
from autograder.errors import CourseError, GradingError
from autograder.feedback.wording import listed
from autograder.grading.result import Result, Shortener
from autograder.grading.store import Store
from autograder.integrations.classbook import (
    FILE,
    ClassBook,
    HandScores,
    Line,
    Paper,
    Regrades,
    read_hand_scores,
    read_regrades,
)
from autograder.integrations.collected import read_collected

Part = TypeVar("Part")
NO_COURSE = "There is no course here, so scores given by hand are missing."
Read = Callable[[], Result | None]
"""Reads a result with all that was found, if it is still there."""


@dataclass
class Found:
    """The results on file, before people's decisions are added."""

    results: dict[str, list[tuple[Result, Read]]] = field(default_factory=dict)  # in short
    damaged: list[Path] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()  # on file, and not asked for

    @property
    def manual_rows(self) -> frozenset[str]:
        """The rows that only a person grades."""
        return frozenset(
            row.id
            for results in self.results.values()
            for result, _ in results
            for row in result.rows
            if row.status == "manual"
        )

    def book(
        self, hands: HandScores, notes: Iterable[str] = (), regrades: Regrades | None = None
    ) -> ClassBook:
        """The class, with what people decided."""
        plain: dict[int, Line] = {}  # most rows of a class are alike, and so are their lines
        papers = {
            name: tuple(_paper(*found, hands, regrades or {}, plain) for found in results)
            for name, results in self.results.items()
        }
        known = {(name, p.result.student) for name, whole in papers.items() for p in whole}
        lost = [
            f"{student or '(no student)'}, {name or '(no assignment)'}"
            for name, student in regrades or {}
            if (name, student) not in known and name not in self.others
        ]
        asides = self._gone()
        if lost:
            asides += (
                f"{FILE} has requests that fit no result: {'; '.join(lost)}. Mend these lines.",
            )
        return ClassBook(papers, tuple(self.damaged), tuple(notes), asides)

    def _gone(self) -> tuple[str, ...]:
        if not self.removed:
            return ()
        are = "is no notebook" if len(self.removed) == 1 else "are no notebooks"
        return (
            f"{listed(self.removed)} {are} of this course any more: the results are kept on file, "
            "and count nowhere.",
        )


def find_results(
    folder: Path, assignments: Sequence[str] = (), course: Collection[str] | None = None
) -> Found:
    """Read the results of a class.

    Args:
        folder: Where they are: `<assignment>/<student>.json`.
        assignments: Which; by default all there are and the course has.
        course: The assignments of the course; None where no course is known. What it has no
            longer is kept on file, and is in no sum.

    Raises:
        CourseError: There is no such folder, or an assignment has no results.
    """
    there = _assignments(folder)
    unknown = [name for name in assignments if name not in there]
    if unknown:
        raise CourseError(
            f"{folder} has no results of {', '.join(map(repr, unknown))}; it has those of "
            f"{', '.join(there) or 'no assignment'}. Grade first: autograder grade"
        )
    if not there:
        raise CourseError(
            f"there are no results in {folder}; expected <assignment>/<student>.json there. "
            "Grade first (autograder grade), or give the folder with --results."
        )
    gone = [] if assignments or course is None else [n for n in there if n not in course]
    if len(gone) == len(there):
        raise CourseError(
            f"{folder} has results of {', '.join(gone)} only, which this course has no longer. "
            "Grade first (autograder grade), or say which you mean."
        )
    others = {*gone, *(there if assignments else ())} - set(assignments)
    store, short = Store(folder), Shortener()
    found = Found(removed=tuple(gone), others=frozenset(others))
    for name in there:
        if name in others:
            continue
        found.results[name] = []
        for path in sorted((folder / name).glob("*.json")):
            if path.name.startswith("."):
                continue
            read = partial(_read, store, name, path.stem)
            result = read()
            if result is None:  # one odd file costs that one result
                found.damaged.append(path)
            else:
                found.results[name].append((short(result), read))
    return found


def _read(store: Store, assignment: str, name: str) -> Result | None:
    try:
        result = store.get(assignment, name)
    except GradingError:
        return None
    # The folder says which assignment it is, whatever stands in the file.
    return result and msgspec.structs.replace(result, assignment=assignment)


def _assignments(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    there = (p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    return sorted(p.name for p in there if any(p.glob("*.json")))


def _paper(
    result: Result, read: Read, hands: HandScores, regrades: Regrades, plain: dict[int, Line]
) -> Paper:
    place = (result.assignment, result.student)
    comments = dict(hands.comments.get(place, {}))
    lines = []
    for row in result.rows:
        line = Line(row, hands.rows.get((*place, row.id)), _comment(row.id, comments))
        lines.append(line if line.hand or line.comment else plain.setdefault(id(row), line))
    penalty = hands.penalties.get(place, 0.0)
    person = hands.person(result.student)
    late = place in hands.late
    asked = regrades.get(place, ())
    return Paper(result, person, tuple(lines), penalty, comments, late, asked, read=read)


def _comment(row: str, comments: dict[str, str]) -> str:
    """Take out what was written below the cells of a row: its text, or its code."""
    return "\n".join(comments.pop(cell) for cell in (row, f"{row}_code") if cell in comments)


def place() -> tuple[Path, bool]:
    """The folder that paths are relative to, and whether it is a course."""
    try:
        return find_course_root(), True
    except CourseError:
        return Path.cwd(), False


def read_class(
    results: Path,
    assignments: Sequence[str] = (),
    gradebook: str | None = None,
    *,
    tolerant: bool = False,
) -> ClassBook:
    """The results with what people decided.

    Args:
        results: Their folder, relative to the course.
        tolerant: What cannot be read becomes a note.

    Raises:
        CourseError: There are no results, or `nbgrader_config.py` fails.
        GradingError: The file system or the gradebook refuses.
    """
    root, in_course = place()
    found = find_results(root / results, assignments, _of_course(root) if in_course else None)
    if not in_course:
        return found.book(HandScores(), (NO_COURSE,))
    notes: list[str] = []

    def part(read: Callable[[], Part], none: Part, what: str) -> Part:
        """One file that cannot be read costs what it holds, and nothing else."""
        try:
            return read()
        except (CourseError, GradingError) as error:
            if not tolerant:
                raise
            notes.append(f"{what} are missing: {error}")
            return none

    by_hand = partial(read_hand_scores, root, gradebook, found.manual_rows)
    hands = part(by_hand, HandScores(), "Scores given by hand")
    nobody: set[tuple[str, str]] = set()
    late = partial(_marked_late, root, found.results)
    marked = part(late, nobody, "The platform's marks of who was late")
    none: Regrades = {}
    regrades = part(partial(read_regrades, root), none, "Requests for another look")
    hands = replace(hands, late=hands.late | marked)
    return found.book(hands, tuple(notes), regrades=regrades)


def _marked_late(root: Path, assignments: Iterable[str]) -> set[tuple[str, str]]:
    """(assignment, student) that the platform marked as late."""
    return {
        (name, student)
        for name in assignments
        for student, taken in read_collected(root, name).taken.items()
        if taken.late
    }


def _of_course(root: Path) -> Collection[str] | None:
    """What the course has; None where its sources cannot be read, and all results count."""
    try:
        return load_course(root).sources
    except CourseError:
        return None
