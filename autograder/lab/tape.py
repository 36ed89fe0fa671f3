"""A small autograd over arrays, with which the kit stands in where a notebook is not done.

It holds the forward passes of some layers in a few operations each, and no backward pass of any
layer: a tape takes every gradient back through the operations. Slower than what students write.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np

_births = count()


class Node:
    """An array and where it came from: the nodes below it, each with its pull-back.

    Example:
        >>> x = Node(np.array([1.0, 2.0]))
        >>> pull((x * x).sum(), 1.0)
        >>> x.grad
        array([2., 4.])
    """

    def __init__(self, value: Any, *below: tuple[Node, Callable[[np.ndarray], np.ndarray]]) -> None:
        self.value = np.asarray(value)
        self.below = below
        self.born = next(_births)
        self.grad: Any = None

    def __add__(self, other: Any) -> Node:
        other = _node(other)
        return Node(self.value + other.value, (self, _same), (other, _same))

    def __sub__(self, other: Any) -> Node:
        return self + _node(other) * -1.0

    def __mul__(self, other: Any) -> Node:
        other = _node(other)
        a, b = self.value, other.value
        return Node(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __matmul__(self, other: Node) -> Node:
        a, b = self.value, other.value
        left, right = (lambda g: g @ _turned(b)), (lambda g: _turned(a) @ g)
        return Node(a @ b, (self, left), (other, right))

    def map(self, value: np.ndarray, slope: np.ndarray) -> Node:
        """An entry-wise function, by its value and its slope."""
        return Node(value, (self, lambda g: g * slope))

    def power(self, exponent: float) -> Node:
        """Every entry to a power."""
        return self.map(self.value**exponent, exponent * self.value ** (exponent - 1))

    def sum(self, axis: int | None = None) -> Node:
        """The sum along an axis, which stays; or over all."""
        shape = self.value.shape
        total = self.value.sum(axis=axis, keepdims=axis is not None)
        return Node(total, (self, lambda g: np.broadcast_to(g, shape)))

    def mean(self, axis: int) -> Node:
        """The mean along an axis, which stays."""
        return self.sum(axis) * (1.0 / self.value.shape[axis])

    def pick(self, view: Callable[[np.ndarray], np.ndarray]) -> Node:
        """Numbers in other places: `view` of the places 0, 1, 2 … in this shape; -1 gives a 0.

        Reshaping, transposing, slicing, padding, windows and look-ups are all of this kind.
        """
        shape, size = self.value.shape, self.value.size
        places = view(np.arange(size).reshape(shape))
        flat = np.append(self.value.ravel(), self.value.dtype.type(0))

        def back(g: np.ndarray) -> np.ndarray:
            summed = np.bincount(places.ravel() % (size + 1), g.ravel(), size + 1)[:size]
            return summed.reshape(shape).astype(g.dtype)

        return Node(flat[places], (self, back))


def pull(top: Node, upstream: Any) -> None:
    """Send a gradient back from `top`: every node below it then has its `grad`."""
    reached, waiting = {id(top): top}, [top]
    while waiting:
        for node, _ in waiting.pop().below:
            if id(node) not in reached:
                reached[id(node)] = node
                waiting.append(node)
    for node in reached.values():
        node.grad = None
    top.grad = np.asarray(upstream)
    for node in sorted(reached.values(), key=lambda node: -node.born):
        for source, back in node.below:
            part = _summed(back(node.grad), source.value.shape)
            source.grad = part if source.grad is None else source.grad + part


def _node(value: Any) -> Node:
    return value if isinstance(value, Node) else Node(value)


def _same(g: np.ndarray) -> np.ndarray:
    return g


def _turned(a: np.ndarray) -> np.ndarray:
    return a.swapaxes(-1, -2)


def _summed(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A gradient in the shape from which broadcasting made it."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    wide = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] > 1)
    return g.sum(axis=wide, keepdims=True)
