"""Is a backward pass a numerical differentiation in disguise? Judged by what it evaluates.

A finite difference evaluates some function of the student's at one more point for every entry
that it moves: P + 1 points for a one-sided difference of an array of P entries, 2 P for a central
one, P points for a complex step. So on cases of several sizes the number of *different* arrays of
P entries that one function was given is P + 1, 2 P (with a base point 2 P + 1), every time. An
analytic backward, however it loops, hands its helpers the same arrays, their rows or single
numbers. Accuracy plays no part: a right answer in single precision is less accurate than a central
difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autograder.checks.finding import Check, Finding
from autograder.checks.trial import Trial
from autograder.exercises.exercise import Row
from autograder.exercises.fact import fact
from autograder.exercises.script import Strided
from autograder.exercises.tracing import COMPLEX, EVALUATED, PROFILE_REMOVED

ENOUGH = 2
SMALLEST = 4


def differencing(row: Row, trials: Sequence[Trial]) -> Iterator[Finding]:
    """A finding when a row's function differentiates numerically in every case that was counted."""
    counted = [
        (trial, seen.outcome.calls)
        for trial in trials
        if (seen := trial.observed.get(row.id)) is not None
        and seen.outcome is not None
        and seen.failure is None
        and seen.outcome.calls
    ]
    if len(counted) < ENOUGH:
        return
    if any(PROFILE_REMOVED in calls for _, calls in counted):
        yield Finding(Check.DIFFERENCING, fact=fact("differencing.off", row=row.id))
        return
    for key in counted[0][0].case.inputs:
        sizes = [_size(trial, key) for trial, _ in counted]
        if min(sizes) < SMALLEST or len(set(sizes)) < ENOUGH:
            continue
        if all(_moves_every_entry(calls, p) for (_, calls), p in zip(counted, sizes, strict=True)):
            seems = fact("differencing.seems", row=row.id, input=key)
            yield Finding(Check.DIFFERENCING, fact=seems)
            return


def _moves_every_entry(calls: dict[str, int], size: int) -> bool:
    real, step = f"{EVALUATED}{size}", f"{COMPLEX}{size}"
    return any(
        (name.endswith(real) and count in (size + 1, 2 * size, 2 * size + 1))
        or (name.endswith(step) and count in (size, size + 1))
        for name, count in calls.items()
    )


def _size(trial: Trial, key: str) -> int:
    value = trial.case.inputs[key]
    array = value.array if isinstance(value, Strided) else value
    return array.size if isinstance(array, np.ndarray) and array.dtype.kind == "f" else 0
