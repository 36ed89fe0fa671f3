"""Follow-through: a row that is wrong only because of what it builds on keeps its points.

Two ways. A backward that is right for a forward with a known mistake (declared `follow=True`):
its gradients equal the numerical gradient of that mistaken forward. And a row that calls another
row with a known mistake: it equals the reference composed with that mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.compare import Expected, difference
from autograder.checks.expected import Expectation
from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.checks.verdict import rescored
from autograder.diagnosis.bank import Known
from autograder.diagnosis.matching import fits, mistake_of
from autograder.exercises.exercise import Exercise
from autograder.exercises.kinds import Layer
from autograder.exercises.script import Runner, Script, Strided

Compose = Callable[[frozenset[tuple[str, str]]], Runner]
"""From (function, name of a mistake) pairs to the reference in which all of them were made."""
LOOSE = 1e-6
STEP = 2.0**-11


def right_gradients(
    exercise: Exercise, expectations: Sequence[Expectation], mistaken: Runner
) -> dict[str, dict[str, Any]]:
    """The right gradients of a mistaken forward, case by case, measured numerically.

    An input on which the mistaken forward does not depend at all, while the reference does, has no
    follow-through: its gradient is left out.
    """
    if not isinstance(exercise, Layer):
        return {}
    found: dict[str, dict[str, Any]] = {}
    alive: set[str] = set()
    for expectation in expectations:
        case = expectation.case
        if case.tie or not case.upstream or exercise.backward not in expectation.outputs:
            continue
        gradients = _gradients(exercise, expectation, mistaken)
        if gradients is None:
            return {}
        found[case.name] = gradients
        alive |= {
            name
            for name, value in gradients.items()
            if np.any(np.abs(value) > 1e-12)
            or not np.any(expectation.outputs[exercise.backward][name].value)
        }
    return {
        case: {name: value for name, value in gradients.items() if name in alive}
        for case, gradients in found.items()
    }


def _gradients(
    exercise: Layer, expectation: Expectation, mistaken: Runner
) -> dict[str, Any] | None:
    case = expectation.case
    inputs = {k: v.array if isinstance(v, Strided) else v for k, v in case.inputs.items()}
    gradients: dict[str, Any] = {}
    for name in expectation.outputs[exercise.backward]:
        key = name[1:]
        if key not in inputs:
            return None
        x = np.asarray(inputs[key], float)
        points = [x + step for step in _steps(x)]
        scripts = [
            exercise.script(
                replace(case, inputs={**inputs, key: p if x.ndim else float(p)}),
                rows=[exercise.forward],
            )
            for p in points
        ]
        calls = tuple(script.calls[0] for script in scripts)
        outcomes = mistaken.run(Script(case.seed, calls))
        if any(outcome.failure is not None for outcome in outcomes):
            return None
        values = [_projected(outcome.value, case.upstream) for outcome in outcomes]
        gradients[name] = _slopes(np.array(values), x)
    return gradients


def _steps(x: np.ndarray) -> Iterator[np.ndarray]:
    """For each entry the four steps -2h, -h, h, 2h of a fourth-order central difference."""
    for index in np.ndindex(x.shape):
        for factor in (-2, -1, 1, 2):
            step = np.zeros_like(x)
            step[index] = factor * STEP * max(1.0, abs(float(x[index])))
            yield step


def _slopes(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(f(-2h) - 8 f(-h) + 8 f(h) - f(2h)) / 12h for each entry (Abramowitz and Stegun 25.3.6)."""
    far_left, left, right, far_right = values.reshape(-1, 4).T
    h = STEP * np.maximum(1.0, np.abs(x)).ravel()
    return ((far_left - far_right + 8 * (right - left)) / (12 * h)).reshape(x.shape)


def _projected(value: Any, upstream: Sequence[Any]) -> float:
    outputs = value[: len(upstream)]
    return sum(float(np.sum(o * u)) for o, u in zip(outputs, upstream, strict=True))


