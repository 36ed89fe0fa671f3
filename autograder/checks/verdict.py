"""From findings to a row's score: an output earns its share on all cases or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograder.checks.catalogue import findings
from autograder.checks.differencing import differencing
from autograder.checks.finding import Finding, RowResult, Status
from autograder.checks.trial import Trial
from autograder.exercises.exercise import Row

_STATUS: dict[str, Status] = {
    "missing": "unanswered",
    "unanswered": "unanswered",
    "exception": "error",
    "skipped": "error",
    "exit": "exit",
    "timeout": "timeout",
    "memory": "memory",
    "crash": "crash",
    "protocol": "protocol",
}


def judge(row: Row, trials: Sequence[Trial]) -> RowResult:
    """The verdict on a row: what it earned and what was found, errors first.

    An output earns its share only if no error-level check failed on it in any trial. A row of which
    nothing was ever observed earns nothing.
    """
    if row.manual:
        return RowResult(row.id, 0.0, row.points, "manual", {}, hints=row.hints)
    found = [finding for trial in trials for finding in findings(row, trial)]
    suspicious = list(differencing(row, trials))
    if suspicious:
        outputs = dict.fromkeys(row.outputs, False)
        every = (*suspicious, *found)
        return RowResult(row.id, 0.0, row.points, "manual", outputs, every, hints=row.hints)
    seen = [trial for trial in trials if row.id in trial.observed]
    lost = {finding.output for finding in found if finding.costs}
    whole = None in lost or not seen
    outputs = {name: not whole and name not in lost for name in row.outputs}
    score = row.points * sum(outputs.values()) / len(outputs)
    return RowResult(
        row.id,
        score,
        row.points,
        _status(outputs, found),
        outputs,
        tuple(sorted(found, key=lambda f: not f.costs)),
        hints=row.hints,
        accounts=tuple(
            account for t in seen if not t.hidden and (account := t.observed[row.id].account)
        ),
    )


def rescored(result: RowResult, outputs: dict[str, bool], *, follow_through: bool) -> RowResult:
    """The same verdict with other outputs earned."""
    earned = sum(outputs.values())
    status: Status = "right" if earned == len(outputs) else "partial" if earned else result.status
    return replace(
        result,
        score=result.points * earned / len(outputs),
        status=status,
        outputs=outputs,
        follow_through=follow_through,
    )


def _status(outputs: dict[str, bool], found: Sequence[Finding]) -> Status:
    if all(outputs.values()):
        return "right"
    if any(outputs.values()):
        return "partial"
    kinds = [f.failure.kind for f in found if f.failure is not None]
    for kind in ("timeout", "memory", "crash", "exit", "protocol"):
        if kind in kinds:
            return _STATUS[kind]
    if kinds:
        return _STATUS[kinds[0]]
    return "wrong" if found else "unanswered"
