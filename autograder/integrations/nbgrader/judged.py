"""What a score by hand was given for: a person is asked again only where that has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.grading.plan import normalised
from autograder.grading.result import WITHOUT_VERDICTS, Result
from autograder.integrations.nbgrader.released import ReleasedNotebook

_TABLE = "autograder_judged"


def judged(
    released: ReleasedNotebook, cells: Iterable[Mapping[str, Any]], result: Result
) -> dict[str, str]:
    """Row -> a digest of what a person judges: the answer's text, the verdict and the points.

    Args:
        cells: The submission in the instructor's notebook.
    """
    if result.status in WITHOUT_VERDICTS:
        return {}
    sources = {cell["id"]: cell["source"] for cell in cells}
    answers: dict[str, list[str]] = {}
    for cell in (cell for cell in released.cells if cell.written):
        text = normalised(str(sources[cell.node["id"]]))
        if text == normalised(cell.origin.released or ""):
            text = ""  # a starter that the instructor changes is no answer that a student changes
        for row in {*cell.origin.functions, cell.grade_id}:
            answers.setdefault(row, []).append(text)
    found = {}
    for line in result.rows:
        about = [answers.get(line.id, []), line.status, line.score, line.points]
        found[line.id] = hashlib.sha256(json.dumps(about).encode()).hexdigest()
    return found


@dataclass(frozen=True)
class Judgement:
    """What is known of a row's score by hand."""

    shown: str | None = None  # digest of what stands in the gradebook now
    # digest of what the score was given for, or of what was confirmed since; None where nobody gave
    # one
    given_for: str | None = None
    manual: float | None = None  # the score by hand when we last looked

    def caught_up(self, manual: float | None, waiting: bool) -> Judgement:
        """The same after what people did since: whoever gives a score judges what is shown.

        Args:
            manual: The score by hand as it is now.
            waiting: Whether the row still waits; the formgrader ends that with every score that
                is entered, the same one too.
        """
        if manual is None:
            return Judgement(self.shown)
        if manual != self.manual or not waiting:
            return Judgement(self.shown, self.shown, manual)
        return self

    def asks(self, score: float | None) -> bool:
        """Whether the row waits for a person.

        Args:
            score: What the grader gives; None where a person must.
        """
        return score is None if self.manual is None else self.given_for != self.shown


def judgement_table() -> Any:
    """The table of our own in nbgrader's gradebook, beside its table of grades."""
    from sqlalchemy import Column, Float, MetaData, String, Table

    return Table(
        _TABLE,
        MetaData(),
        Column("grade_id", String(32), primary_key=True),
        Column("shown", String(64)),
        Column("given_for", String(64)),
        Column("manual", Float),
    )


class Judgements:
    """What scores by hand were given for, as the gradebook keeps it.

    Args:
        db: The session of the gradebook; whoever has it commits.
    """

    def __init__(self, db: Any) -> None:
        self._db = db
        self._table = judgement_table()
        self._table.create(db.connection(), checkfirst=True)  # a gradebook that nbgrader made

    def of(self, grades: Iterable[str]) -> dict[str, Judgement]:
        """Id of a grade -> what is known, where anything is."""
        table = self._table
        ids = list(grades)
        found: dict[str, Judgement] = {}
        for start in range(0, len(ids), 500):  # a statement takes so many values and not all
            some = table.select().where(table.c.grade_id.in_(ids[start : start + 500]))
            for row in self._db.execute(some):
                found[row.grade_id] = Judgement(row.shown, row.given_for, row.manual)
        return found

    def put(self, known: Mapping[str, Judgement], new: Mapping[str, Judgement]) -> None:
        """Write what changed."""
        changed = {id: found for id, found in new.items() if known.get(id) != found}
        if not changed:
            return
        old = [id for id in changed if id in known]
        for start in range(0, len(old), 500):
            some = old[start : start + 500]
            self._db.execute(self._table.delete().where(self._table.c.grade_id.in_(some)))
        rows = [{"grade_id": id, **vars(found)} for id, found in changed.items()]
        self._db.execute(self._table.insert(), rows)
