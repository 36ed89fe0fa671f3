"""Run the cells of a submission and ask the questions, each row in the state that its author saw.

All rows are asked after all cells, in one child. Where a row is not right there and a cell below
its check cell gives another meaning to a name on which it depends, it is asked once more after the
cells down to its check cell: as a student saw it, not as a later cell left it.

The questions see functions only. That one is missing because its cell hung, or that a backward was
never written and not just never called, shows in the cells.
"""

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source, Status
from autograder.exercises import Row
from autograder.exercises.fact import Fact, fact
from autograder.exercises.script import Call, Failure, Outcome, Script
from autograder.explain import Question, examine_all
from autograder.explain.cells import Cell as ReadCell
from autograder.explain.cells import (
    defines,
    names_used,
    odd_character,
    only_below,
    overlap,
    read_cells,
)
from autograder.explain.follow import builds_on
from autograder.explain.written import NOT_WRITTEN, Placed, whereabouts
from autograder.grading.notebook_json import SubmittedCell
from autograder.grading.submission import PlannedCell, unjudged
from autograder.sandbox import Cell, CellOutcome, Limits, Sandbox

WALLS = frozenset({"timeout", "memory", "crash", "exit", "protocol"})
"""Failures that end the process; after each the cells are run again, on the submission's time."""


LEAST_CALL_SECONDS = 0.5


class Limited(Protocol):
    """A runner on a budget, such as `sandbox.Session`."""

    @property
    def used_up(self) -> str:
        """Says so when no time is left; else `""`."""

    @property
    def seconds_left(self) -> float:
        """Wall time that is left."""

    def run(
        self, script: Script, ahead: Iterable[Script] = (), at_most: float = ...
    ) -> list[Outcome]:
        """Run a script of which no call may take more than `at_most` seconds."""


class Patience:
    """After a function first hung, crashed or filled the memory, its other cases fail at once.

    Its rows are lost by the first failure already. Running into it again on every case would use up
    the time of the other rows. No call may use up more than half of what is left.

    Args:
        runner: Runs the scripts.

    Attributes:
        exhausted: What failed so far, and how.
        seconds: What scripts took so far, by the functions that they call.
    """

    def __init__(self, runner: Limited) -> None:
        self._runner = runner
        self.exhausted: dict[str, Failure] = {}
        self.seconds: dict[tuple[str, ...], float] = {}

    @property
    def timed_out(self) -> bool:
        """Whether anything hung."""
        return any(failure.kind == "timeout" for failure in self.exhausted.values())

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        """Run the calls before the first one that is known to fail; one outcome per call."""
        names = [_full_name(script, call) for call in script.calls]
        if used_up := self._runner.used_up:
            never = Failure("unstarted", f"{used_up}{self._most_of_it()}")
            return [Outcome(failure=never) for _ in names]
        started = time.monotonic()
        try:
            return self._run(script, ahead, names)
        finally:
            key = tuple(dict.fromkeys(names))
            self.seconds[key] = self.seconds.get(key, 0.0) + time.monotonic() - started

    @property
    def _fair(self) -> float:
        return max(self._runner.seconds_left / 2, LEAST_CALL_SECONDS)

    def _most_of_it(self) -> str:
        """By whom the time was used: the scripts that took most of it, if they took half."""
        spent, by = max(((s, n) for n, s in self.seconds.items()), default=(0.0, ()))
        if spent < sum(self.seconds.values()) / 2 or spent < 1.0:
            return ""
        return f", {spent:.0f} of them by {' and '.join(by)}"

    def _run(self, script: Script, ahead: Iterable[Script], names: list[str]) -> list[Outcome]:
        wall = next((i for i, name in enumerate(names) if name in self.exhausted), None)
        if wall is None:
            outcomes = self._runner.run(script, ahead, self._fair)
            for name, outcome in zip(names, outcomes, strict=True):
                if outcome.failure is not None and outcome.failure.kind in WALLS:
                    self.exhausted[name] = outcome.failure
            return outcomes
        kept = replace(script, calls=script.calls[:wall])
        done = self._runner.run(kept, (), self._fair) if kept.calls else []
        failure = self.exhausted[names[wall]]
        skipped = Failure("skipped", f"not run, because of the call before it: {failure.message}")
        rest = [Outcome(failure=skipped) for _ in names[wall + 1 :]]
        return [*done, Outcome(failure=failure), *rest]


def _full_name(script: Script, call: Call) -> str:
    """The function's name; for a method, with that of what made its object."""
    if call.on is None:
        return call.function
    return f"{_full_name(script, script.calls[call.on.call])}.{call.function}"


EXPERIMENT_SECONDS = 2.0
LEAST_SECONDS = 1.0  # with less than that left nothing is asked a second time


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
"""Every cell that was run, with what came of it."""


@dataclass(frozen=True)
class Asked:
    """What came of a submission."""

    rows: list[RowResult]  # the verdicts, in the order in which they were asked for
    timed_out: bool  # whether anything that counts ran out of time


