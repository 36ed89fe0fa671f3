"""Penalties for late submissions, as the course's `nbgrader_config.py` sets them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograder.course.quick_import import quick_import
from autograder.integrations.nbgrader.config import Settings
from autograder.integrations.nbgrader.released import ReleasedNotebook


def assign_penalties(
    gradebook: Any, released: ReleasedNotebook, students: Iterable[str], settings: Settings
) -> None:
    """Let nbgrader's own plugin decide about everybody who was late, or was so before.

    Args:
        students: Those whose scores were just written.
    """
    if gradebook.find_assignment(released.assignment).duedate is None:
        return
    with quick_import():
        from nbformat import v4
        from nbgrader.preprocessors import AssignLatePenalties

    step = AssignLatePenalties(config=settings.config)
    for student in students:
        submitted = gradebook.find_submission_notebook(released.name, released.assignment, student)
        late = submitted.assignment.total_seconds_late > 0
        if late or submitted.late_submission_penalty is not None:
            place = {
                "notebook": released.name,
                "assignment": released.assignment,
                "student": student,
                "db_url": settings.gradebook,
            }
            gradebook.db.rollback()  # the step opens the gradebook once more
            step.preprocess(v4.new_notebook(), {"nbgrader": place})
    gradebook.db.expunge_all()
