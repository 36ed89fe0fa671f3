"""Read a class from where a command was called: results on file, and the course's gradebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.course import find_course_root
from autograder.errors import CourseError, GradingError
from autograder.integrations.classbook import ClassBook, find_results
from autograder.integrations.hand_scores import HandScores, read_hand_scores

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
        assignments: Which; by default all.
        gradebook: A database to use instead of the course's own.
        tolerant: A gradebook that cannot be read becomes a note.

    Raises:
        CourseError: There are no results, or `nbgrader_config.py` fails.
        GradingError: The file system or the gradebook refuses.
    """
    root, in_course = place()
    found = find_results(root / results, assignments)
    if not in_course:
        return found.book(HandScores(), (NO_COURSE,))
    try:
        return found.book(read_hand_scores(root, gradebook, found.manual_rows))
    except (CourseError, GradingError) as error:
        if not tolerant:
            raise
        return found.book(HandScores(), (f"Scores given by hand are missing: {error}",))
