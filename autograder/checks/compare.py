"""When two outputs are equal: shape to the letter, dtype by kind, numbers within a tolerance.

Equal means, in float64: ||got - expected|| <= RELATIVE * ||expected|| + ABSOLUTE * scale, and each
entry within ENTRY of itself or of the output's root mean square; both widened by `slack`, how far
the reference itself moves when its input moves in the last bit.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from autograder.exercises.arrays import as_array
from autograder.exercises.fact import fact, type_of
from autograder.exercises.script import Broken, Huge

RELATIVE = 1e-6
ABSOLUTE = 1e-9
ENTRY = 1e-5
_NUMBERS = ("value", "truth", "text")

Path = tuple[int | str, ...]


@dataclass(frozen=True)
class Expected:
    """What the reference returned for one output of one case."""

    value: Any  # a tree: an array or number, or tuples and dicts of them
    # largest movement of an entry under last-bit noise of the input, times a safety of 8
    slack: float = 0.0
    # the size at which an absolute error counts: that of the upstream gradient, or 1
    scale: float = 1.0
    # low, high: at ties: the one-sided values, entry by entry
    low: Any = None
    high: Any = None
    infinite: bool = False  # an infinite number is right, too, where this one is large
    shared: bool = False  # at ties: however they are broken, the entries add up to the same


@dataclass(frozen=True)
class Difference:
    """How a returned value differs from the expected one, as data."""

    # what is wrong: the `"type"` of a value, a `"missing"` entry of a dict, the `"shape"`, the
    # `"dtype"`, entries that are not `"finite"`, a `"text"` or a `"truth"` value, numbers
    # (`"value"`), or that it could not be computed at all (`"broken"`)
    kind: Literal["broken", "type", "missing", "shape", "dtype", "finite", "text", "truth", "value"]
    where: tuple[int | str, ...] = ()  # the way to it inside the output: keys and indices
    # got, expected: the types, shapes, dtypes, or the numbers at `index`
    got: Any = None
    expected: Any = None
    error: float | None = None  # relative error, for the kind `"value"`
    index: tuple[int, ...] | None = None  # where the error is largest
    entries: tuple[int, int] = (0, 0)  # how many entries differ, and of how many
    shape_of: str = ""  # the name of the input whose shape is expected, or `""`
    turn: int = 0  # in which of several calls, from 1; 0 where there is only one

    @property
    def of_form(self) -> bool:
        """Whether the form is wrong, so that no numbers were compared."""
        return self.kind in ("broken", "type", "missing", "shape", "dtype")


def difference(got: Any, expected: Expected, *, strictness: float = 1.0) -> Difference | None:
    """The worst of the differences, leaf by leaf: a wrong form first, then the largest error.

    Args:
        strictness: What every tolerance is divided by.
    """
    want = expected.value
    if type(got) is type(want) is np.ndarray and got.dtype == want.dtype == np.float64:
        return _leaf(got, want, expected, strictness)
    found = list(_walk(got, want, expected, (), strictness))
    if not found:
        return None
    return max(found, key=lambda d: (d.kind not in _NUMBERS, d.error or 0.0))


def _walk(
    got: Any, value: Any, expected: Expected, where: Path, strictness: float
) -> Iterator[Difference]:
    if isinstance(got, Broken):
        unwritten = fact("failure.unanswered", row=got.unwritten) if got.unwritten else None
        yield Difference("broken", where, unwritten or got.type_name)
    elif isinstance(got, Huge) and isinstance(value, (np.ndarray, int, float)):
        yield Difference("shape", where, got.shape, np.shape(value))
    elif isinstance(value, dict):
        if not isinstance(got, dict):
            wanted = fact("expected.dict", keys=sorted(map(str, value)))
            yield Difference("type", where, type_of(got), wanted)
            return
        for key, item in value.items():
            if key not in got:
                yield Difference("missing", where, expected=key)
            else:
                yield from _walk(got[key], item, expected, (*where, key), strictness)
    elif isinstance(value, (tuple, list)):
        if not isinstance(got, (tuple, list)) or len(got) != len(value):
            wanted = fact("expected.sequence", count=len(value))
            yield Difference("type", where, type_of(got), wanted)
            return
        for i, (one, item) in enumerate(zip(got, value, strict=True)):
            yield from _walk(one, item, expected, (*where, i), strictness)
    elif isinstance(value, (str, type(None))):
        if type(got) is not type(value) or got != value:
            yield Difference("text", where, f"{got!r:.80}", repr(value))
    elif not (type(got) is type(value) is float and got == value and expected.low is None):
        found = _leaf(got, np.asarray(value), expected, strictness)
        if found is not None:
            yield replace(found, where=where)


def _leaf(got: Any, want: np.ndarray, expected: Expected, strictness: float) -> Difference | None:
    if want.ndim == 0 and isinstance(got, list) and len(got) == 1:
        (got,) = got  # a single number may come as a list of one
    have = got if type(got) is np.ndarray else as_array(got)
    if have is None:
        wanted = fact("expected.array", shape=want.shape) if want.ndim else fact("expected.number")
        return Difference("type", got=type_of(got), expected=wanted)
    if expected.low is None and _is_same(have, want):
        return None  # the usual case, decided fast
    if have.shape != want.shape:
        return Difference("shape", got=have.shape, expected=want.shape)
    kinds = {"b": "b", "i": "iu", "u": "iu"}.get(want.dtype.kind, "biuf")
    # A Python int was read as a float; and 2.0 is the number 2, whatever it is kept as.
    whole = want.dtype.kind in "iu" and (
        type(got) is int or (want.ndim == 0 and have.dtype.kind == "f")
    )
    if have.dtype.kind not in kinds and not whole:
        return Difference("dtype", got=str(have.dtype), expected=str(want.dtype))
    if want.dtype.kind == "b":
        return _told("truth", have != want, have, want, lambda a, b: (bool(a), bool(b)))
    have, want = have.astype(float, copy=False), want.astype(float, copy=False)
    if have.size == 0 or _is_next_to(have, want, expected, strictness):
        return None
    same = np.isfinite(have) & np.isfinite(want)
    if not same.all():
        unlike = ~np.isfinite(have) & ~((have == want) | (np.isnan(have) & np.isnan(want)))
        if expected.infinite:
            unlike &= ~(np.isposinf(have) & (want > 100))
        lost = np.isfinite(have) & ~np.isfinite(want)  # a number where nan or infinity is right
        both = have, want
        found = _told(
            "finite", unlike, *both, lambda a, b: ("nan" if np.isnan(a) else "inf", float(b))
        ) or _told("text", lost, *both, lambda a, b: (f"{a:.6g}", str(float(b))))
        if found is not None:
            return found
        have, want = np.where(same, have, 0.0), np.where(same, want, 0.0)
    with np.errstate(all="ignore"):
        return _numbers(have, want, expected, strictness)


def _is_same(have: np.ndarray, want: np.ndarray) -> bool:
    """Whether two arrays are equal to the bit."""
    alike = have.dtype == want.dtype and have.shape == want.shape
    return alike and have.tobytes() == want.tobytes()


def _is_next_to(have: Any, want: Any, expected: Expected, strictness: float) -> bool:
    """Whether two arrays are within the absolute allowance of every entry: the usual case."""
    if expected.low is not None:
        return False
    with np.errstate(all="ignore"):
        return bool(np.abs(have - want).max() * strictness <= ABSOLUTE * expected.scale)


def _told(
    kind: Any, wrong: np.ndarray, have: np.ndarray, want: np.ndarray,
    shown: Callable[[Any, Any], tuple[Any, Any]],
) -> Difference | None:  # fmt: skip
    """The first entry that is wrong, as it is and as it should be, and how many are."""
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    entries = (int(wrong.sum()), wrong.size)
    return Difference(kind, (), *shown(have[index], want[index]), None, index, entries)


def _numbers(
    have: np.ndarray, want: np.ndarray, expected: Expected, strictness: float
) -> Difference | None:
    target = want
    if expected.low is not None and np.shape(expected.low) == want.shape:
        target = np.clip(have, np.asarray(expected.low), np.asarray(expected.high))
        surplus = abs(float(have.sum() - want.sum()))
        if expected.shared and surplus * strictness > RELATIVE * float(np.abs(want).sum()):
            target = want  # within every entry's bounds, but more or less than there is to share
    off = have - target
    sizes, gaps, root = np.abs(want), np.abs(off), math.sqrt(want.size)
    peak = max(float(sizes.max()), float(np.abs(have).max()), 1e-300)
    norm, size = _norm(want, peak), _norm(off, peak)
    absolute = ABSOLUTE * expected.scale * root
    entry = ENTRY * np.maximum(sizes, norm / root) + ABSOLUTE * expected.scale + expected.slack
    wrong = ~(gaps <= entry / strictness)
    room = RELATIVE * norm + absolute + expected.slack * root
    any_wrong = bool(wrong.any())
    if size <= room / strictness and not any_wrong:
        return None
    index = tuple(int(i) for i in np.unravel_index(int(gaps.argmax()), off.shape))
    error = size / max(norm, absolute / ABSOLUTE * 1e-3)
    if not any_wrong:
        wrong = gaps > 0.1 * gaps.max()
    count = (int(wrong.sum()), want.size)
    got, right = float(have[index]), float(target[index])
    return Difference("value", (), got, right, error, index, count)


def _norm(array: np.ndarray, peak: float) -> float:
    """The Euclidean norm, scaled by the largest entry: squares of 1e200 must not overflow."""
    flat = (array / peak).ravel(order="K")
    return math.sqrt(flat @ flat) * peak