def ask(
    planned: Sequence[PlannedCell],
    submitted: Sequence[SubmittedCell],
    questions: Sequence[Sequence[Question]],
    rows: Sequence[Row],
    sandbox: Sandbox,
    limits: Limits,
    starters: Mapping[str, str] | None = None,
) -> Asked:
    """Grade the rows of a submission; those for a person are left to them.

    Args:
        planned: The cells to run, in order.
        submitted: All cells as handed in; they say where each row's check cell stands.
        questions: For every exercise its questions.
        starters: Row -> the cell as it was released, where it is known.

    Raises:
        GradingError: The sandbox failed.
    """
    verdicts, ran, timed_out, seconds = _ask(planned, questions, sandbox, limits)
    cells = read_cells([(cell.name, cell.position, cell.source) for cell in planned])
    for position, why in _doubtful(verdicts, submitted, questions, cells).items():
        left = limits.submission_seconds - seconds
        if left < LEAST_SECONDS:
            break
        above = [cell for cell in planned if cell.position <= position]
        some = [of for of in questions if any(row.id in why for row in of[0].exercise.rows)]
        kept = replace(limits, submission_seconds=left)
        again, _, _, used = _ask(above, some, sandbox, kept, why)
        seconds += used
        for row in why.keys() & again.keys():
            verdicts[row] = _as_seen(verdicts[row], again[row], why[row])
    ids = [row.id for row in rows]
    judged = [
        _with_cells(verdicts.get(row.id) or unjudged(row), ran, submitted, ids, starters)
        for row in rows
    ]
    return Asked(_on_wrong_ones(judged, questions, cells), timed_out)


def _on_wrong_ones(
    judged: Sequence[RowResult], questions: Sequence[Sequence[Question]], cells: Sequence[ReadCell]
) -> list[RowResult]:
    """The verdicts; one that is not right says which others are not, on which it builds."""
    wrong = [row.id for row in judged if row.status not in ("right", "manual")]
    exercise = {row.id: of[0] for of in questions for row in of[0].exercise.rows}
    found = []
    for row in judged:
        if row.id in wrong and row.id in exercise and row.status not in ("unanswered", "timeout"):
            names = names_used(_needs(row.id, exercise[row.id]), cells) - {row.id}
            below = [other for other in wrong if other in names]
            row = builds_on(row, below) if below else row
        found.append(row)
    return found


def _ask(
    planned: Sequence[PlannedCell],
    questions: Sequence[Sequence[Question]],
    sandbox: Sandbox,
    limits: Limits,
    rows: Collection[str] | None = None,
) -> tuple[dict[str, RowResult], Ran, bool, float]:
    """Row -> verdict; what ran; whether anything that counts ran out of time; seconds."""
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
    return verdicts, ran, patience.timed_out or hung, seconds


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
        for row in question.exercise.rows:
            result = verdicts.get(row.id)
            if result is None or result.status == "manual":
                continue
            needs = _needs(row.id, question)
            position = _check_position(row.id, submitted, cells)
            changed = overlap(needs, cells, position)
            below = only_below(needs, cells, position)
            if (changed.may and _is_doubted(result)) or below:
                found.setdefault(position, {})[row.id] = (changed.changes, below)
    return found


def _needs(row: str, question: Question) -> set[str]:
    """A row's function, and those of its exercise that are called before it."""
    functions = question.exercise.functions
    return {row, *(functions[: functions.index(row)] if row in functions else ())}


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


def _noted(result: RowResult, what: Fact, check: Check = Check.STATE) -> RowResult:
    note = Finding(check, severity="warning", passed=True, fact=what)
    return result.with_findings((note, *result.findings))


def _with_cells(
    row: RowResult,
    ran: Ran,
    submitted: Sequence[SubmittedCell],
    ids: Sequence[str],
    starters: Mapping[str, str] | None,
) -> RowResult:
    """The verdict on a row with what its cells add to it."""
    costly = [f for f in row.findings if f.costs_visibly]
    if any(f.failed("missing") for f in costly):
        row = _blamed(row, ran)
    skipped = bool(costly) and all(f.failed("skipped") for f in costly)
    if skipped and all(NOT_WRITTEN in cell.source for cell, _ in _defining(row.id, ran)):
        row = replace(row, status="unanswered")
    if row.score or row.status == "manual":
        return row
    if row.status != "unanswered" and _defining(row.id, ran):
        return row
    cells = [
        Placed(f"cell {position}", cell.kind, cell.source, cell.grade_id)
        for position, cell in enumerate(submitted, 1)
    ]
    found = whereabouts(row.id, cells, ids, starters)
    return row if found is None else _noted(row, found, Check.LOOK)


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


def _defining(name: str, ran: Ran) -> list[tuple[PlannedCell, CellOutcome]]:
    return [(cell, outcome) for cell, outcome in ran if defines(name, cell.source)]
