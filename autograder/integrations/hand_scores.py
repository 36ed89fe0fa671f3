"""What people decided in nbgrader's gradebook: scores, comments, extra credit, penalties, names."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from autograder.integrations.nbgrader.gradebook import GradebookError, reading

_WHOSE = "SELECT assignment.name AS assignment, submitted_assignment.student_id AS student"
_NOTEBOOK = """
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
"""
_GRADES = f"""
{_WHOSE}, base_cell.name AS "row", auto_score, manual_score, extra_credit,
       needs_manual_grade AS needs_look
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
{_NOTEBOOK}
"""
_PENALTIES = f"""
{_WHOSE}, late_submission_penalty AS penalty FROM submitted_notebook
{_NOTEBOOK} WHERE late_submission_penalty IS NOT NULL
"""
_COMMENTS = f"""
{_WHOSE}, base_cell.name AS cell, manual_comment AS said
FROM comment
JOIN base_cell ON base_cell.id = comment.cell_id
JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
{_NOTEBOOK} WHERE manual_comment IS NOT NULL
"""
_TIMES = f"""
{_WHOSE}, submitted_assignment.timestamp AS handed_in, duedate AS due, extension
FROM submitted_assignment
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
WHERE submitted_assignment.timestamp IS NOT NULL AND duedate IS NOT NULL
"""
_PEOPLE = "SELECT id, first_name, last_name, email, lms_user_id FROM student"


@dataclass(frozen=True)
class Hand:
    """What the gradebook says of a row."""

    auto: float | None = None  # the grader's score; None where a person must give one
    # the score that a person gave, which counts instead; None where nobody did
    manual: float | None = None
    extra: float = 0.0
    look: bool = False  # the row waits for a person, perhaps once more after a regrade


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them; every field but `id` may be empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is neither."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.id


@dataclass(frozen=True)
class HandScores:
    """All that people decided."""

    # (assignment, student, row) -> what the gradebook says, where that matters
    rows: dict[tuple[str, str, str], Hand] = field(default_factory=dict)
    # (assignment, student) -> points taken off for lateness
    penalties: dict[tuple[str, str], float] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    # (assignment, student) -> cell -> what a person wrote below it
    comments: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    # (assignment, student) handed in after the deadline, moved ones counted
    late: frozenset[tuple[str, str]] = frozenset()

    def person(self, student: str) -> Person:
        """The student, known or not."""
        return self.people.get(student, Person(student))


def read_hand_scores(
    root: Path, gradebook: str | None = None, manual_rows: Collection[str] = ()
) -> HandScores:
    """Read them; nothing where there is no gradebook yet.

    Args:
        manual_rows: Rows that only a person grades.

    Raises:
        CourseError: When `nbgrader_config.py` is missing or fails.
        GradebookError: When the gradebook cannot be read, or is another course's.
    """
    with reading(root, gradebook) as connection:
        if connection is None:
            return HandScores()
        from sqlalchemy import DateTime, Interval, text

        def ask(query: str) -> Iterable[Any]:
            return connection.execute(text(query))

        times = text(_TIMES).columns(handed_in=DateTime, due=DateTime, extension=Interval)
        late = {
            (row.assignment, row.student)
            for row in connection.execute(times)
            if row.handed_in > row.due + (row.extension or timedelta(0))
        }
        comments: dict[tuple[str, str], dict[str, str]] = {}
        for row in ask(_COMMENTS):
            if said := row.said.strip():
                comments.setdefault((row.assignment, row.student), {})[row.cell] = said
        return HandScores(
            _hands(ask(_GRADES), frozenset(manual_rows)),
            {(row.assignment, row.student): row.penalty for row in ask(_PENALTIES) if row.penalty},
            {row.id: Person(*(value or "" for value in row)) for row in ask(_PEOPLE)},
            comments,
            frozenset(late),
        )


def _hands(found: Iterable[Any], manual: frozenset[str]) -> dict[tuple[str, str, str], Hand]:
    """The rows of which the gradebook knows more than the results do."""
    return {
        (row.assignment, row.student, row.row): Hand(
            row.auto_score, row.manual_score, row.extra_credit or 0.0, bool(row.needs_look)
        )
        for row in found
        if row.manual_score is not None or row.extra_credit or row.needs_look or row.row in manual
    }


def enrolled(root: Path, gradebook: str | None = None) -> list[str]:
    """The students whom the gradebook knows; none where there is none yet.

    A gradebook that cannot be read, or is another course's, is no reason not to grade: whoever
    writes to it will say so.

    Raises:
        CourseError: When `nbgrader_config.py` is missing or fails.
    """
    from sqlalchemy import text

    try:
        with reading(root, gradebook) as connection:
            if connection is None:
                return []
            found = connection.execute(text("SELECT id FROM student ORDER BY id")).scalars()
            # A student's name becomes part of a path.
            return [s for s in map(str, found) if s and not s.startswith(".") and "/" not in s]
    except GradebookError:
        return []
