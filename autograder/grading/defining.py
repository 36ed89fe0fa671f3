"""What the cells say about rows without an answer: which cell defines a row, and what became of it.

The verdict sees functions only. That one is missing because its cell hung, or that a backward was
never written and not just never called, shows in the cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source, Status
from autograder.exercises.fact import fact
from autograder.explain.cells import defines, odd_character
from autograder.explain.written import NOT_WRITTEN, Placed, whereabouts
from autograder.grading.plan import PlannedCell
from autograder.grading.submission import Submission
from autograder.sandbox import CellOutcome

_ENDS: dict[str, Status] = {
    "timeout": "timeout",
    "memory": "memory",
    "crash": "crash",
    "exit": "exit",
    "protocol": "protocol",
    "exception": "error",
}
"""What a row's status becomes when the cell that defines its function ended in this way."""

Ran = Sequence[tuple[PlannedCell, CellOutcome]]


def explained(
    row: RowResult,
    ran: Ran,
    submission: Submission,
    starters: Mapping[str, str] | None = None,
) -> RowResult:
    """The verdict on a row with what its cells add to it.

    Args:
        ran: The cells of the submission that were run, and what came of them.
        submission: All of its cells.
        starters: Row -> the cell as it was released, where it is known.
    """
    costly = [f for f in row.findings if f.costs_visibly]
    if any(f.failed("missing") for f in costly):
        row = _blamed(row, ran)
    if costly and all(f.failed("skipped") for f in costly) and not _is_written(row.id, ran):
        row = replace(row, status="unanswered")
    if row.score or row.status == "manual":
        return row
    if row.status != "unanswered" and _defining(row.id, ran):
        return row
    cells = [
        Placed(f"cell {position}", cell.kind, cell.source, cell.grade_id)
        for position, cell in enumerate(submission.cells, 1)
    ]
    found = whereabouts(row.id, cells, starters or (), starters)
    if found is None:
        return row
    note = Finding(Check.LOOK, severity="warning", passed=True, fact=found)
    return row.with_findings((note, *row.findings))


def _blamed(row: RowResult, ran: Ran) -> RowResult:
    """Say so where a name is missing because the cell that defines it did not run to its end.

    A cell that hung or crashed leaves nothing behind, so "not defined" would be half the truth.
    """
    for cell, outcome in reversed(_defining(row.id, ran)):
        failure = outcome.failure
        if failure is not None and failure.kind in _ENDS:
            what = failure.message
            if failure.type_name:
                what = f"{failure.type_name}: {what}"
            stopped = fact("cell.stopped", cell=cell.name, row=row.id, message=what)
            odd = odd_character(failure.message)
            told = None if odd is None else Explanation(Source.CHECK, fact=odd)
            finding = Finding(
                Check.CELL, None, fact=stopped, explanation=told, traceback=failure.traceback
            )
            return replace(row, status=_ENDS[failure.kind], findings=(finding, *row.findings))
    return row


def _is_written(name: str, ran: Ran) -> bool:
    """Whether some cell defines `name` otherwise than the starter does."""
    return any(NOT_WRITTEN not in cell.source for cell, _ in _defining(name, ran))


def _defining(name: str, ran: Ran) -> list[tuple[PlannedCell, CellOutcome]]:
    return [(cell, outcome) for cell, outcome in ran if defines(name, cell.source)]
