"""When two outputs are equal: shape to the letter, dtype by kind, numbers within a tolerance.

Equal means, in float64: ||got - expected|| <= RELATIVE * ||expected|| + ABSOLUTE * scale, and each
entry within ENTRY of itself or of the output's root mean square; both widened by `slack`, how far
the reference itself moves when its input moves in the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.exercises.arrays import as_array
from autograder.exercises.script import Broken, Opaque

RELATIVE = 1e-6
ABSOLUTE = 1e-9
ENTRY = 1e-5


@dataclass(frozen=True)
class Expected:
    """What the reference returned for one output of one case.

    Args:
        value: A tree: an array or number, or tuples and dicts of them.
        slack: Largest movement of an entry under last-bit noise of the input, times a safety of 8.
        scale: The size at which an absolute error counts: that of the upstream gradient, or 1.
        low, high: At ties: the one-sided values, entry by entry.
        infinite: An infinite number is right, too, where this one is large.
        shared: At ties: however they are broken, the entries add up to the same.
    """

    value: Any
    slack: float = 0.0
    scale: float = 1.0
    low: Any = None
    high: Any = None
    infinite: bool = False
    shared: bool = False


@dataclass(frozen=True)
class Difference:
    """How a returned value differs from the expected one.

    Args:
        kind: `"type"`, `"shape"`, `"dtype"`, `"finite"` or `"value"`.
        text: What, got and expected; the caller puts the output's name before it.
        error: Relative error, for the kind `"value"`.
        index: Where the error is largest; `got` and `expected` are the numbers there.
        entries: How many entries differ, and of how many.
    """

    kind: str
    text: str
    error: float | None = None
    index: tuple[int, ...] | None = None
    got: float | None = None
    expected: float | None = None
    entries: tuple[int, int] = (0, 0)
    where: str = ""


def describe_type(value: Any) -> str:
    """How a returned value is called in a message."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        article = "an" if value.type_name[:1].lower() in "aeiou" else "a"
        return f"{article} {value.type_name}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)} values"
    return f"a {type(value).__name__}"


def differences(got: Any, expected: Expected, *, strictness: float = 1.0) -> Iterator[Difference]:
    """Compare a value with the expected one, leaf by leaf; nothing comes out when equal.

    Args:
        strictness: What every tolerance is divided by.
    """
    yield from _walk(got, expected.value, expected, "", strictness)


def difference(got: Any, expected: Expected, *, strictness: float = 1.0) -> Difference | None:
    """The worst of the differences: a wrong form first, then the largest error."""
    found = list(differences(got, expected, strictness=strictness))
    if not found:
        return None
    return max(found, key=lambda d: (d.kind != "value", d.error or 0.0))


def _walk(
    got: Any, value: Any, expected: Expected, where: str, strictness: float
) -> Iterator[Difference]:
    if isinstance(got, Broken):
        yield Difference("type", got.type_name, where=where)
    elif isinstance(value, dict):
        if not isinstance(got, dict):
            text = f"is {describe_type(got)}; expected a dict with {sorted(value)}"
            yield Difference("type", text, where=where)
            return
        for key, item in value.items():
            if key not in got:
                yield Difference("type", f"has no entry {key!r}", where=where)
            else:
                yield from _walk(got[key], item, expected, f"{where}[{key!r}]", strictness)
    elif isinstance(value, (tuple, list)):
        if not isinstance(got, (tuple, list)) or len(got) != len(value):
            text = f"is {describe_type(got)}; expected {len(value)} values"
            yield Difference("type", text, where=where)
            return
        for i, (one, item) in enumerate(zip(got, value, strict=True)):
            yield from _walk(one, item, expected, f"{where}[{i}]", strictness)
    elif isinstance(value, (str, type(None))):
        if type(got) is not type(value) or got != value:
            yield Difference("value", f"is {got!r:.80}; expected {value!r}", where=where)
    else:
        found = _leaf(got, np.asarray(value), expected, where, strictness)
        if found is not None:
            yield found


