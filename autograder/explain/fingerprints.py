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


def fingerprint(value: Any) -> Any:
    """The fingerprint of an output: JSON values only.

    Returns:
        `[shape, norm, projection, projection]` for an array or number (with the number and the
        place of entries that are not finite, if any), a dict of fingerprints for a dict or a
        tuple, and a string for anything else.
    """
    if isinstance(value, dict):
        return {str(key): fingerprint(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return {str(i): fingerprint(item) for i, item in enumerate(value)}
    if isinstance(value, str):
        return f"text {hashlib.sha256(value.encode()).hexdigest()[:16]}"
    if isinstance(value, Broken):  # two calls that failed are alike only in how they failed
        return f"broken {hashlib.sha256(value.type_name.encode()).hexdigest()[:16]}"
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


def agree(one: Any, other: Any, slack: float = 0.0) -> bool:
    """Whether two fingerprints are of the same output, up to rounding and `slack` an entry."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(agree(one[k], other[k], slack) for k in one)
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return False
        if one[0] != other[0] or one[4:] != other[4:]:
            return False
        room = CLOSE * max(one[1], other[1]) + (TINY + slack) * math.sqrt(max(1, math.prod(one[0])))
        return all(abs(a - b) <= room for a, b in zip(one[1:4], other[1:4], strict=True))
    return bool(one == other)


def _numbers(flat: np.ndarray) -> list[float]:
    with np.errstate(all="ignore"):
        found = [float(np.sqrt(np.sum(flat * flat))), *(float(v @ flat) for v in _lines(flat.size))]
    return [float(f"{x:.12g}") if np.isfinite(x) else 1e308 for x in found]


@lru_cache(maxsize=512)
def _lines(size: int) -> np.ndarray:
    return np.random.default_rng([20161219, size]).standard_normal((2, size))
