"""The right gradients of a forward in which a known mistake was made, measured numerically."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autograder.checks.expected import Expectation
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise
from autograder.exercises.kinds import Layer
from autograder.exercises.script import Runner, Script, Strided

Compose = Callable[[frozenset[tuple[str, str]]], Runner]
"""From (function, name of a mistake) pairs to the reference in which all of them were made."""
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
        if not measured(case) or exercise.backward not in expectation.outputs:
            continue
        gradients = _gradients(exercise, expectation, mistaken)
        if gradients is None:
            return {}
        found[case.name] = gradients
        alive |= {
            name
            for name, value in gradients.items()
            if largest(value) > 1e-12
            or not largest(expectation.outputs[exercise.backward][name].value)
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

    def measure(value: Any, put: Callable[[Any], dict[str, Any]]) -> Any:
        """The gradient in the form of `value`; `put` gives the inputs with another in its place."""
        if isinstance(value, dict):
            return {
                key: measure(item, _chained(put, partial(_instead, value, key)))
                for key, item in value.items()
            }
        x = np.asarray(value, float)
        scripts = [
            exercise.script(
                replace(case, inputs=put(x + step if x.ndim else float(x + step))),
                rows=[exercise.forward],
            ).uncounted()
            for step in _steps(x)
        ]
        outcomes = mistaken.run(Script(case.seed, tuple(script.calls[0] for script in scripts)))
        if any(outcome.failure is not None for outcome in outcomes):
            raise ArithmeticError
        return _slopes(np.array([_projected(o.value, case.upstream) for o in outcomes]), x)

    gradients: dict[str, Any] = {}
    for name in expectation.outputs[exercise.backward]:
        key = name[1:]
        if key not in inputs:
            return None
        try:
            gradients[name] = measure(inputs[key], partial(_instead, inputs, key))
        except ArithmeticError:
            return None
    return gradients


def measured(case: Case) -> bool:
    """Whether numerical gradients of a case are exact enough to judge by."""
    return bool(case.upstream) and not case.tie and case.precision == np.float64


def largest(value: Any) -> float:
    """The largest finite entry, by size, of an array or of a dict of arrays."""
    if isinstance(value, dict):
        return max(map(largest, value.values()), default=0.0)
    return float(np.max(np.abs(value), initial=0.0, where=np.isfinite(value)))


def _chained(
    outer: Callable[[Any], dict[str, Any]], inner: Callable[[Any], Any]
) -> Callable[[Any], dict[str, Any]]:
    return lambda other: outer(inner(other))


def _instead(values: Mapping[str, Any], key: str, other: Any) -> dict[str, Any]:
    return {**values, key: other}


def _steps(x: np.ndarray) -> Iterator[np.ndarray]:
    """For each entry the four steps -2h, -h, h, 2h of a fourth-order central difference."""
    sizes = np.maximum(1.0, np.abs(np.where(np.isfinite(x), x, 0.0)))  # -inf stays where it is
    for index in np.ndindex(x.shape):
        for factor in (-2, -1, 1, 2):
            step = np.zeros_like(x)
            step[index] = factor * STEP * sizes[index]
            yield step


def _slopes(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(f(-2h) - 8 f(-h) + 8 f(h) - f(2h)) / 12h for each entry (Abramowitz and Stegun 25.3.6)."""
    far_left, left, right, far_right = values.reshape(-1, 4).T
    h = STEP * np.maximum(1.0, np.abs(x)).ravel()
    return ((far_left - far_right + 8 * (right - left)) / (12 * h)).reshape(x.shape)


def _projected(value: Any, upstream: Sequence[Any]) -> float:
    outputs = value[: len(upstream)]
    return sum(float(np.sum(o * u)) for o, u in zip(outputs, upstream, strict=True))
