"""Write the scores of many submissions into nbgrader's gradebook in one go.

nbgrader's own `add_submission` and `find_grade` ask the database anew for every cell. Here a batch
is read with a few questions, and SQLAlchemy writes what has changed of nbgrader's own objects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from autograder.integrations.nbgrader.gradebook import together
from autograder.integrations.nbgrader.judged import Judgement, Judgements

NO_RESPONSE = "No response."  # nbgrader's own words, which its pages know


@dataclass(frozen=True)
class Entry:
    """What the gradebook shall say about one submission.

    Args:
        scores: Row -> what the grader gives; None where a person must. Rows that are left out keep
            what they have.
        fresh: It was graded just now; what stood already is what a person saw.
        judged: Row -> digest of what a person judges there; where it is another one than that for
            which a score was given by hand, the score wants another look.
        untouched: Cells that students write and this one left as they were; None where that is not
            known, and what the gradebook says of it stays.
        timestamp: When it was handed in (UTC), where that is known.
        extension: By how much the deadline is moved; None leaves what the gradebook says.
        stale: Why the scores cannot be relied on; empty when they can.
        create: Whether a submission is made where the gradebook has none.
    """

    student: str
    scores: Mapping[str, float | None]
    fresh: bool = True
    judged: Mapping[str, str] = field(default_factory=dict)
    untouched: frozenset[str] | None = frozenset()
    timestamp: datetime | None = None
    extension: timedelta | None = None
    stale: str = ""
    create: bool = True


class ScoreWriter:
    """Writes scores of one notebook.

    Args:
        gradebook: nbgrader's `Gradebook`; the assignment must be known to it.
        assignment, notebook: Their names.
    """

    def __init__(self, gradebook: Any, assignment: str, notebook: str) -> None:
        self._db = gradebook.db
        self._judgements = Judgements(self._db)
        found = gradebook.find_notebook(notebook, assignment)
        self._notebook_id = found.id
        self._assignment_id = found.assignment_id
        self._grade_cells = {cell.name: cell.id for cell in found.grade_cells}
        self._comment_cells = {cell.name: cell.id for cell in found.solution_cells}

    def write(self, entries: Sequence[Entry]) -> list[str]:
        """Write a batch in one transaction; what has not changed is not written.

        Returns:
            The students who have a submission in the gradebook now, in order.
        """
        # In one order, so that no two runs wait for each other.
        ordered = {e.student: e for e in sorted(entries, key=lambda e: e.student)}

        def write() -> list[str]:
            written = self._write(ordered)
            self._db.commit()
            return written

        try:
            return together(self._db, write)
        except BaseException:
            self._db.rollback()
            raise
        finally:
            self._db.expunge_all()

    def _write(self, entries: Mapping[str, Entry]) -> list[str]:
        from nbgrader.api import Comment, Grade, new_uuid

        papers = self._papers(entries)
        known = self._judgements.of(g.id for paper in papers.values() for g in paper.grades)
        now: dict[str, Judgement] = {}
        for student, paper in papers.items():
            entry = entries[student]
            grades = {grade.cell_id: grade for grade in paper.grades}
            comments = {comment.cell_id: comment for comment in paper.comments}
            for row, cell in self._grade_cells.items():
                grade = grades.get(cell)
                if grade is None:
                    grade = Grade(id=new_uuid(), cell_id=cell, notebook=paper)
                    self._db.add(grade)
                    now[grade.id] = _new_grade(grade, entry, row)
                else:
                    now[grade.id] = _known_grade(grade, entry, row, known.get(grade.id))
            for name, cell in self._comment_cells.items():
                comment = comments.get(cell)
                if comment is None:
                    comment = Comment(cell_id=cell, notebook=paper)
                    self._db.add(comment)
                elif entry.untouched is None and not entry.stale:
                    continue
                untouched = name in (entry.untouched or ())
                comment.auto_comment = entry.stale or (NO_RESPONSE if untouched else None)
        self._db.flush()
        self._judgements.put(known, now)
        return sorted(papers)

    def _papers(self, entries: Mapping[str, Entry]) -> dict[str, Any]:
        """Student -> the submitted notebook, made where there is none."""
        from nbgrader.api import Student, SubmittedAssignment, SubmittedNotebook
        from sqlalchemy.orm import selectinload

        names = list(entries)
        there = {id for (id,) in self._db.query(Student.id).filter(Student.id.in_(names))}
        self._db.add_all(Student(id=name) for name in names if name not in there)
        parts = (selectinload(SubmittedNotebook.grades), selectinload(SubmittedNotebook.comments))
        found = (
            self._db.query(SubmittedAssignment)
            .filter(
                SubmittedAssignment.assignment_id == self._assignment_id,
                SubmittedAssignment.student_id.in_(names),
            )
            .options(selectinload(SubmittedAssignment.notebooks).options(*parts))
        )
        known = {submission.student_id: submission for submission in found}
        papers: dict[str, Any] = {}
        for student, entry in entries.items():
            submission = known.get(student)
            if submission is None:
                if not entry.create:
                    continue
                submission = SubmittedAssignment(
                    assignment_id=self._assignment_id, student_id=student
                )
            if entry.timestamp is not None:
                submission.timestamp = entry.timestamp
            if entry.extension is not None:
                submission.extension = entry.extension
            here = (one for one in submission.notebooks if one.notebook_id == self._notebook_id)
            paper = next(here, None)
            if paper is None:
                paper = SubmittedNotebook(notebook_id=self._notebook_id, assignment=submission)
                self._db.add(paper)
            papers[student] = paper
        return papers


def _new_grade(grade: Any, entry: Entry, row: str) -> Judgement:
    """Put the first score of a row into its grade; what a score by hand would be given for."""
    grade.auto_score = entry.scores.get(row)
    grade.needs_manual_grade = grade.auto_score is None or bool(entry.stale)
    return Judgement(entry.judged.get(row))


def _known_grade(grade: Any, entry: Entry, row: str, known: Judgement | None) -> Judgement:
    """Put the score of a row into its grade; what a score by hand was given for."""
    shown = entry.judged.get(row)
    if known is None:  # a gradebook of before there was our table
        known = Judgement(None if entry.fresh else shown)
    judgement = known.caught_up(grade.manual_score, grade.needs_manual_grade)
    if shown is not None:
        judgement = replace(judgement, shown=shown)
    answered = grade.manual_score is not None and not grade.needs_manual_grade
    doubted = bool(entry.stale) and (entry.fresh or not answered)
    grade.auto_score = entry.scores.get(row, grade.auto_score)
    grade.needs_manual_grade = judgement.asks(grade.auto_score) or doubted
    return judgement
