"""From findings to a row's score: an output earns its share on all cases or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograder.checks.catalogue import findings
from autograder.checks.differencing import differencing
from autograder.checks.finding import Finding, RowResult, Status
from autograder.checks.trial import Trial
from autograder.exercises.cases import family, is_ordinary
from autograder.exercises.exercise import Row

_STATUS: dict[str, Status] = {
    "missing": "unanswered",
    "unanswered": "unanswered",
    "exception": "error",
    "skipped": "error",
    "exit": "exit",
    "timeout": "timeout",
    "unstarted": "timeout",
    "memory": "memory",
    "crash": "crash",
    "protocol": "protocol",
}


def judge(row: Row, trials: Sequence[Trial]) -> RowResult:
    """The verdict on a row: what it earned and what was found, errors first.

    An output earns its share only if no error-level check failed on it in any trial. A row of which
    nothing was ever observed earns nothing. A crash in one odd family of cases does not take all:
    where the row's own function raised it takes half; where its forward did, the forward pays.
    """
    if row.manual:
        return RowResult(row.id, 0.0, row.points, "manual", {}, hints=row.hints)
    spared = _not_reached(row, trials)
    found = [
        replace(finding, severity="warning") if trial in spared else finding
        for trial in trials
        for finding in findings(row, trial)
    ]
    suspicious = list(differencing(row, trials))
    if suspicious:
        outputs = dict.fromkeys(row.outputs, False)
        every = (*suspicious, *found)
        return RowResult(row.id, 0.0, row.points, "manual", outputs, every, hints=row.hints)
    seen = [trial for trial in trials if row.id in trial.observed]
    raised = [f for f in found if f.costs and f.failed("exception")]
    share = 0.5 if raised and _is_one_odd_family([f.case for f in raised]) else 1.0
    lost = {f.output for f in found if f.costs and (share == 1.0 or f not in raised)}
    whole = None in lost or not seen
    outputs = {name: not whole and name not in lost for name in row.outputs}
    score = row.points * share * sum(outputs.values()) / len(outputs)
    return RowResult(
        row.id,
        score,
        row.points,
        _status(outputs, found, share),
        outputs,
        tuple(sorted(found, key=lambda f: not f.costs)),
        hints=row.hints,
        accounts=tuple(
            account for t in seen if not t.hidden and (account := t.observed[row.id].account)
        ),
        share=share,
    )


def _not_reached(row: Row, trials: Sequence[Trial]) -> list[Trial]:
    """The trials that do not judge a backward, since its forward, a row of its own, raised in them.

    There must be others enough: all ordinary cases, and half of all families. Otherwise a forward
    that raises would hide a wrong backward.
    """
    if row.part != "backward":
        return []
    asked = [trial for trial in trials if row.id in trial.observed]
    out = []
    for trial in asked:
        before = trial.observed.get(getattr(trial.exercise, "forward", ""))
        raised = before.failure if before is not None else None
        own = trial.observed[row.id].failure
        if raised and raised.kind == "exception" and own and own.kind == "skipped":
            out.append(trial)
    families = {family(trial.case.name) for trial in asked}
    lost = {family(trial.case.name) for trial in out}
    if any(is_ordinary(trial.case.name) for trial in out) or 2 * len(lost) > len(families):
        return []
    return out


def _is_one_odd_family(cases: Sequence[str]) -> bool:
    return len({family(case) for case in cases}) == 1 and not is_ordinary(cases[0])


def rescored(result: RowResult, outputs: dict[str, bool], *, follow_through: bool) -> RowResult:
    """The same verdict with other outputs earned."""
    earned = sum(outputs.values())
    whole = earned == len(outputs) and result.share == 1.0
    status: Status = "right" if whole else "partial" if earned else result.status
    return replace(
        result,
        score=result.points * result.share * earned / len(outputs),
        status=status,
        outputs=outputs,
        follow_through=follow_through,
    )


def _status(outputs: dict[str, bool], found: Sequence[Finding], share: float) -> Status:
    if all(outputs.values()) and share == 1.0:
        return "right"
    if any(outputs.values()):
        return "partial"
    kinds = [f.failure.kind for f in found if f.failure is not None]
    for kind in ("timeout", "unstarted", "memory", "crash", "exit", "protocol"):
        if kind in kinds:
            return _STATUS[kind]
    if kinds:
        return _STATUS[kinds[0]]
    return "wrong" if found else "unanswered"
