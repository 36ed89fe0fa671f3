"""Gradients held against the forward that they belong to, wherever that forward runs.

It is asked of a student's backward where the forward is wrong, and of every reference. The numbers
say nothing about whether the forward is the one that was meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.exercises.arrays import as_array, leaves, mapped, pairs, places
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise
from autograder.exercises.kinds import Layer, Loss
from autograder.exercises.script import Outcome, Runner, Script, plain
from autograder.numerical import GradcheckError, GradientReport, check_gradient

EVALUATIONS = 120


def against_forward(
    exercise: Exercise, case: Case, runner: Runner, gradients: Mapping[str, Any]
) -> GradientReport | None:
    """Judge the gradients of a layer or a loss by numerical gradients of its forward.

    Args:
        exercise: The layer or loss.
        case: Inputs and upstream gradients.
        runner: Whose forward it is.
        gradients: ``d<input>`` -> what is claimed: an array, or a tree of them as the input is one.

    Returns:
        The report, with the names of the gradients, such as ``dx`` or ``dparams['W1']``; None where
        the question does not arise.
    """
    if not isinstance(exercise, Layer | Loss):
        return None
    upstream: Any = tuple(np.asarray(u, float) for u in case.upstream)
    if isinstance(exercise, Loss):
        upstream = (None,)
    elif len(upstream) != len(exercise.outputs):
        return None
    keys = [name[1:] for name in gradients if case.judges(name)]
    if not keys or any(key not in case.inputs for key in keys):
        return None
    inputs = {f"d{key}": mapped(plain, case.inputs[key]) for key in keys}
    try:
        values = [as_array(leaf) for _, leaf in pairs(inputs, gradients)]
    except (KeyError, IndexError, TypeError, ValueError):  # not a gradient for each parameter
        return None
    if any(value is None for value in values):
        return None
    try:
        return check_gradient(
            Forward(exercise, case, runner, keys),
            [np.asarray(leaf, float) for leaf in leaves(inputs)],
            upstream if len(upstream) > 1 else upstream[0],
            values,
            names=[name for label, tree in inputs.items() for name in places(tree, label)],
            max_evaluations=EVALUATIONS,
        )
    except (GradcheckError, ValueError):  # the forward returns something that cannot be checked
        return None


class Forward:
    """A forward as a function of some of its inputs, evaluated through the runner."""

    def __init__(
        self, exercise: Layer | Loss, case: Case, runner: Runner, keys: Sequence[str]
    ) -> None:
        self.exercise, self.case, self.runner, self.keys = exercise, case, runner, keys
        first = [exercise.forward] if isinstance(exercise, Layer) else None
        self.call = exercise.script(case, rows=first).uncounted().calls[0]

    def __call__(self, *arrays: np.ndarray) -> Any:
        (value,) = self.many([arrays])
        if isinstance(value, Exception):
            raise value
        return value

    def many(self, points: Sequence[Sequence[np.ndarray]]) -> list[Any]:
        """Evaluate at many points in one script, or in one each where the layer draws at random."""
        calls = [replace(self.call, args=self._moved(point)) for point in points]
        groups = [(call,) for call in calls] if self.exercise.random else [tuple(calls)]
        outcomes = [
            outcome
            for group in groups
            for outcome in self.runner.run(Script(self.case.seed, group))
        ]
        return [self._read(outcome) for outcome in outcomes]

    def _moved(self, point: Sequence[np.ndarray]) -> tuple[Any, ...]:
        """The arguments at a point."""
        arrays = iter(point)
        moved = {
            key: mapped(lambda leaf: _like(leaf, next(arrays)), self.case.inputs[key])
            for key in self.keys
        }
        return tuple({**self.case.inputs, **moved}.values())

    def _read(self, outcome: Outcome) -> Any:
        count = len(self.exercise.outputs) if isinstance(self.exercise, Layer) else 1
        if outcome.failure is not None:
            return ArithmeticError(outcome.failure.message)
        value = outcome.value
        if not isinstance(value, tuple | list) or len(value) <= count:
            return ArithmeticError("not (out, cache)")
        arrays = [as_array(item) for item in value[:count]]
        if any(array is None for array in arrays):
            return ArithmeticError("an output is no array")
        return tuple(arrays) if count > 1 else arrays[0]


def _like(leaf: Any, value: np.ndarray) -> Any:
    """A number where the input is one."""
    return value if np.ndim(plain(leaf)) else float(value)
