"""Watch a call of student code: the points near its inputs that it evaluates, its local variables.

Like the interpreter this runs beside student code and decides nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import FrameType, FunctionType, ModuleType
from typing import Any

import numpy as np

from autograder.exercises.script import Script

SMALLEST, LARGEST = 3, 2000
"""Sizes of the arrays that are looked at."""
LOOKS = 20_000
"""So many arrays are looked at in one call."""
GLANCES = 10_000
"""So many of them where a function of a library is called."""
MOST_KNOWN = 300
"""So many arrays are remembered, to be looked at once in a script."""
MOST_BEGUN = 16
"""Of so many rows the first numbers are compared one by one."""
CLOSE = 0.01
DEPTH = 3
_switched = 0


def _heard(event: str, _: tuple[Any, ...]) -> None:
    global _switched
    if event == "sys.setprofile":
        _switched += 1


@dataclass
class Trace:
    """What is watched, and what was seen."""

    function: str  # the function whose local variables are wanted
    names: tuple[str, ...] = ()  # names of these variables
    # the arrays near which points are counted; None where nothing is counted
    near: Near | None = None
    # near each input, how many different points were evaluated; None where whatever watched was
    # switched off
    points: tuple[int, ...] | None = ()
    # the local variables as they were when the function returned
    stages: dict[str, Any] = field(default_factory=dict)


def traced(
    target: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], trace: Trace
) -> Any:
    """Call `target` and fill `trace`; whatever profiler was at work is put back."""
    if not _listening:
        sys.addaudithook(_heard)  # a switch is heard, whoever throws it
        _listening.append(True)
    libraries = _libraries()
    points = None if trace.near is None else Points(trace.near)

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event not in ("call", "return") or id(frame.f_globals) in libraries:
            caller = frame if event == "c_call" else frame.f_back if event == "call" else None
            if points is not None and caller and id(caller.f_globals) not in libraries:
                points.glance(caller)
            return
        if points is not None:
            for value in _reached(frame):
                points.look(value)
        if event == "return" and trace.names and frame.f_code.co_name == trace.function:
            found = frame.f_locals
            trace.stages = {name: found[name] for name in trace.names if name in found}

    outer, before = sys.getprofile(), _switched
    sys.setprofile(profile)
    try:
        return target(*args, **kwargs)
    finally:
        removed = sys.getprofile() is not profile or _switched != before + 1
        sys.setprofile(outer)
        trace.points = None if removed else () if points is None else points.counts()


_listening: list[bool] = []


def _libraries() -> set[int]:
    """The globals of all imported modules, by their ids; kept until more or fewer are imported.

    The modules are kept, too: no other dict gets the id of one.
    """
    if not _imported or _imported[0] != len(sys.modules):
        modules = [m for n, m in list(sys.modules.items()) if n != "__main__" and m]
        _imported[:] = [len(sys.modules), modules, {id(vars(m)) for m in modules}]
    found: set[int] = _imported[2]
    return found


_imported: list[Any] = []


def _is_library(names: dict[str, Any]) -> bool:
    """Whether these are the globals of an imported module."""
    name = names.get("__name__")
    module = sys.modules.get(name) if type(name) is str and name != "__main__" else None
    return type(module) is ModuleType and vars(module) is names


class Rows:
    """Rows of an input, and how far in any number a point close to them may be."""

    def __init__(self, input: int, rows: np.ndarray) -> None:
        self.input, self.rows = input, rows

    @cached_property
    def limits(self) -> np.ndarray:
        """One for each row."""
        return CLOSE * np.abs(self.rows).max(axis=1)

    @cached_property
    def _begun(self) -> list[tuple[float, float, float]]:
        if len(self.rows) > MOST_BEGUN:
            return []
        first, second = self.rows[:, :2].T.tolist()
        return list(zip(first, second, self.limits.tolist()))

    def may_hold(self, first: float, second: float) -> bool:
        """Whether a point that begins with two numbers may be close to a row: not both are far."""
        far = [abs(a - first) > most and abs(b - second) > most for a, b, most in self._begun]
        return not far or not all(far)


class Near:
    """The arrays near which points are counted, and all their rows by size.

    A point is an array (or a list of numbers, or a complex array) of the size of an input, or of a
    row or slice of it, that differs from it in one number only, or by little in all: what a finite
    difference evaluates. An array in which all numbers are moved alike stands for as many points.
    Of what stands in a variable while a library is called only what differs by little is one: an
    analytic answer, too, may set one number after the other.
    """

    def __init__(self, inputs: Sequence[np.ndarray] = ()) -> None:
        self.inputs = inputs
        self.rows: dict[int, list[Rows]] = {}
        for k, x in enumerate(inputs):
            for rows in _blocks(x):
                self.rows.setdefault(rows.shape[1], []).append(Rows(k, rows))
        self._known: dict[tuple[str, bytes, bool], tuple[int, bool] | None] = {}

    def place(self, value: np.ndarray, content: bytes, little: bool) -> tuple[int, bool] | None:
        """The input near which an array is a point, and whether all numbers are moved alike.

        Args:
            content: The bytes of the array; most arrays come again, in the same call or the next.
            little: Only what differs by little is a point.
        """
        key = value.dtype.char, content, little
        if key in self._known:
            return self._known[key]
        found = self._placed(value.ravel(), little)
        if len(self._known) < MOST_KNOWN:
            self._known[key] = found
        return found

    def _placed(self, flat: np.ndarray, little: bool) -> tuple[int, bool] | None:
        first, second = flat[:2].real.tolist()
        near = [one for one in self.rows[flat.size] if one.may_hold(first, second)]
        real = flat.real.astype(float) if near else flat
        if not near or not np.isfinite(real).all():
            return None
        imaginary = flat.dtype.kind == "c" and bool(np.any(flat.imag))
        for of in near:
            gaps = np.abs(of.rows - real)
            most = gaps.max(axis=1)
            if not imaginary and not most.all():
                return None  # it is the input itself
            close = most <= of.limits
            if not little:
                close |= (gaps > 0).sum(axis=1) <= 1
            if close.any():
                gap = gaps[int(np.argmax(close))]
                whole = flat.size == self.inputs[of.input].size and np.count_nonzero(gap) > 1
                return of.input, bool(whole and np.ptp(gap) <= 1e-4 * gap.max())
        return None


class Points:
    """Counts in a call the different points near some arrays."""

    def __init__(self, near: Near) -> None:
        self.near = near
        self.seen: list[set[bytes]] = [set() for _ in near.inputs]
        self.moved = [False] * len(near.inputs)
        self.looks = 0
        self.glances = 0

    def glance(self, frame: FrameType) -> None:
        """Count the arrays in the variables of a frame that calls a library."""
        if self.glances < GLANCES:
            for value in frame.f_locals.values():
                if type(value) is np.ndarray and value.size in self.near.rows:
                    self.glances += 1
                    self.look(value, little=True)

    def look(self, value: Any, little: bool = False) -> None:
        """Count an array, if it is such a point."""
        if value.size not in self.near.rows or self.looks >= LOOKS:
            return
        self.looks += 1
        content = value.tobytes()
        found = self.near.place(value, content, little)
        if found is not None:
            k, alike = found
            self.seen[k].add(content)
            self.moved[k] |= alike

    def counts(self) -> tuple[int, ...]:
        """Near each input, how many."""
        found = zip(self.near.inputs, self.seen, self.moved, strict=True)
        return tuple(max(len(seen), moved * x.size) for x, seen, moved in found)


def _blocks(x: np.ndarray) -> Iterator[np.ndarray]:
    """The array as one row; its slices along the first two axes and its last rows, row by row."""
    yield x.reshape(1, -1)
    if x.ndim > 1:
        shapes = {x.reshape(len(x), -1).shape: x.reshape(len(x), -1)}
        across = np.swapaxes(x, 0, 1).reshape(x.shape[1], -1)
        shapes.setdefault(across.shape, across)
        last = x.reshape(-1, x.shape[-1])
        shapes.setdefault(last.shape, last)
        yield from (rows for rows in shapes.values() if rows.shape[1] >= SMALLEST)


def differentiable_inputs(script: Script) -> list[np.ndarray]:
    """The arrays with respect to which the functions of a script can be differentiated."""
    first = script.calls[0]
    given = [call.args for call in script.calls if call is first or call.kind == "assign"]
    return watched_inputs(given)


def watched_inputs(values: Any) -> list[np.ndarray]:
    """The float arrays among arguments, in containers, too, that are large enough to be counted."""
    found = (np.array(value, subok=False) for value in _arrays(values))
    return [x for x in found if x.dtype.kind == "f" and SMALLEST <= x.size <= LARGEST]


def _reached(frame: FrameType) -> list[np.ndarray]:
    """All arrays within reach of a frame: local ones, those in closures, and globals it names.

    Of a library's module and of a class it can only mean what it names, too.
    """
    names, code = frame.f_globals, frame.f_code.co_names
    seen = [*frame.f_locals.values(), *[names[name] for name in code if name in names]]
    spaces = [vars(value) for value in seen if isinstance(value, (ModuleType, type))]
    named = [space[name] for space in spaces for name in code if name in space]
    found = _arrays(seen) + _arrays(named)
    return list({id(array): array for array in found}.values())  # many ways may lead to one


_NUMBERS = (float, complex, np.float64, np.complex128)
_NOTHING = frozenset((bool, int, float, complex, str, bytes, type(None), np.ufunc, FunctionType))


def _arrays(values: Any) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    _gather(values, 0, found)
    return found


def _gather(value: Any, depth: int, found: list[np.ndarray]) -> None:
    if type(value) in _NOTHING:
        return
    if isinstance(value, np.ndarray):
        if type(value) is not np.ndarray:
            value = np.ndarray.view(value, np.ndarray)  # whatever a class says of itself
        if SMALLEST <= value.size <= LARGEST and value.dtype.kind in "fc":
            found.append(value)
        return
    if depth > DEPTH or isinstance(value, type) or callable(value):
        return
    if isinstance(value, ModuleType) and _is_library(vars(value)):
        return
    if isinstance(value, dict):
        value = list(value.values())
    elif not isinstance(value, (list, tuple)):
        value = list(getattr(value, "__dict__", {}).values())
    if SMALLEST <= len(value) <= LARGEST and all(type(x) in _NUMBERS for x in value):
        found.append(np.array(value))
        return
    if value and all(isinstance(row, list) for row in value):
        try:
            matrix = np.array(value)
        except ValueError:  # rows of different lengths
            matrix = np.array([])
        if matrix.dtype.kind in "fc" and SMALLEST <= matrix.size <= LARGEST:
            found.append(matrix)
            return
    for item in value[:LARGEST]:
        _gather(item, depth + 1, found)
