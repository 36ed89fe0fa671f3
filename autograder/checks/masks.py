"""What draws at random: layers with a mask (dropout), and initialisers.

Initialisers are judged by the moments of what they draw, and by where it comes from; a mask through
the `out` of the same forward.

Any way of drawing is right. What must hold: every entry of `out` is 0 or x / p; on many entries the
kept fraction is p; the mask is drawn anew in every call; and backward multiplies by the very mask
that `out` shows. Where x is 0 `out` shows none: there backward does, and keeps the fraction p, too.
A forward that scales what it keeps by another number, or keeps another fraction, is wrong; a
backward that scales by the same one, or lets as many through, keeps its points.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.compare import Expected, difference
from autograder.checks.finding import Check, Explanation, Finding, Source
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Row
from autograder.exercises.fact import Fact, fact
from autograder.exercises.kinds import Layer
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


ENOUGH = 10_000
CHANCE = 1e-9


def judge_mask(row: Row, trial: Trial) -> Iterator[Finding]:
    """The checks of a row in a case in which a mask was drawn."""
    exercise = trial.exercise
    assert isinstance(exercise, Layer) and exercise.mask is not None
    parameter, key = exercise.mask
    keep = float(trial.case.inputs[parameter][key])
    x = trial.first_input
    seen = trial.observed.get(exercise.forward)
    name = row.outputs[0]
    out = as_array(seen.outputs[exercise.outputs[0]]) if seen and seen.outputs else None
    if out is None or out.shape != x.shape or out.dtype.kind not in "fiu":
        if row.part == "forward":
            yield trial.finding(
                Check.CONTRACT, name, fact=fact("mask.form", name=name, shape=x.shape)
            )
        elif (own := trial.observed.get(row.id)) is not None and own.failure is None:
            said = fact("mask.unseen", name=name, out=exercise.outputs[0])
            first = fact("mask.forward_first", row=exercise.forward, out=exercise.outputs[0])
            yield _told(trial.finding(Check.GRADIENT, name, fact=said), first)
        return
    if row.part == "forward":
        yield from _judge_forward(row, trial, x, out.astype(float), keep)
    else:
        yield from _judge_backward(row, trial, x, out.astype(float), keep)


def _judge_forward(
    row: Row, trial: Trial, x: np.ndarray, out: np.ndarray, keep: float
) -> Iterator[Finding]:
    name = row.outputs[0]
    kept = out != 0
    wrong = difference(out, Expected(np.where(kept, x / keep, 0.0)))
    if wrong is not None:
        factor = _factor(x, out)
        advice = fact("mask.zero_or_scaled")
        if np.isclose(factor, 1.0):
            advice = fact("mask.unscaled", p=keep)
        elif np.isclose(factor, 1 / (1 - keep)):
            advice = fact("mask.turned")
        yield _told(trial.finding(Check.VALUE, name, difference=wrong), advice)
    yield from _judge_chance(row, trial, name)
    if x.size >= ENOUGH:
        share = float(kept.mean())
        if abs(share - keep) > _room(keep, x.size):
            turned = abs(share - (1 - keep)) < 0.02
            said = fact("mask.share", name=name, share=share, size=x.size, keep=keep)
            found = trial.finding(Check.MASK, name, fact=said)
            yield _told(found, fact("mask.turned")) if turned else found
        elif any(_kept_together(kept, keep, axis) for axis in range(x.ndim)):
            yield trial.finding(Check.MASK, name, fact=fact("mask.together", name=name))


def _judge_chance(row: Row, trial: Trial, name: str) -> Iterator[Finding]:
    """Without a seed two masks differ; with one seed they are the same (else a warning)."""
    seen = trial.observed[row.id]
    if seen.draws is None or seen.outputs is None:
        return
    if seen.draws.failure is not None:
        yield trial.finding(Check.DRAWS, name, failure=seen.draws.failure)
        return
    one, other = (as_array(values.get(name)) for values in seen.draws.others)
    if one is not None and other is not None and np.array_equal(one != 0, other != 0):
        found = trial.finding(Check.DRAWS, name, fact=fact("mask.same_twice", name=name))
        yield _told(found, fact("mask.anew"))
    elif not alike(seen.draws.again.get(name), seen.outputs[name]):
        yield trial.finding(Check.DRAWS, fact=fact("mask.seed", row=row.id), severity="warning")


def _kept_together(kept: np.ndarray, keep: float, axis: int) -> bool:
    """Whether the share kept along an axis strays further than separate draws ever would."""
    room = _room(keep, kept.shape[axis])
    return bool((np.abs(kept.mean(axis=axis) - keep) > room).any())


def _room(keep: float, size: float) -> float:
    """How far the share kept of so many entries strays from `keep` at most."""
    return float(DEVIATIONS * np.sqrt(keep * (1 - keep) / size))


def _kept(x: np.ndarray, out: np.ndarray, dx: Any) -> np.ndarray:
    """The entries that were kept: `out` shows it, and where x is 0 the backward."""
    kept = out != 0
    back = as_array(dx)
    return kept if back is None or back.shape != x.shape else np.where(x == 0, back != 0, kept)


def _judge_backward(
    row: Row, trial: Trial, x: np.ndarray, out: np.ndarray, keep: float
) -> Iterator[Finding]:
    seen = trial.observed.get(row.id)
    if seen is None or seen.outputs is None:
        return
    name = row.outputs[0]
    kept = _kept(x, out, seen.outputs[name])
    (dout,) = trial.case.upstream
    alike_all = kept.all() or not kept.any()
    if alike_all and max(keep, 1 - keep) ** x.size < CHANCE:
        yield trial.finding(Check.GRADIENT, name, fact=fact("mask.unseen", name=name, out="out"))
        return
    wrong = difference(seen.outputs[name], Expected(np.where(kept, dout / keep, 0.0)))
    if wrong is None:
        hidden = kept[(x == 0) & (dout != 0)]
        if hidden.size and not _is_share(hidden, keep, kept[x != 0]):
            said = fact("mask.zeros", name=name, share=float(hidden.mean()), keep=keep)
            yield _told(trial.finding(Check.GRADIENT, name, fact=said), fact("mask.not_by_out"))
            return
        yield from _judge_unseeded(row, trial, keep)
        return
    own = Expected(np.where(kept, dout * _factor(x, out), 0.0))
    if difference(seen.outputs[name], own) is None:
        said = fact("mask.as_forward", row=row.id)
        yield trial.finding(Check.FOLLOW_THROUGH, fact=said, severity="warning", passed=True)
    else:
        found = trial.finding(Check.GRADIENT, name, difference=wrong)
        yield _told(found, fact("mask.same"))


def _is_share(hidden: np.ndarray, keep: float, shown: np.ndarray) -> bool:
    """Whether as many are kept as `keep` says, or as the forward keeps where `out` shows it."""
    share, size = float(hidden.mean()), hidden.size
    if abs(share - keep) <= _room(keep, size):
        return True
    both = size * shown.size / (size + shown.size)  # both shares stray
    return bool(shown.size) and abs(share - float(shown.mean())) <= _room(keep, both)


def _judge_unseeded(row: Row, trial: Trial, keep: float) -> Iterator[Finding]:
    """Without a seed, too, backward multiplies by the mask that its forward drew."""
    draws, name = trial.observed[row.id].draws, row.outputs[0]
    if draws is None:
        return
    if draws.failure is not None:
        yield trial.finding(Check.GRADIENT, name, failure=draws.failure)
        return
    exercise = trial.exercise
    assert isinstance(exercise, Layer)
    out, dx = as_array(draws.others[0].get(exercise.outputs[0])), draws.others[1].get(name)
    if out is None or out.shape != trial.first_input.shape:
        return
    (dout,) = trial.case.upstream
    kept = _kept(trial.first_input, out, dx)
    wrong = difference(dx, Expected(np.where(kept, dout / keep, 0.0)))
    if wrong is not None:
        yield _told(trial.finding(Check.GRADIENT, name, difference=wrong), fact("mask.same"))


def _factor(x: np.ndarray, out: np.ndarray) -> float:
    """The one number by which the forward multiplies what it keeps; 0 where there is none."""
    kept = out != 0
    factor = float(np.median(out[kept] / x[kept])) if kept.any() else 0.0
    return factor if difference(out, Expected(np.where(kept, factor * x, 0.0))) is None else 0.0


def _told(finding: Finding, advice: Fact) -> Finding:
    return replace(finding, explanation=Explanation(Source.CHECK, fact=advice))
