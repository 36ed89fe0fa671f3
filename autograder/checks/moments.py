"""Random initialisers: judged by the moments of what they draw, and by where it comes from."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.checks.finding import Check, Explanation, Finding, Source
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Row
from autograder.exercises.fact import Fact, fact
from autograder.exercises.kinds_stateful import Module
from autograder.exercises.script import Huge

DEVIATIONS = 6.0
REPEATED = 0.1
"""A larger share of entries never comes out alike twice by chance."""
LINE_DEVIATIONS = 8.0
"""More room for a single row or column: there are many of them."""


def judge_moments(row: Row, trial: Trial) -> Iterator[Finding]:
    """Compare mean and standard deviation with the reference's, within what the size can tell.

    The standard error of the mean of n numbers is s / sqrt(n); that of their spread is at most
    s / sqrt(2 n) for a normal distribution, less for a uniform one. Both samples err.
    """
    seen = trial.observed.get(row.id)
    if seen is None or seen.outputs is None:
        return
    for name, expected in trial.expectation.outputs[row.id].items():
        if name in trial.exercise.drawn:
            yield from _judge(name, name, seen.outputs[name], expected.value, trial)


def _judge(
    name: str, label: str, value: Any, want: dict[str, Any], trial: Trial
) -> Iterator[Finding]:
    """One array, or every entry of a dict of arrays; `label` is what messages call it."""
    if "shape" not in want:
        for key, item in want.items():
            if not isinstance(value, dict) or key not in value:
                missing = fact("moments.missing", name=label, key=repr(key))
                yield trial.finding(Check.CONTRACT, name, fact=missing)
            else:
                yield from _judge(name, f"{label}[{key!r}]", value[key], item, trial)
        return
    shape = tuple(int(size) for size in want["shape"])
    got = value if isinstance(value, Huge) else as_array(value)
    if isinstance(got, Huge) or (got is not None and got.shape != shape):
        wrong = fact("moments.shape", name=label, shape=got.shape, expected=shape)
        yield trial.finding(Check.CONTRACT, name, fact=wrong)
    elif got is None or got.dtype.kind not in "fiu":
        yield trial.finding(Check.CONTRACT, name, fact=fact("moments.no_array", name=label))
    elif not np.isfinite(got).all():
        yield trial.finding(Check.FINITE, name, fact=fact("moments.not_finite", name=label))
    else:
        for said in _compare(label, got.astype(float), want):
            yield trial.finding(Check.MOMENTS, name, fact=said)


def _compare(label: str, got: np.ndarray, want: dict[str, float]) -> Iterator[Fact]:
    mean, spread, n = want["mean"], want["std"], got.size
    own = float(got.std())  # a wrong spread is said once: the other rules take it as it is
    error = max(spread, own) * np.sqrt(2.0 / n)
    if not abs(float(got.mean()) - mean) <= DEVIATIONS * error + 1e-12:
        yield fact("moments.mean", name=label, got=float(got.mean()), expected=mean)
    if not abs(own - spread) <= DEVIATIONS * spread / np.sqrt(n) + 1e-12:
        yield fact("moments.std", name=label, got=own, expected=spread)
    if n > 50 and spread > 0 and np.unique(got).size < 3 * n // 4:
        yield fact("moments.few", name=label, different=int(np.unique(got).size), size=n)
    elif got.ndim == 2 and any(_flat(got, min(spread, own), axis) for axis in (0, 1)):
        yield fact("moments.lines", name=label)


def judge_draws(row: Row, trial: Trial) -> Iterator[Finding]:
    """Whether what is drawn depends on the generator that was given, and on nothing else."""
    seen = trial.observed.get(row.id)
    if seen is None or seen.outputs is None or seen.draws is None:
        return
    draws = seen.draws
    for name in trial.exercise.drawn:
        want = trial.expectation.outputs[row.id].get(name)
        if want is None:
            continue
        if draws.failure is not None:
            yield trial.finding(Check.DRAWS, name, failure=draws.failure)
            continue
        advice = fact("draws.from_rng")
        if not alike(seen.outputs[name], draws.again.get(name)):
            said = fact("draws.differ", name=name)
            if isinstance(trial.exercise, Module) and alike(
                draws.again.get(name), draws.others[1].get(name)
            ):
                said, advice = fact("draws.shared", name=name, row=row.id), fact("draws.own")
        elif _repeated(draws.others[0].get(name), draws.others[1].get(name), want.value):
            said = fact("draws.same", name=name)
        elif draws.touched:
            said = fact("draws.global", row=row.id)
        else:
            continue
        told = Explanation(Source.CHECK, fact=advice)
        yield trial.finding(Check.DRAWS, name, fact=said, explanation=told)


def alike(one: Any, other: Any) -> bool:
    """Whether two results are the same numbers to the bit, in whatever form they came."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    first, second = as_array(one), as_array(other)
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")


def _repeated(one: Any, other: Any, want: Any) -> bool:
    """Whether an array that must vary, or an entry of a dict of them, comes out alike twice."""
    if "shape" not in want:
        return any(
            _repeated(one[key], other[key], item)
            for key, item in want.items()
            if isinstance(one, dict) and isinstance(other, dict) and key in one and key in other
        )
    first, second = as_array(one), as_array(other)
    if first is None or second is None or first.shape != second.shape or not want["std"] > 0:
        return False
    return bool(np.mean(first == second) > REPEATED)


def _flat(got: np.ndarray, spread: float, axis: int) -> bool:
    """Whether a line along `axis` spreads less than independent draws of its length ever would."""
    room = LINE_DEVIATIONS * spread / np.sqrt(2.0 * got.shape[axis])
    return bool((got.std(axis=axis) < spread - room).any())
