"""Is a gradient measured by finite differences, in disguise? Judged by what reaches the functions.

A finite difference evaluates a function at a point beside the input for every number that it moves,
in the backward or, with the results kept, in the forward. So in every case that is counted at least
P different points near an input of P numbers reach the functions of the answer, whatever the step,
the formula, or the form in which they are handed over (a slope along one direction takes only as
many as it has numbers itself). An analytic answer, however it loops, hands
its functions the inputs themselves, their rows, or other arrays. Accuracy plays no part: a right
answer in single precision is less accurate than a central difference.

A deterrent, not a guarantee: what is written out in one loop without a function is not seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from autograder.checks.finding import Check, Finding
from autograder.checks.trial import Trial
from autograder.exercises.cases import COUNTED
from autograder.exercises.exercise import Row
from autograder.exercises.fact import fact
from autograder.exercises.tracing import (
    NEAR,
    PROFILE_REMOVED,
    RAN,
    differentiable_inputs,
    watched_inputs,
)

ENOUGH = 2


def differencing(row: Row, trials: Sequence[Trial]) -> Iterator[Finding]:
    """A finding when a row's function differentiates numerically in every case that was counted."""
    if row.part == "forward":
        return
    counted = [
        (trial, _counts(row, trial))
        for trial in trials
        if trial.case.name in COUNTED
        and (seen := trial.observed.get(row.id)) is not None
        and seen.failure is None
        and _is_counted(trial)
    ]
    if len(counted) < ENOUGH:
        return
    if any(PROFILE_REMOVED in counts or RAN not in counts for _, counts in counted):
        yield Finding(Check.DIFFERENCING, fact=fact("differencing.off", row=row.id))
        return
    everywhere = set.intersection(
        *(_measured(counts, _wanted(row, trial)) for trial, counts in counted)
    )
    if everywhere:
        inputs = counted[0][0].case.inputs.items()
        names = [name for name, value in inputs for _ in watched_inputs([value])]
        which = min(everywhere)
        name = names[which] if which < len(names) else "an input"
        yield Finding(Check.DIFFERENCING, fact=fact("differencing.seems", row=row.id, input=name))


def _is_counted(trial: Trial) -> bool:
    script = trial.exercise.script(trial.case)
    return any(call.count for call in script.calls) and bool(differentiable_inputs(script))


def _counts(row: Row, trial: Trial) -> Counter[str]:
    """Counts of the function itself and of its forward, added up."""
    total: Counter[str] = Counter()
    for seen in trial.observed.values():
        if seen.outcome is not None:
            total.update(seen.outcome.calls)
    return total


def _wanted(row: Row, trial: Trial) -> float:
    """How many numbers a gradient has, where it may have fewer than what it is taken by."""
    if not getattr(trial.exercise, "derived", False):
        return math.inf
    return max(np.size(one.value) for one in trial.expectation.outputs[row.id].values())


def _measured(counts: Counter[str], most: float) -> set[int]:
    """The inputs near which as many points were evaluated as they have numbers, or `most`."""
    found = set()
    for key, times in counts.items():
        which, _, size = key.removeprefix(NEAR).partition("/")
        is_count = key.startswith(NEAR) and which.isdecimal() and size.isdecimal()
        if is_count and times >= min(int(size), most):
            found.add(int(which))
    return found
