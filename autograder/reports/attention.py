"""Who in a class needs a person first: by what was handed in, and by how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.feedback.wording import counted
from autograder.integrations.classbook import ClassBook, Paper
from autograder.language import tr

LOW = 0.5
FEWEST_MISSING = 2


@dataclass(frozen=True)
class Struggling:
    """Somebody who may need help."""

    student: str
    why: str
    share: float | None  # of the points of what has a grade; None where nothing has


def struggling(book: ClassBook) -> tuple[Struggling, ...]:
    """Who lacks two assignments or has less than half of the points, the furthest behind first."""
    found = [one for student, papers in book.students.items() if (one := _look(student, papers))]
    return tuple(
        sorted(found, key=lambda one: (one.share is not None, one.share or 0, one.student))
    )


def _look(student: str, papers: Mapping[str, Paper]) -> Struggling | None:
    missing = [name for name, paper in papers.items() if paper.result.status == "missing"]
    graded = [
        paper
        for paper in papers.values()
        if paper.result.status in ("graded", "unreadable") and paper.grade is not None
    ]
    # What waits for a person is no failure.
    available = sum(
        line.result.points for paper in graded for line in paper.lines if not line.waits
    )
    share = sum(paper.score for paper in graded) / available if available else None
    why = []
    if len(missing) >= FEWEST_MISSING:
        not_there = counted(len(missing), "assignment")
        why.append(tr("{assignments} not handed in").format(assignments=not_there))
    if share is not None and share < LOW:
        low = tr("{share:.0f} % of the points of what was handed in")
        why.append(low.format(share=100 * share))
    return Struggling(student, tr(", ").join(why), share) if why else None
