"""Write the scores of many submissions into nbgrader's gradebook in one go.

nbgrader's own `add_submission` and `find_grade` ask the database anew for every cell. Here a batch
is read with a few questions and written with a few statements, over nbgrader's own tables.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from autograder.integrations.nbgrader.gradebook import Judgement, Judgements, together

NO_RESPONSE = "No response."  # nbgrader's own words, which its pages know


@dataclass(frozen=True)
class Entry:
    """What the gradebook shall say about one submission."""

    student: str
    # Row -> what the grader gives; None where a person must. Rows that are left out keep what they
    # have.
    scores: Mapping[str, float | None]
    fresh: bool = True  # it was graded just now; what stood already is what a person saw
    # row -> digest of what a person judges there; where it is another one than that for which a
    # score was given by hand, the score wants another look
    judged: Mapping[str, str] = field(default_factory=dict)
    # cells that students write and this one left as they were; None where that is not known, and
    # what the gradebook says of it stays
    untouched: frozenset[str] | None = frozenset()
    timestamp: datetime | None = None  # when it was handed in (UTC), where that is known
    # by how much the deadline is moved; None leaves what the gradebook says
    extension: timedelta | None = None
    digest: str = ""  # of the result; empty where it has to be written again whatever stands there
    stale: str = ""  # why the scores cannot be relied on; empty when they can
    create: bool = True  # whether a submission is made where the gradebook has none


@dataclass
class _Changes:
    """Rows to insert and to update, by table."""

    new: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> None:
        self.new.setdefault(table, []).append(values)

    def change(self, table: str, row: Any, **values: Any) -> None:
        """Note the values that differ from what `row` has."""
        different = {k: v for k, v in values.items() if getattr(row, k) != v}
        if different:
            # Statements for many rows need the same columns in all of them.
            self.changed.setdefault(table, []).append({"id": row.id, **values})


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

    def holds(self, digests: Mapping[str, str]) -> set[str]:
        """The students of whom all is written that follows from the results with these digests."""
        found = self._found(digests)
        known = self._judgements.of(row.notebook for row in found)
        none = Judgement()
        return {
            row.student_id
            for row in found
            if digests[row.student_id][-64:] == known.get(row.notebook, none).shown
        }

    def _write(self, entries: Mapping[str, Entry]) -> list[str]:
        from nbgrader import api

        changes = _Changes()
        self._students(list(entries), changes)
        places = self._submissions(entries, changes)
        grades = self._existing(api.Grade, places)
        comments = self._existing(api.Comment, places)
        known = self._judgements.of([*(grade.id for grade in grades.values()), *places.values()])
        now: dict[str, Judgement] = {}
        for student, place in places.items():
            entry = entries[student]
            if entry.untouched is not None:  # a notebook of its own in the table: see `holds`
                now[place] = Judgement(entry.digest[-64:] or None)
            for row, cell in self._grade_cells.items():
                old = grades.get((place, cell))
                id = token_hex(16) if old is None else old.id
                now[id] = self._grade(entry, row, (id, cell, place), old, known.get(id), changes)
            for name, cell in self._comment_cells.items():
                self._comment(entry, name, cell, place, comments.get((place, cell)), changes)
        for table in ("Student", "SubmittedAssignment", "SubmittedNotebook", "Grade", "Comment"):
            model = getattr(api, table)
            if new := changes.new.get(table):
                self._db.execute(api.Base.metadata.tables[model.__tablename__].insert(), new)
            if changed := changes.changed.get(table):
                self._db.bulk_update_mappings(model, changed)
        self._judgements.put(known, now)
        return sorted(places)

    def _students(self, names: list[str], changes: _Changes) -> None:
        from nbgrader.api import Student

        known = {row.id for row in self._db.query(Student.id).filter(Student.id.in_(names)).all()}
        for name in names:
            if name not in known:
                changes.add("Student", id=name)

    def _found(self, students: Iterable[str]) -> list[Any]:
        """What the gradebook has of students' submissions."""
        from nbgrader.api import SubmittedAssignment, SubmittedNotebook

        query = (
            self._db.query(
                SubmittedAssignment.id,
                SubmittedAssignment.student_id,
                SubmittedAssignment.timestamp,
                SubmittedAssignment.extension,
                SubmittedNotebook.id.label("notebook"),
            )
            .outerjoin(
                SubmittedNotebook,
                (SubmittedNotebook.assignment_id == SubmittedAssignment.id)
                & (SubmittedNotebook.notebook_id == self._notebook_id),
            )
            .filter(
                SubmittedAssignment.assignment_id == self._assignment_id,
                SubmittedAssignment.student_id.in_(list(students)),
            )
        )
        found: list[Any] = query.all()
        return found

    def _submissions(self, entries: Mapping[str, Entry], changes: _Changes) -> dict[str, str]:
        """Student -> id of the submitted notebook, made where there is none."""
        known = {row.student_id: row for row in self._found(entries)}
        places: dict[str, str] = {}
        for student, entry in entries.items():
            old = known.get(student)
            if old is None and not entry.create:
                continue
            submission = token_hex(16) if old is None else old.id
            if old is None:
                changes.add(
                    "SubmittedAssignment",
                    id=submission,
                    assignment_id=self._assignment_id,
                    student_id=student,
                    timestamp=entry.timestamp,
                    extension=entry.extension,
                )
            elif entry.timestamp is not None or entry.extension is not None:
                changes.change(
                    "SubmittedAssignment",
                    old,
                    timestamp=entry.timestamp or old.timestamp,
                    extension=old.extension if entry.extension is None else entry.extension,
                )
            if old is None or old.notebook is None:
                places[student] = token_hex(16)
                changes.add(
                    "SubmittedNotebook",
                    id=places[student],
                    assignment_id=submission,
                    notebook_id=self._notebook_id,
                    flagged=False,
                )
            else:
                places[student] = old.notebook
        return places

    def _existing(self, model: Any, places: Mapping[str, str]) -> dict[tuple[str, str], Any]:
        """The rows of a table that belong to these submitted notebooks, by notebook and cell."""
        table = model.__table__
        query = table.select().where(table.c.notebook_id.in_(list(places.values())))
        return {(row.notebook_id, row.cell_id): row for row in self._db.execute(query)}

    def _grade(
        self,
        entry: Entry,
        row: str,
        place: tuple[str, str, str],
        old: Any,
        known: Judgement | None,
        changes: _Changes,
    ) -> Judgement:
        """Note the score of a row; what a score by hand was given for."""
        score = entry.scores.get(row, old.auto_score if old is not None else None)
        shown = entry.judged.get(row)
        if old is None:
            id, cell, notebook = place
            review = score is None or bool(entry.stale)
            changes.add(
                "Grade",
                id=id,
                cell_id=cell,
                notebook_id=notebook,
                auto_score=score,
                needs_manual_grade=review,
            )
            return Judgement(shown)
        if known is None:  # a gradebook of before there was our table
            known = Judgement(None if entry.fresh else shown)
        judgement = known.caught_up(old.manual_score, old.needs_manual_grade)
        if shown is not None:
            judgement = replace(judgement, shown=shown)
        answered = old.manual_score is not None and not old.needs_manual_grade
        doubted = bool(entry.stale) and (entry.fresh or not answered)
        changes.change(
            "Grade", old, auto_score=score, needs_manual_grade=judgement.asks(score) or doubted
        )
        return judgement

    def _comment(
        self, entry: Entry, name: str, cell: str, place: str, old: Any, changes: _Changes
    ) -> None:
        if entry.untouched is None and not entry.stale and old is not None:
            return
        untouched = entry.untouched or ()
        text = entry.stale or (NO_RESPONSE if name in untouched else None)
        if old is None:
            id = token_hex(16)
            changes.add("Comment", id=id, cell_id=cell, notebook_id=place, auto_comment=text)
        else:
            changes.change("Comment", old, auto_comment=text)
