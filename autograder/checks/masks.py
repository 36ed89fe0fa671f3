"""Layers that draw a random mask (dropout): judged through the `out` of the same forward.

Any way of drawing is right. What must hold: every entry of `out` is 0 or x / p; on many entries the
kept fraction is p; and backward multiplies by the very mask that `out` shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from autograder.checks.compare import Expected, difference
from autograder.checks.finding import Check, Explanation, Finding, Source
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Row
from autograder.exercises.fact import Fact, fact
from autograder.exercises.kinds import Layer
from autograder.exercises.script import Strided

ENOUGH = 10_000
DEVIATIONS = 6.0


def is_random(trial: Trial) -> bool:
    """Whether the reference really dropped something in this case (at test time it does not)."""
    exercise = trial.exercise
    if not isinstance(exercise, Layer) or exercise.mask is None:
        return False
    out = trial.expectation.outputs.get(exercise.forward, {}).get(exercise.outputs[0])
    x = _input(trial)
    return out is not None and not np.array_equal(np.asarray(out.value), x)


def judge_mask(row: Row, trial: Trial) -> Iterator[Finding]:
    """The checks of a row in a case in which a mask was drawn."""
    exercise = trial.exercise
    assert isinstance(exercise, Layer) and exercise.mask is not None
    parameter, key = exercise.mask
    keep = float(trial.case.inputs[parameter][key])
    x = _input(trial)
    seen = trial.observed.get(exercise.forward)
    name = row.outputs[0]
    out = as_array(seen.outputs[exercise.outputs[0]]) if seen and seen.outputs else None
    if out is None or out.shape != x.shape or out.dtype.kind not in "fiu":
        if row.part == "forward":
            yield trial.finding(Check.CONTRACT, name, fact=fact("mask.form", shape=x.shape))
        elif (own := trial.observed.get(row.id)) is not None and own.failure is None:
            said = fact("mask.unseen", name=name, out=exercise.outputs[0])
            first = fact("mask.forward_first", row=exercise.forward, out=exercise.outputs[0])
            yield _told(trial.finding(Check.GRADIENT, name, fact=said), first)
        return
    if row.part == "forward":
        yield from _judge_forward(row, trial, x, out.astype(float), keep)
    else:
        yield from _judge_backward(row, trial, out != 0, keep)


def _judge_forward(
    row: Row, trial: Trial, x: np.ndarray, out: np.ndarray, keep: float
) -> Iterator[Finding]:
    name = row.outputs[0]
    kept = out != 0
    wrong = difference(out, Expected(np.where(kept, x / keep, 0.0)))
    if wrong is not None:
        unscaled = difference(out, Expected(np.where(kept, x, 0.0))) is None
        advice = fact("mask.unscaled", p=keep) if unscaled else fact("mask.zero_or_scaled")
        yield _told(trial.finding(Check.VALUE, name, difference=wrong), advice)
    if x.size >= ENOUGH:
        share = float(kept.mean())
        if abs(share - keep) > DEVIATIONS * np.sqrt(keep * (1 - keep) / x.size):
            turned = abs(share - (1 - keep)) < 0.02
            said = fact("mask.share", name=name, share=share, size=x.size, keep=keep)
            found = trial.finding(Check.MASK, name, fact=said)
            yield _told(found, fact("mask.turned")) if turned else found
        elif any(_kept_together(kept, keep, axis) for axis in range(x.ndim)):
            yield trial.finding(Check.MASK, name, fact=fact("mask.together", name=name))


def _kept_together(kept: np.ndarray, keep: float, axis: int) -> bool:
    """Whether the share kept along an axis strays further than separate draws ever would."""
    room = DEVIATIONS * np.sqrt(keep * (1 - keep) / kept.shape[axis])
    return bool((np.abs(kept.mean(axis=axis) - keep) > room).any())


def _judge_backward(row: Row, trial: Trial, kept: np.ndarray, keep: float) -> Iterator[Finding]:
    seen = trial.observed.get(row.id)
    if seen is None or seen.outputs is None:
        return
    name = row.outputs[0]
    (dout,) = trial.case.upstream
    wrong = difference(seen.outputs[name], Expected(np.where(kept, dout / keep, 0.0)))
    if wrong is not None:
        found = trial.finding(Check.GRADIENT, name, difference=wrong)
        yield _told(found, fact("mask.same"))


def _told(finding: Finding, advice: Fact) -> Finding:
    return replace(finding, explanation=Explanation(Source.CHECK, fact=advice))


def _input(trial: Trial) -> np.ndarray:
    x = next(iter(trial.case.inputs.values()))
    return x.array if isinstance(x, Strided) else np.asarray(x)
