"""Layers that draw a random mask (dropout): judged through the `out` of the same forward.

Any way of drawing is right. What must hold: every entry of `out` is 0 or x / p; on many entries the
kept fraction is p; and backward multiplies by the very mask that `out` shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from autograder.checks.compare import Expected, difference
from autograder.checks.finding import Finding
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Row
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
    out = as_array(seen.outputs[exercise.outputs[0]]) if seen and seen.outputs else None
    if out is None or out.shape != x.shape or out.dtype.kind not in "fiu":
        if row.part == "forward":
            what = f"expected an array of shape {x.shape}"
            yield _finding(trial, row, "contract", f"{row.outputs[0]}: {what}", row.outputs[0])
        elif (own := trial.observed.get(row.id)) is not None and own.failure is None:
            message = f"{row.outputs[0]} cannot be judged: {exercise.outputs[0]} shows no mask"
            advice = f"Mend {exercise.forward} first: its {exercise.outputs[0]} is shaped like x"
            yield _finding(trial, row, "gradient", message, row.outputs[0], advice=f"{advice}.")
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
        advice = (
            f"the kept entries are x itself; inverted dropout divides them by p = {keep:g}, so "
            "that the expected value of out stays that of x"
            if unscaled
            else "every entry of out must be 0 or x / p"
        )
        message = f"{name} is neither 0 nor x / p where it was kept: it {wrong.text}"
        yield _finding(trial, row, "value", message, name, advice=advice)
    if x.size >= ENOUGH:
        share = float(kept.mean())
        if abs(share - keep) > DEVIATIONS * np.sqrt(keep * (1 - keep) / x.size):
            turned = abs(share - (1 - keep)) < 0.02
            advice = "p is the probability to keep an entry, as in CS231n, not to drop it"
            yield _finding(
                trial,
                row,
                "mask",
                f"{name} keeps {share:.1%} of {x.size} entries; expected about {keep:.0%}",
                name,
                advice=advice if turned else "",
            )
        elif any(_kept_together(kept, keep, axis) for axis in range(x.ndim)):
            message = f"{name} keeps or drops whole rows or columns; every entry is drawn by itself"
            yield _finding(trial, row, "mask", message, name)


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
        advice = "backward must use the mask of its own forward, scaled in the same way"
        message = f"{name} is not dout times the mask of the forward: it {wrong.text}"
        yield _finding(trial, row, "gradient", message, name, advice=advice)


def _finding(
    trial: Trial, row: Row, check: str, message: str, output: str, advice: str = ""
) -> Finding:
    return Finding(check, output, message, case=trial.case.name, hidden=trial.hidden, advice=advice)


def _input(trial: Trial) -> np.ndarray:
    x = next(iter(trial.case.inputs.values()))
    return x.array if isinstance(x, Strided) else np.asarray(x)