def follow_forward(
    result: RowResult, forward: RowResult, trials: Sequence[Trial], banks: Sequence[Sequence[Known]]
) -> RowResult:
    """Give a backward its points where it is right for the known mistake of its own forward."""
    names = mistake_of(forward) & {known.name for bank in banks for known in bank}
    if len(names) != 1 or all(result.outputs.values()):
        return result
    outputs = dict(result.outputs)
    for output, earned in result.outputs.items():
        if not earned:
            outputs[output] = _right_for_forward(result.id, output, names, trials, banks)
    if outputs == result.outputs:
        return result
    note = Finding(
        "follow-through",
        None,
        f"{result.id} is right for the {forward.id} that was written; the points are kept",
        "warning",
        passed=True,
    )
    kept = rescored(result, outputs, follow_through=True)
    return kept.with_findings((note, *_forgiven(result.findings, outputs)))


def _right_for_forward(
    row: str,
    output: str,
    names: set[str],
    trials: Sequence[Trial],
    banks: Sequence[Sequence[Known]],
) -> bool:
    judged = 0
    for trial, bank in zip(trials, banks, strict=True):
        seen = trial.observed.get(row)
        if seen is None or not trial.case.judges(output) or trial.case.tie:
            continue
        known = next((k for k in bank if k.name in names), None)
        right = known.follows().get(trial.case.name, {}) if known is not None else {}
        if output not in right or seen.outputs is None:
            return False
        value = np.asarray(right[output])
        size = float(np.abs(value).max()) if value.size else 0.0
        expected = Expected(value, slack=LOOSE * size, scale=max(size, 1.0) * 10)
        if difference(seen.outputs[output], expected) is not None:
            return False
        judged += 1
    return judged > 0


def follow_calls(
    result: RowResult,
    others: Mapping[str, RowResult],
    trials: Sequence[Trial],
    banks: Sequence[Sequence[Known]],
    compose: Compose | None = None,
) -> RowResult:
    """Give a row its points where it equals the reference composed with other rows' mistakes.

    Args:
        compose: Makes the reference with several mistakes at once, where it is at hand.
    """
    if all(result.outputs.values()) or not result.outputs or not banks:
        return result
    called = [known for known in banks[0] if _is_made(known, result, others, trials)]
    for known in called:
        if all(_equals(known, result, trial, bank) for trial, bank in zip(trials, banks)):
            return _kept(result, [known])
    functions = {known.function for known in called}
    if compose is None or len(called) < 2 or len(functions) < len(called):
        return result
    runner = compose(frozenset((known.function, known.name) for known in called))
    if all(_equals_composed(runner, result, trial) for trial in trials):
        return _kept(result, called)
    return result


def _is_made(
    known: Known, result: RowResult, others: Mapping[str, RowResult], trials: Sequence[Trial]
) -> bool:
    """Whether another row, but not this one's own forward, was found to be this mistake."""
    other = others.get(known.function)
    if known.function == result.id or other is None or known.name not in mistake_of(other):
        return False
    rows = trials[0].exercise.rows
    return len(rows) == 1 or other.id != rows[0].id  # the own forward is `follow_forward`'s


def _kept(result: RowResult, made: Sequence[Known]) -> RowResult:
    names = " and ".join(known.function for known in made)
    are = "is" if len(made) == 1 else "are"
    note = Finding(
        "follow-through",
        None,
        f"{result.id} is wrong only because {names}, which it calls, {are}; the points are kept",
        "warning",
        passed=True,
        mistake=made[0].name,
        advice=made[0].says,
    )
    outputs = dict.fromkeys(result.outputs, True)
    settled = rescored(result, outputs, follow_through=True)
    return settled.with_findings((note, *_forgiven(result.findings, outputs)))


def _equals(known: Known, result: RowResult, trial: Trial, bank: Sequence[Known]) -> bool:
    if result.id not in trial.observed:
        return True
    key = (known.function, known.name)
    here = next((k for k in bank if (k.function, k.name) == key), None)
    return here is not None and all(
        trial.case.tie or not trial.case.judges(name) or fits(here, result.id, name, trial)
        for name in result.outputs
    )


def _equals_composed(runner: Runner, result: RowResult, trial: Trial) -> bool:
    seen = trial.observed.get(result.id)
    if seen is None or trial.case.tie:
        return True
    composed = trial.exercise.observe(trial.case, runner.run(trial.exercise.script(trial.case)))
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
