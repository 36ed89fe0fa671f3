"""From findings to a row's score: an output earns its share on all cases or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.checks.catalogue import differencing, findings
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source, Status
from autograder.checks.trial import Trial
from autograder.exercises.cases import family, is_ordinary
from autograder.exercises.exercise import Row
from autograder.exercises.fact import Fact, fact

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

    An output earns its share only if no error-level check failed on it in any trial; one slip of
    form that several outputs share counts once. A row of which nothing was ever observed earns
    nothing. A crash in one odd family of cases does not take all: where the row's own function
    raised it takes half; where its forward did, the forward pays.
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
    found = _counted_once(row, _tied_alone(found))
    raised = [f for f in found if f.costs and f.output is None and f.failed("exception")]
    odd = raised and len({family(f.case) for f in raised}) == 1 and not is_ordinary(raised[0].case)
    share = 0.5 if odd else 1.0
    lost = {f.output for f in found if f.costs and (share == 1.0 or f not in raised)}
    whole = None in lost or not seen
    outputs = {name: not whole and name not in lost for name in row.outputs}
    kept = [finding for finding in found if finding.check is Check.FOLLOW_THROUGH]
    found = [finding for finding in found if finding.check is not Check.FOLLOW_THROUGH]
    kept = kept[: not (whole or lost)]  # said once, and only where it is so
    return RowResult(
        row.id,
        row.points * share * _earned(outputs, row.shares),
        row.points,
        _status(outputs, found, share),
        outputs,
        (*kept, *sorted(found, key=lambda f: not f.costs)),
        hints=row.hints,
        accounts=tuple(
            account for t in seen if not t.hidden and (account := t.observed[row.id].account)
        ),
        share=share,
        follow_through=bool(kept),
        shares=row.shares,
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


def _earned(outputs: Mapping[str, bool], shares: Mapping[str, float]) -> float:
    """The share of the points that the outputs earned: exactly 1 where all did."""
    if all(outputs.values()):
        return 1.0
    return sum(shares[name] for name, earned in outputs.items() if earned)


def _tied_alone(found: Sequence[Finding]) -> list[Finding]:
    """The findings; gradients that do not add up at a tie are none where one of them is wrong."""
    sums = [finding for finding in found if finding.fact and finding.fact.name == "tie.sum"]
    wrong = {finding.output for finding in found if finding.costs and finding not in sums}
    return [
        f for f in found if f not in sums or not f.fact or wrong.isdisjoint(f.fact.values["names"])
    ]


def _counted_once(row: Row, found: Sequence[Finding]) -> list[Finding]:
    """The findings; of outputs that fail by the same slip of form only, one pays for all."""
    costs: dict[str | None, bool] = {}
    for finding in found:
        if finding.costs:
            costs[finding.output] = costs.get(finding.output, True) and finding.kept_axis
    alike = [name for name, kept_axis in costs.items() if name is not None and kept_axis]
    if len(alike) < 2:
        return list(found)
    payer = max(alike, key=lambda name: row.shares[name])
    once = Explanation(Source.CHECK, fact=fact("form.once", name=payer))
    return [
        replace(f, severity="warning", explanation=once)
        if f.costs and f.output in alike and f.output != payer
        else f
        for f in found
    ]


def rescored(result: RowResult, outputs: dict[str, bool], *, follow_through: bool) -> RowResult:
    """The same verdict with other outputs earned."""
    earned = _earned(outputs, result.shares)
    whole = earned == 1 and result.share == 1.0
    status: Status = "right" if whole else "partial" if earned else result.status
    return replace(
        result,
        score=result.points * result.share * earned,
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


HIDDEN = "hidden"
"""What the case of such a finding is called."""

SLIGHT = 0.01
_OF_OUTPUTS = (
    Check.FINITE, Check.CONTRACT, Check.REPEATABILITY, Check.MASK, Check.MOMENTS, Check.DRAWS,
)  # fmt: skip
_ERRORS = {
    "ArithmeticError": ("ZeroDivisionError", "FloatingPointError", "OverflowError"),
    "AttributeError": (),
    "LookupError": ("IndexError", "KeyError"),
    "NameError": ("UnboundLocalError",),
    "TypeError": (),
    "ValueError": ("LinAlgError",),
}
"""Classes of errors, by names that many errors of students have."""


def discreet(result: RowResult) -> RowResult:
    """The verdict as anybody may read it."""
    told = {(f.output, f.mistake) for f in result.findings if f.costs_visibly}
    kept: list[Finding] = []
    for finding in result.findings:
        if finding.hidden and not finding.costs:
            continue  # public cases warn as well
        if finding.hidden:
            named = (finding.output, finding.mistake) in told
            finding = Finding(
                finding.check,
                finding.output,
                HIDDEN,
                hidden=True,
                fact=_coarse(result.id, finding),
                explanation=finding.explanation if named and finding.mistake else None,
            )
        if finding not in kept:
            kept.append(finding)
    return replace(result, findings=tuple(kept))


def _coarse(row: str, finding: Finding) -> Fact:
    """What a finding says of hidden cases."""
    name = finding.output or row
    failure, wrong = finding.failure, finding.difference
    if failure is not None and failure.kind == "exception":
        kinds = (kind for kind, also in _ERRORS.items() if failure.type_name in (kind, *also))
        known = next(kinds, "")
        return fact("hidden.raised" if known else "hidden.raised_other", row=row, kind=known)
    if failure is not None:
        return fact(f"hidden.{failure.kind}", row=row)
    if finding.check in _OF_OUTPUTS:
        return fact(f"hidden.{finding.check}", name=name)
    slightly = wrong is not None and wrong.error is not None and wrong.error < SLIGHT
    return fact("hidden.slightly" if slightly else "hidden.wrong", name=name)
