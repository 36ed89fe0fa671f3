"""Run the cells of a submission and ask the questions, each row in the state that its author saw.

All rows are asked after all cells, in one child. Where a row is not right there and a cell below
its check cell gives another meaning to a name on which it depends, it is asked once more after the
cells down to its check cell: as a student saw it, not as a later cell left it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.checks.finding import Check, Finding, RowResult
from autograder.exercises.fact import Fact, fact
from autograder.explain import Question, examine_all
from autograder.explain.cells import Cell as ReadCell
from autograder.explain.cells import only_below, overlap, read_cells
from autograder.grading.notebook_json import SubmittedCell
from autograder.grading.patience import Patience
from autograder.grading.plan import PlannedCell
from autograder.sandbox import Cell, CellOutcome, Limits, Sandbox

EXPERIMENT_SECONDS = 2.0
LEAST_SECONDS = 1.0  # with less than that left nothing is asked a second time


@dataclass(frozen=True)
class Asked:
    """What came of a submission.

    Args:
        verdicts: Row -> verdict.
        ran: Every cell that was run, with its outcome.
        timed_out: Whether anything that counts ran out of time.
    """

    verdicts: dict[str, RowResult]
    ran: list[tuple[PlannedCell, CellOutcome]]
    timed_out: bool


def ask(
    planned: Sequence[PlannedCell],
    submitted: Sequence[SubmittedCell],
    questions: Sequence[Sequence[Question]],
    sandbox: Sandbox,
    limits: Limits,
) -> Asked:
    """Grade every row that a machine can grade.

    Args:
        planned: The cells to run, in order.
        submitted: All cells as handed in; they say where each row's check cell stands.
        questions: For every exercise its questions.

    Raises:
        GradingError: The sandbox failed.
    """
    asked, seconds = _ask(planned, questions, sandbox, limits)
    cells = read_cells([(cell.name, cell.position, cell.source) for cell in planned])
    for position, rows in _doubtful(asked.verdicts, submitted, questions, cells).items():
        left = limits.submission_seconds - seconds
        if left < LEAST_SECONDS:
            break
        above = [cell for cell in planned if cell.position <= position]
        some = [asked_of for asked_of in questions if _concerns(asked_of[0], rows)]
        again, used = _ask(above, some, sandbox, replace(limits, submission_seconds=left), rows)
        seconds += used
        for row in rows.keys() & again.verdicts.keys():
            asked.verdicts[row] = _as_seen(asked.verdicts[row], again.verdicts[row], rows[row])
    return asked


def _ask(
    planned: Sequence[PlannedCell],
    questions: Sequence[Sequence[Question]],
    sandbox: Sandbox,
    limits: Limits,
    rows: Collection[str] | None = None,
) -> tuple[Asked, float]:
    cells = [
        Cell(p.source, p.name, EXPERIMENT_SECONDS if p.experiment else None, not p.experiment)
        for p in planned
    ]
    with sandbox.open(cells, limits) as session:
        patience = Patience(session)
        share = limits.submission_seconds / (4 * max(1, len(questions)))
        verdicts = {row.id: row for row in examine_all(questions, patience, rows, share)}
        ran = list(zip(planned, session.cells, strict=True))
        seconds = session.seconds
    hung = any(
        outcome.failure is not None and outcome.failure.kind == "timeout" and not cell.experiment
        for cell, outcome in ran
    )
    return Asked(verdicts, ran, patience.timed_out or hung), seconds


Says = tuple[tuple[Fact, ...], tuple[Fact, ...]]
"""What cells below a row change, and what they alone define."""


def _doubtful(
    verdicts: Mapping[str, RowResult],
    submitted: Sequence[SubmittedCell],
    questions: Sequence[Sequence[Question]],
    cells: Sequence[ReadCell],
) -> dict[int, dict[str, Says]]:
    """The rows to ask again: after the cells down to which position, and why."""
    found: dict[int, dict[str, Says]] = {}
    for question, *_ in questions:
        functions = question.exercise.functions
        for row in question.exercise.rows:
            result = verdicts.get(row.id)
            if result is None or result.status == "manual":
                continue
            needs = (
                {row.id, *functions[: functions.index(row.id)]} if row.id in functions else {row.id}
            )
            position = _check_position(row.id, submitted, cells)
            changed = overlap(needs, cells, position)
            below = only_below(needs, cells, position)
            if (changed.may and _is_doubted(result)) or below:
                found.setdefault(position, {})[row.id] = (changed.changes, below)
    return found


def _is_doubted(result: RowResult) -> bool:
    """Whether a verdict takes points or says that a mistake was made."""
    return result.score < result.points or any(f.mistake for f in result.findings)


def _check_position(row: str, submitted: Sequence[SubmittedCell], cells: Sequence[ReadCell]) -> int:
    """Where a row was seen last: at its first check cell, or where it is first defined below it."""
    call = re.compile(rf"^[ \t]*check\([ \t]*[\"']?{re.escape(row)}[\"']?[ \t]*[,)]", re.MULTILINE)
    defined = [cell.position for cell in cells if row in cell.binds]
    checks = (
        position
        for position, cell in enumerate(submitted, 1)
        if cell.kind == "code" and call.search(cell.source)
    )
    check = next(checks, None)
    if check is None:
        return defined[-1] if defined else len(submitted)
    return max(check, defined[0]) if defined else len(submitted)


def _concerns(question: Question, rows: Collection[str]) -> bool:
    return any(row.id in rows for row in question.exercise.rows)


def _as_seen(after_all: RowResult, at_check: RowResult, says: Says) -> RowResult:
    """The better of two verdicts, with what the student must know of the other."""
    row, (changes, below) = after_all.id, says
    same = at_check.score == after_all.score
    if at_check.score > after_all.score or (same and not _is_doubted(at_check)):
        if changes:
            return _noted(at_check, fact("state.at_check", changes=list(changes), row=row))
        return _noted(at_check, fact("state.at_check_somehow", row=row))
    if below and not same:
        return _noted(after_all, fact("state.below", changes=list(below), row=row))
    return after_all


def _noted(result: RowResult, what: Fact) -> RowResult:
    note = Finding(Check.STATE, severity="warning", passed=True, fact=what)
    return result.with_findings((note, *result.findings))