def _leaf(
    got: Any, want: np.ndarray, expected: Expected, where: str, strictness: float
) -> Difference | None:
    if want.ndim == 0 and isinstance(got, list) and len(got) == 1:
        (got,) = got  # a single number may come as a list of one
    have = as_array(got)
    if have is None:
        what = "a number" if want.ndim == 0 else f"an array of shape {want.shape}"
        return Difference("type", f"is {describe_type(got)}; expected {what}", where=where)
    if have.shape != want.shape:
        shape = "a single number" if want.ndim == 0 else f"{want.shape}"
        return Difference("shape", f"has shape {have.shape}; expected {shape}", where=where)
    kinds = {"b": "b", "i": "iu", "u": "iu"}.get(want.dtype.kind, "biuf")
    # A Python int was read as a float; and 2.0 is the number 2, whatever it is kept as.
    whole = want.dtype.kind in "iu" and (
        type(got) is int or (want.ndim == 0 and have.dtype.kind == "f")
    )
    if have.dtype.kind not in kinds and not whole:
        text = f"holds {have.dtype} values; expected {want.dtype}"
        return Difference("dtype", text, where=where)
    if want.dtype.kind == "b":
        return _truths(have, want, where)
    have, want = have.astype(float), want.astype(float)
    if have.size == 0:
        return None
    unlike = ~np.isfinite(have) & ~((have == want) | (np.isnan(have) & np.isnan(want)))
    if expected.infinite:
        unlike &= ~(np.isposinf(have) & (want > 100))
    if unlike.any():
        index = tuple(int(i) for i in np.argwhere(unlike)[0])
        bad = "nan" if np.isnan(have[index]) else "inf"
        text = f"has {bad} in {int(unlike.sum())} of {have.size} entries"
        return Difference(
            "finite", text, None, index, float(have[index]), float(want[index]), where=where
        )
    same = np.isfinite(have) & np.isfinite(want)
    have, want = np.where(same, have, 0.0), np.where(same, want, 0.0)
    with np.errstate(all="ignore"):
        return _numbers(have, want, expected, where, strictness)


def _truths(have: np.ndarray, want: np.ndarray, where: str) -> Difference | None:
    wrong = have != want
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f" at {list(index)}" if index else ""
    text = f"is {have[index]}; expected {want[index]}{place}"
    return Difference("value", text, entries=(int(wrong.sum()), wrong.size), where=where)


def _numbers(
    have: np.ndarray, want: np.ndarray, expected: Expected, where: str, strictness: float
) -> Difference | None:
    target = want
    if expected.low is not None and np.shape(expected.low) == want.shape:
        target = np.clip(have, np.asarray(expected.low), np.asarray(expected.high))
        surplus = abs(float(have.sum() - want.sum()))
        if expected.shared and surplus * strictness > RELATIVE * float(np.abs(want).sum()):
            target = want  # within every entry's bounds, but more or less than there is to share
    off = have - target
    if expected.low is None and float(np.abs(off).max()) * strictness <= ABSOLUTE * expected.scale:
        return None  # within the absolute allowance of every entry: the usual case, decided fast
    peak = max(float(np.abs(want).max()), float(np.abs(have).max()), 1e-300)
    norm = float(np.linalg.norm(want / peak)) * peak  # scaled: squares of 1e200 must not overflow
    size = float(np.linalg.norm(off / peak)) * peak
    absolute = ABSOLUTE * expected.scale * np.sqrt(want.size)
    rms = norm / np.sqrt(want.size)
    entry = ENTRY * np.maximum(np.abs(want), rms) + ABSOLUTE * expected.scale + expected.slack
    wrong = ~(np.abs(off) <= entry / strictness)
    room = RELATIVE * norm + absolute + expected.slack * np.sqrt(want.size)
    close = size <= room / strictness
    if close and not wrong.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(np.abs(off).argmax()), off.shape))
    error = size / max(norm, absolute / ABSOLUTE * 1e-3)
    if not wrong.any():
        wrong = np.abs(off) > 0.1 * np.abs(off).max()
    count = (int(wrong.sum()), want.size)
    got, right = float(have[index]), float(target[index])
    text = f"is off by {error:.2g} (relative)"
    return Difference("value", text, error, index, got, right, count, where)
