"""Returned values as arrays; every part is looked at once, and its type before anything else."""

from __future__ import annotations

from typing import Any

import numpy as np

_NUMBERS = (bool, int, float, complex)
_PLAIN = frozenset(_NUMBERS)


def as_array(value: Any) -> np.ndarray | None:
    """A returned leaf as an array: arrays, numbers, and nested lists of numbers; else None.

    Example:
        >>> as_array([[1, 2.5], (3, True)])
        array([[1. , 2.5],
               [3. , 1. ]])
        >>> as_array([[1], [2, 3]]), as_array(["1"])
        (None, None)
    """
    if isinstance(value, np.ndarray):
        return value
    leaves: list[Any] = []
    shape = _gather(value, leaves)
    if shape is None:
        return None
    try:
        if _PLAIN.issuperset(map(type, leaves)):
            # A Python int is read as a float; a float beside a bool makes both floats.
            return np.array([float(x) if type(x) is int else x for x in leaves]).reshape(shape)
        arrays = [np.asarray(x, dtype=float if type(x) is int else None) for x in leaves]
    except OverflowError:
        return None
    if len({array.shape for array in arrays}) > 1:
        return None
    return np.stack(arrays).reshape((*shape, *arrays[0].shape))


def _gather(value: Any, leaves: list[Any]) -> tuple[int, ...] | None:
    """Append the leaves of a nested list; return its shape above them, None when it has none."""
    if isinstance(value, (*_NUMBERS, np.generic, np.ndarray)):
        leaves.append(value)
        return ()
    if not isinstance(value, (list, tuple)) or not value:
        return None
    if _PLAIN.issuperset(map(type, value)):
        leaves += value
        return (len(value),)
    first = _gather(value[0], leaves)
    if first is None or any(_gather(item, leaves) != first for item in value[1:]):
        return None
    return (len(value), *first)
