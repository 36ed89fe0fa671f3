"""Fingerprints: a few numbers by which an output is recognised, and from which none can be rebuilt.

The fingerprint of an array is its shape, its norm and two random projections. Two different outputs
agree in all three only by an accident of probability about the tolerance to the third power.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import Any

import numpy as np

from autograder.exercises.arrays import as_array
from autograder.exercises.script import Broken

CLOSE = 1e-6
TINY = 1e-9
MANY = 8
"""A dict of more arrays has one print for all: a network's gradients would fill the public data."""


def fingerprint(value: Any) -> Any:
    """The fingerprint of an output: JSON values only.

    Returns:
        `[shape, norm, projection, projection]` for an array or number (with the number and the
        place of entries that are not finite, if any), a dict of fingerprints for a dict, a tuple
        or a list of dicts, and a string for anything else.
    """
    if isinstance(value, dict):
        together = _together(value) if len(value) > MANY else None
        return together or {str(key): fingerprint(item) for key, item in value.items()}
    if isinstance(value, tuple) or (isinstance(value, list) and any(map(_is_dict, value))):
        return {str(i): fingerprint(item) for i, item in enumerate(value)}
    if isinstance(value, str):
        return f"text {hashlib.sha256(value.encode()).hexdigest()[:16]}"
    if isinstance(value, Broken):  # two calls that failed are alike only in how they failed
        text = f"could not be computed: {value.type_name}"
        return f"broken {hashlib.sha256(text.encode()).hexdigest()[:16]}"
    array = as_array(value)
    if array is None or array.dtype.kind not in "biuf":
        return f"not an array: {type(value).__name__}"
    flat = array.astype(float).ravel()
    if not np.isfinite(flat).all():
        bad = ~np.isfinite(flat)
        flat = np.where(bad, 0.0, flat)
        where = float(np.flatnonzero(bad).sum())
        return [list(array.shape), *_numbers(flat), int(bad.sum()), where]
    return [list(array.shape), *_numbers(flat)]


def _together(arrays: dict[Any, Any]) -> dict[str, Any] | None:
    """One print for a large dict of arrays, under a digest of its names and shapes."""
    parts = {str(key): as_array(arrays[key]) for key in sorted(arrays, key=str)}
    if any(part is None or part.dtype.kind not in "biuf" for part in parts.values()):
        return None
    form = [(key, part.shape) for key, part in parts.items() if part is not None]
    flat = [np.ravel(part).astype(float) for part in parts.values() if part is not None]
    digest = hashlib.sha256(repr(form).encode()).hexdigest()[:16]
    return {f"together {digest}": fingerprint(np.concatenate(flat))}


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def agree(one: Any, other: Any, slack: float = 0.0, scale: float = 1.0) -> bool:
    """Whether two fingerprints are of the same output, up to rounding and `slack` an entry.

    Args:
        scale: Where the expected numbers are smaller than 1: the size that counts for rounding.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            agree(one[k], other[k], slack, scale) for k in one
        )
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return False
        if one[0] != other[0] or one[4:] != other[4:]:
            return False
        rounding = TINY * min(scale, 1.0) + slack
        room = CLOSE * max(one[1], other[1]) + rounding * math.sqrt(max(1, math.prod(one[0])))
        return all(abs(a - b) <= room for a, b in zip(one[1:4], other[1:4], strict=True))
    return bool(one == other)


def _numbers(flat: np.ndarray) -> list[float]:
    with np.errstate(all="ignore"):
        found = [math.sqrt(np.sum(flat * flat)), *(float(v @ flat) for v in _lines(flat.size))]
    return [float(f"{x:.12g}") if math.isfinite(x) else 1e308 for x in found]


@lru_cache(maxsize=512)
def _lines(size: int) -> np.ndarray:
    return np.random.default_rng([20161219, size]).standard_normal((2, size))
