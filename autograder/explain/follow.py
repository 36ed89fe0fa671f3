"""Follow-through: a row that is wrong only because of what it builds on keeps its points.

The one thing beside the checks that may change a score. Two ways. A backward that is right for a
forward with a known mistake (declared `follow=True`): its gradients equal the numerical gradient of
that mistaken forward. And a row that calls another row with a known mistake: it equals the
reference composed with that mistake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.checks.compare import Expected, difference
from autograder.checks.expected import largest
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.checks.trial import Trial
from autograder.checks.verdict import rescored
from autograder.exercises.fact import Fact, fact
from autograder.exercises.script import Runner
from autograder.explain.bank import Known
from autograder.explain.known import fits, known_names
from autograder.explain.question import Asked, measured

LOOSE = 1e-6
NOTHING = 1e-12


def followed(result: RowResult, asked: Asked) -> RowResult:
    """The verdict on a row, with the points that it keeps although what it builds on is wrong."""
    forward = asked.results.get(getattr(asked.exercise, "forward", ""))
    if forward is not None and forward.id != result.id:
        result = _follow_forward(result, forward, asked)
    return _follow_calls(result, asked)


def builds_on(result: RowResult, wrong: Sequence[str]) -> RowResult:
    """The verdict on a row, with the note that others, on which it builds, are not right yet."""
    name = "builds_on.one" if len(wrong) == 1 else "builds_on.several"
    said = fact(name, names=list(wrong), row=result.id, first=wrong[0])
    note = Finding(Check.BUILDS_ON, severity="warning", passed=True, fact=said)
    return result.with_findings((note, *result.findings))


def _follow_forward(result: RowResult, forward: RowResult, asked: Asked) -> RowResult:
    """Give a backward its points where it is right for the known mistake of its own forward."""
    names = known_names(forward)
    if len(names) != 1 or all(result.outputs.values()):
        return result
    kept = [
        output
        for output, earned in result.outputs.items()
        if not earned and _right_for_forward(result.id, output, names, asked)
    ]
    if not kept:
        return result
    outputs = result.outputs | dict.fromkeys(kept, True)
    said = fact("follow.forward", row=result.id, forward=forward.id)
    if not all(outputs.values()):
        said = fact("follow.forward_part", row=result.id, forward=forward.id, outputs=kept)
    return _rescored(result, outputs, said)


def _right_for_forward(row: str, output: str, names: set[str], asked: Asked) -> bool:
    """Whether an output is right for a mistaken forward; the first case on which it is not decides.

    An input on which that forward does not depend at all, while the reference does, has no
    follow-through.
    """
    depends = False
    for trial in asked.on(row, output):
        if not measured(trial.case):
            continue
        bank = asked.known(trial.hidden).values()
        known = next((k for k in bank if k.name in names), None)
        right = known.follows(trial.case.name) if known is not None else {}
        seen = trial.observed[row]
        if output not in right or seen.outputs is None:
            return False
        size = largest(right[output])
        expected = Expected(right[output], slack=LOOSE * size, scale=max(size, 1.0) * 10)
        if difference(seen.outputs[output], expected) is not None:
            return False
        depends |= size > NOTHING or not largest(trial.expectation.outputs[row][output].value)
    return depends


def _follow_calls(result: RowResult, asked: Asked) -> RowResult:
    """Give a row its points where it equals the reference composed with other rows' mistakes."""
    if all(result.outputs.values()) or not result.outputs or not asked.trials:
        return result
    if not any(known_names(other) for other in asked.results.values() if other.id != result.id):
        return result
    bank = asked.known(asked.trials[0].hidden).values()
    called = [known for known in bank if _is_made(known, result, asked)]
    for known in called:
        if all(_equals(known, result, trial, asked) for trial in asked.trials):
            return _kept(result, [known])
    functions = {known.function for known in called}
    compose = asked.questions[0].compose
    if compose is None or len(called) < 2 or len(functions) < len(called):
        return result
    runner = compose(frozenset((known.function, known.name) for known in called))
    if all(_equals_composed(runner, result, trial) for trial in asked.trials):
        return _kept(result, called)
    return result


def _is_made(known: Known, result: RowResult, asked: Asked) -> bool:
    """Whether another row, but not this one's own forward, was found to be this mistake."""
    other = asked.results.get(known.function)
    if known.function == result.id or other is None or known.name not in known_names(other):
        return False
    rows = asked.exercise.rows
    return len(rows) == 1 or other.id != rows[0].id  # the own forward is `_follow_forward`'s


def _kept(result: RowResult, made: Sequence[Known]) -> RowResult:
    said = fact("follow.calls", row=result.id, names=[known.function for known in made])
    explanation = Explanation(Source.KNOWN, made[0].name, made[0].says)
    return _rescored(result, dict.fromkeys(result.outputs, True), said, explanation)


def _rescored(
    result: RowResult, outputs: dict[str, bool], said: Fact, explanation: Explanation | None = None
) -> RowResult:
    """The row with the outputs that it keeps; what was found on them costs nothing any more."""
    note = Finding(
        Check.FOLLOW_THROUGH, severity="warning", passed=True, fact=said, explanation=explanation
    )
    found = (note, *_forgiven(result.findings, outputs))
    return rescored(result, outputs, follow_through=True).with_findings(found)


def _equals(known: Known, result: RowResult, trial: Trial, asked: Asked) -> bool:
    if result.id not in trial.observed:
        return True
    here = asked.find((known.function, known.name), trial)
    return here is not None and all(
        trial.case.tie or not trial.case.judges(name) or fits(here, result.id, name, trial)
        for name in result.outputs
    )


def _equals_composed(runner: Runner, result: RowResult, trial: Trial) -> bool:
    seen = trial.observed.get(result.id)
    if seen is None or trial.case.tie:
        return True
    script = trial.exercise.script(trial.case).uncounted()
    composed = trial.exercise.observe(trial.case, runner.run(script))
    want = composed[result.id].outputs if result.id in composed else None
    if seen.outputs is None or want is None:
        return False
    return all(
        difference(seen.outputs[name], replace(expected, value=want[name])) is None
        for name, expected in trial.expectation.outputs[result.id].items()
    )


def _forgiven(findings: Sequence[Finding], outputs: Mapping[str, bool]) -> tuple[Finding, ...]:
    """The findings, those on outputs that kept their share turned into warnings."""
    return tuple(
        replace(f, severity="warning") if f.costs and outputs.get(f.output or "", False) else f
        for f in findings
        if not (f.costs and f.output is None and all(outputs.values()))
    )
