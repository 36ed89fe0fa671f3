"""Read a class from where a command was called: results on file, and the course's gradebook."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from autograder.course import find_course_root, load_course
from autograder.errors import CourseError, GradingError
from autograder.integrations.classbook import ClassBook
from autograder.integrations.collected import read_collected
from autograder.integrations.hand_scores import HandScores, read_hand_scores
from autograder.integrations.on_file import find_results
from autograder.integrations.regrades import Regrades, read_regrades

Part = TypeVar("Part")
NO_COURSE = "There is no course here, so scores given by hand are missing."


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
    found = find_results(root / results, assignments, _assignments(root) if in_course else None)
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


def _assignments(root: Path) -> Collection[str] | None:
    """What the course has; None where its sources cannot be read, and all results count."""
    try:
        return load_course(root).sources
    except CourseError:
        return None
