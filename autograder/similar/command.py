"""`autograder similar`: read the answers to one assignment, and write the page of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder.course import Notebook, find_course_root, load_course
from autograder.errors import CourseError
from autograder.feedback.wording import counted
from autograder.grading import submission
from autograder.grading.discovery import discover
from autograder.grading.plan import normalised
from autograder.integrations.collected import read_collected
from autograder.integrations.hand_scores import read_hand_scores
from autograder.reports.pages import page_of
from autograder.similar.pairs import SHOWN, pairs, same_group, same_lines
from autograder.whole import leave

_MOST_LINES = 1_500


def find_similar(
    assignment: str, submitted: Path, out: Path | None, gradebook: str | None = None
) -> str:
    """Write the page, and say where it is.

    Args:
        submitted, out: Relative to the course; `out` is a file, by default in `reports/`.

    Raises:
        CourseError: The assignment is unknown, or there are no two answers to compare.
        GradingError: Something cannot be read or written.
    """
    root = find_course_root()
    course = load_course(root)
    notebook = course.assignment(assignment)
    starter = [cell.released or "" for cell in notebook.released_cells if not cell.markdown]
    answers = _answers(notebook, root / submitted, {a: p.stem for a, p in course.sources.items()})
    if len(answers) < 2:
        raise CourseError(
            f"{submitted} holds {counted(len(answers), 'answer')} to {assignment} that can be "
            "read; two are needed"
        )
    taken = read_collected(root, assignment).taken
    groups = [(student, *one.group) for student, one in taken.items() if one.group]
    found = pairs(answers, starter, same_group(groups))
    people = read_hand_scores(root, gradebook).people
    names = {who: people[who].name if who in people else who for who in answers}
    place = out if out is not None else Path("reports") / f"similar-{assignment}.html"
    texts = {who: "\n\n".join(own).split("\n")[:_MOST_LINES] for who, own in answers.items()}
    page = page_of(
        "similar.html",
        assignment=assignment,
        pairs=[
            (pair, same_lines(*(texts[who] for who in pair.students))) for pair in found[:SHOWN]
        ],
        left_out=max(0, len(found) - SHOWN),
        answers=len(answers),
        names_of=names,
    )
    leave(root / place, page.encode("utf-8", "replace"), "--out", mode=0o600)
    return f"{counted(len(found), 'pair')} of {len(answers)} answers to look at: {place}"


def _answers(
    notebook: Notebook, submitted: Path, notebooks: Mapping[str, str]
) -> dict[str, list[str]]:
    """Student -> the code cells that are their own."""
    kit = {normalised(cell.released or "") for cell in notebook.released_cells}
    answers: dict[str, list[str]] = {}
    for handin in discover(submitted, notebooks, [notebook.assignment]).handins:
        if handin.path is None:
            continue
        found = submission.read(handin.path, submitted / handin.student)
        code = (cell.source for cell in found.cells if cell.kind == "code")
        own = [source for source in code if normalised(source) not in kit]
        if own:
            answers[handin.student] = own
    return answers
