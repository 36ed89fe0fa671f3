"""Values: arrays, and trees of them, nested in dicts, lists and tuples, as functions return them.

A leaf is read as an array; every part of it is looked at once, and its type before anything else.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_NUMBERS = (bool, int, float, complex)
_PLAIN = frozenset(_NUMBERS)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same tree with every leaf replaced.

    Example:
        >>> mapped(abs, {"a": [-1, (-2,)]})
        {'a': [1, (2,)]}
    """
    if isinstance(tree, dict):
        return {key: mapped(function, item) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(function, item) for item in tree)
    return function(tree)


def leaves(tree: Any) -> Iterator[Any]:
    """Everything in a tree that is no container.

    Example:
        >>> list(leaves({"a": [1, (2,)], "b": 3}))
        [1, 2, 3]
    """
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, (list, tuple)):
        for item in tree:
            yield from leaves(item)
    else:
        yield tree


def places(tree: Any, at: str = "") -> Iterator[str]:
    """Where each leaf stands, as Python would write it, in the order of `leaves`.

    Example:
        >>> list(places({"W": [1, 2]}, "dparams"))
        ["dparams['W'][0]", "dparams['W'][1]"]
    """
    if isinstance(tree, (dict, list, tuple)):
        for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(item, f"{at}[{key!r}]")
    else:
        yield at


def pairs(one: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """The leaves of two trees of the same form, side by side.

    Example:
        >>> list(pairs({"a": [1, 2]}, {"a": [3, 4]}))
        [(1, 3), (2, 4)]
    """
    if isinstance(one, dict):
        for key, item in one.items():
            yield from pairs(item, other[key])
    elif isinstance(one, (list, tuple)):
        for item, beside in zip(one, other, strict=True):
            yield from pairs(item, beside)
    else:
        yield one, other


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
    if type(value) is float:
        return np.array(value)
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
