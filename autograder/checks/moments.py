"""Random initialisers: judged by the shape and the moments of what they draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.checks.finding import Finding
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Row

DEVIATIONS = 6.0
LINE_DEVIATIONS = 8.0
"""More room for a single row or column: there are many of them."""


def judge_moments(row: Row, trial: Trial) -> Iterator[Finding]:
    """Compare mean and deviation with the reference's, within what the sample size can tell.

    The standard error of the mean of n numbers is s / sqrt(n); that of their deviation is at most
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
                yield _finding(trial, "contract", name, f"{label} has no entry {key!r}")
            else:
                yield from _judge(name, f"{label}[{key!r}]", value[key], item, trial)
        return
    shape = tuple(int(size) for size in want["shape"])
    got = as_array(value)
    if got is None or got.dtype.kind not in "fiu":
        yield _finding(trial, "contract", name, f"{label} is not an array of numbers")
    elif got.shape != shape:
        text = f"{label} has shape {got.shape}; expected {shape}"
        yield _finding(trial, "contract", name, text)
    elif not np.isfinite(got).all():
        yield _finding(trial, "finite", name, f"{label} has entries that are not finite")
    else:
        for text in _compare(label, got.astype(float), want):
            yield _finding(trial, "moments", name, text)


def _compare(label: str, got: np.ndarray, want: dict[str, float]) -> Iterator[str]:
    mean, spread, n = want["mean"], want["std"], got.size
    error = spread * np.sqrt(2.0 / n)
    if not abs(float(got.mean()) - mean) <= DEVIATIONS * error + 1e-12:
        yield f"{label} has mean {got.mean():.3g}; expected about {mean:.3g}"
    if not abs(float(got.std()) - spread) <= DEVIATIONS * error / np.sqrt(2.0) + 1e-12:
        yield f"{label} has standard deviation {got.std():.3g}; expected about {spread:.3g}"
    if n > 50 and spread > 0 and np.unique(got).size < 3 * n // 4:
        yield f"{label} holds only {np.unique(got).size} different numbers among {n}"
    elif got.ndim == 2 and any(_flat(got, spread, axis) for axis in (0, 1)):
        yield f"{label} has rows or columns that hardly vary; every entry is drawn by itself"


def _flat(got: np.ndarray, spread: float, axis: int) -> bool:
    """Whether a line along `axis` spreads less than independent draws of its length ever would."""
    room = LINE_DEVIATIONS * spread / np.sqrt(2.0 * got.shape[axis])
    return bool((got.std(axis=axis) < spread - room).any())


def _finding(trial: Trial, check: str, name: str, message: str) -> Finding:
    return Finding(check, name, message, case=trial.case.name, hidden=trial.hidden)
