"""What student code returned, brought once into the form of what is expected.

Every check and every diagnosis compares it again, so lists become arrays here, and what could
never fit is replaced by a short word about it: no later step works on more than is expected.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.expected import Expectation
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Exercise, Observed
from autograder.exercises.script import Huge, Opaque

ROOM = 1000
"""So many numbers are kept in any case, for a message that tells what is wrong with them."""


def room(exercise: Exercise, expectation: Expectation) -> int:
    """The parts of a value that can be worth looking at on a case, as `Script.room` counts them."""
    outputs = [one for row in expectation.outputs.values() for one in row.values()]
    wanted = [*outputs, *expectation.stages.values()]
    return ROOM + exercise.room + 4 * sum(_size(expected.value) for expected in wanted)


def _size(want: Any) -> int:
    if isinstance(want, dict) and "shape" in want:  # moments of random numbers
        return math.prod(int(size) for size in want["shape"])
    if isinstance(want, dict):
        return sum(map(_size, want.values()))
    return sum(map(_size, want)) if isinstance(want, (list, tuple)) else int(np.size(want))


def fitted(row: str, seen: Observed, expectation: Expectation) -> Observed:
    """What a row's function gave on a case, no larger than the expectation."""
    wanted = expectation.outputs.get(row)
    if seen.outputs is None or wanted is None:
        return seen
    outputs = {
        name: _fit(value, wanted[name].value) if name in wanted else value
        for name, value in seen.outputs.items()
    }
    listed = tuple(name for name, value in seen.outputs.items() if isinstance(value, list))
    return replace(seen, outputs=outputs, listed=listed)


def _fit(value: Any, want: Any) -> Any:
    if isinstance(want, dict):
        if isinstance(value, dict) and value.keys() != want.keys() and _is_small(value):
            return value  # a known mistake may be recognised by it
        if isinstance(value, dict):
            return {key: _fit(value[key], item) for key, item in want.items() if key in value}
        if "shape" in want:  # moments of random numbers
            return _leaf(value, tuple(want["shape"]))
        return _described(value)
    if isinstance(want, (tuple, list)):
        if isinstance(value, (tuple, list)) and len(value) == len(want):
            return type(value)(_fit(one, item) for one, item in zip(value, want, strict=True))
        return _described(value)
    if want is None or isinstance(want, str):
        return _described(value)
    return _leaf(value, np.shape(want))


def _leaf(value: Any, shape: tuple[int, ...]) -> Any:
    if isinstance(value, list) and not shape and len(value) == 1:
        return [_leaf(value[0], shape)]  # a single number may come as a list of one
    if isinstance(value, (list, tuple)):
        array = as_array(value)
        value = _described(value) if array is None else array
    if isinstance(value, np.ndarray) and value.size > 4 * math.prod(shape) + ROOM:
        return Huge(value.shape)
    return _described(value) if isinstance(value, dict) else value


def _described(value: Any) -> Any:
    """Containers and arrays that fit nothing, by what they are."""
    if _is_small(value):
        return value
    if isinstance(value, (list, tuple)):
        return Opaque(type(value).__name__, len(value))
    return Opaque(type(value).__name__) if isinstance(value, (dict, np.ndarray)) else value


def _is_small(value: Any) -> bool:
    """Whether it takes little to look at a value, however it is nested."""
    left, waiting = ROOM, [value]
    while waiting and left >= 0:
        item = waiting.pop()
        left -= item.size if isinstance(item, np.ndarray) else 1
        if isinstance(item, dict):
            item = list(item.values())
        if isinstance(item, (list, tuple)):
            waiting += item[: ROOM + 1]
    return left >= 0
