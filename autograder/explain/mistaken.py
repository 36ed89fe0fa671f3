"""The right gradients of a forward in which a known mistake was made, measured numerically."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks.expected import Expectation
from autograder.exercises.arrays import leaves, mapped
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise
from autograder.exercises.kinds import Layer
from autograder.exercises.script import Runner, plain

Compose = Callable[[frozenset[tuple[str, str]]], Runner]
"""From (function, name of a mistake) pairs to the reference in which all of them were made."""


def right_gradients(
    exercise: Exercise, expectation: Expectation, mistaken: Runner
) -> dict[str, Any]:
    """The right gradients of a mistaken forward on a case, measured numerically.

    Returns:
        Gradient name -> array, or a tree of them; empty where nothing can be measured.
    """
    from autograder.checks.own_forward import Forward  # no part of the sandboxed child
    from autograder.numerical import GradcheckError, numerical_gradients

    case = expectation.case
    if not isinstance(exercise, Layer) or exercise.backward not in expectation.outputs:
        return {}
    keys = [name[1:] for name in expectation.outputs[exercise.backward]]
    if not measured(case) or any(key not in case.inputs for key in keys):
        return {}
    inputs = {key: mapped(plain, case.inputs[key]) for key in keys}
    arrays = [np.asarray(leaf, float) for leaf in leaves(inputs)]
    upstream = case.upstream if len(case.upstream) > 1 else case.upstream[0]
    try:
        found = numerical_gradients(Forward(exercise, case, mistaken, keys), arrays, upstream)
    except GradcheckError:
        return {}
    # Where the forward is not finite nothing is known; an infinite input moves nothing, else.
    lost = any(np.isinf(one.bound[np.isfinite(x)]).any() for one, x in zip(found, arrays))
    known = [
        np.where(np.isinf(one.bound) & (np.isfinite(x) | lost), np.nan, one.gradient)
        for one, x in zip(found, arrays)
    ]
    left = iter(known)
    return {f"d{key}": mapped(lambda _: next(left), tree) for key, tree in inputs.items()}


def measured(case: Case) -> bool:
    """Whether numerical gradients of a case are exact enough to judge by."""
    return bool(case.upstream) and not case.tie and case.precision == np.float64
