"""Value trees: what students' functions return, nested in dicts, lists and tuples (a pytree)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


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
