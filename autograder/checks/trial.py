"""A trial: a case, what is expected on it, and what was observed, in the form of what is expected.

Every check and every explanation compares what was returned again, so lists become arrays here,
once, and what could never fit is replaced by a short word about it: no later step works on more
than is expected.
"""

import math
from collections.abc import Set
from dataclasses import dataclass, field, replace
from operator import is_
from typing import Any

import numpy as np

from autograder.checks.compare import Difference, difference
from autograder.checks.expected import Expectation
from autograder.checks.finding import Check, Finding
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise, Observed
from autograder.exercises.kinds import Layer
from autograder.exercises.script import Huge, Opaque, Script, plain

ROOM = 1000
"""So many numbers are kept in any case, for a message that tells what is wrong with them."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One case of one exercise, run in somebody's namespace."""

    exercise: Exercise
    expectation: Expectation
    # row id -> what its function gave; a row that was not asked for is missing
    observed: dict[str, Observed]
    hidden: bool = False  # got and expected must not be shown
    # room for the fingerprints of what was observed; they live as long as the trial
    prints: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    # room for how outputs differ, as `wrong` found it
    compared: dict[tuple[str, str], Difference | None] = field(default_factory=dict, repr=False)

    @property
    def case(self) -> Case:
        """The case, with its upstream gradients."""
        return self.expectation.case

    def wrong(self, row: str, output: str) -> Difference | None:
        """How an output that is there differs from what is expected; looked at once."""
        key = row, output
        if key not in self.compared:
            outputs = self.observed[row].outputs or {}
            wanted = self.expectation.outputs[row][output]
            self.compared[key] = difference(outputs[output], wanted)
        return self.compared[key]

    def finding(self, check: Check, output: str | None = None, **what: Any) -> Finding:
        """A finding on this case."""
        return Finding(check, output, self.case.name, self.hidden, **what)

    @property
    def first_input(self) -> np.ndarray:
        """The first input of the case."""
        return np.asarray(plain(next(iter(self.case.inputs.values()))))

    @property
    def drops(self) -> bool:
        """Whether the reference dropped entries at random here (at test time it does not)."""
        exercise = self.exercise
        if not isinstance(exercise, Layer) or exercise.mask is None:
            return False
        out = self.expectation.outputs.get(exercise.forward, {}).get(exercise.outputs[0])
        return out is not None and not np.array_equal(np.asarray(out.value), self.first_input)


def script_for(exercise: Exercise, expectation: Expectation, rows: Set[str]) -> Script:
    """The script that asks for some rows on a case; always the same one."""
    asked = frozenset(rows)
    if asked not in expectation.scripts:
        script = exercise.script(expectation.case, sorted(rows))
        expectation.scripts[asked] = replace(script, room=room(exercise, expectation))
    return expectation.scripts[asked]


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
    if not listed and all(map(is_, outputs.values(), seen.outputs.values())):
        return seen
    return replace(seen, outputs=outputs, listed=listed)


def _fit(value: Any, want: Any) -> Any:
    if type(value) is type(want) is np.ndarray and value.size <= ROOM:
        return value
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
