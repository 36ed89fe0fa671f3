"""The kit's stand-ins for layers that a student has not written: forward passes over a tape.

Each function takes nodes, and the dict of settings where the layer has one. `pair` makes of it a
forward and a backward pass in the course's form. The tape is a small autograd over arrays without a
backward pass of any layer: every gradient goes back through the operations, slower than what
students write.
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


Settings = dict[str, Any]
Pair = tuple[Callable[..., Any], Callable[..., Any]]


def pair(build: Callable[..., Node]) -> Pair:
    """`forward(x, *params[, settings]) -> out, cache`; `backward(dout, cache) -> dx, *dparams`."""

    def forward(*given: Any) -> tuple[np.ndarray, Any]:
        arrays = [Node(value) for value in given if not isinstance(value, dict)]
        out = build(*arrays, *(value for value in given if isinstance(value, dict)))
        return out.value, (out, arrays)

    def backward(dout: np.ndarray, cache: Any) -> Any:
        out, arrays = cache
        pull(out, dout)
        grads = tuple(node.grad for node in arrays)
        return grads if len(grads) > 1 else grads[0]

    return forward, backward


def loss(build: Callable[..., Node]) -> Callable[..., tuple[float, np.ndarray]]:
    """`(scores, y) -> loss, dscores`."""

    def both(scores: np.ndarray, *rest: Any) -> tuple[float, np.ndarray]:
        node = Node(scores)
        top = build(node, *rest)
        pull(top, np.ones_like(top.value))
        return float(top.value), node.grad

    return both


def affine(x: Node, w: Node, b: Node) -> Node:
    """Rows of numbers times a matrix."""
    return x.pick(lambda at: at.reshape(len(at), -1)) @ w + b


def temporal_affine(x: Node, w: Node, b: Node) -> Node:
    """The same matrix at every step of a sequence."""
    return x @ w + b


def relu(x: Node) -> Node:
    """Nothing below zero passes."""
    return x * (x.value > 0).astype(x.value.dtype)


def batchnorm(x: Node, gamma: Node, beta: Node, settings: Settings) -> Node:
    """Every feature normalised over the batch; at the test by running averages."""
    momentum = settings.get("momentum", 0.9)
    if settings["mode"] == "train":
        centre = x.mean(0)
        spread = (x - centre).power(2).mean(0)
        for name, new in (("running_mean", centre), ("running_var", spread)):
            old = settings.get(name, 0.0)
            settings[name] = momentum * old + (1 - momentum) * new.value[0]
    else:
        centre, spread = Node(settings["running_mean"]), Node(settings["running_var"])
    root = (spread + settings.get("eps", 1e-5)).power(-0.5)
    return gamma * ((x - centre) * root) + beta


def dropout(x: Node, settings: Settings) -> Node:
    """Some numbers are left out in training, the others scaled up."""
    if settings["mode"] != "train":
        return x * 1.0
    chance = np.random.default_rng(settings.get("seed")).random(x.value.shape)
    return x * np.where(chance < settings["p"], 1 / settings["p"], 0.0)


def conv(x: Node, w: Node, b: Node, settings: Settings) -> Node:
    """Every window as a row, times the filters."""
    pad, filters = settings["pad"], w.value.shape[0]
    sides = [(0, 0), (0, 0), (pad, pad), (pad, pad)]

    def rows(at: np.ndarray) -> np.ndarray:
        windows = _windows(
            np.pad(at, sides, constant_values=-1), w.value.shape[2:], settings["stride"]
        )
        near = windows.transpose(0, 2, 3, 1, 4, 5)
        return near.reshape(*near.shape[:3], -1)

    out = x.pick(rows) @ w.pick(lambda at: at.reshape(filters, -1).T) + b
    return out.pick(lambda at: at.transpose(0, 3, 1, 2))


def max_pool(x: Node, settings: Settings) -> Node:
    """The largest of every window; of several alike, the first."""
    sides = settings["pool_height"], settings["pool_width"]

    def rows(at: np.ndarray) -> np.ndarray:
        windows = _windows(at, sides, settings["stride"])
        return windows.reshape(*windows.shape[:4], -1)

    windows = x.pick(rows)
    winner = np.arange(sides[0] * sides[1]) == windows.value.argmax(axis=-1)[..., None]
    chosen = (windows * winner.astype(windows.value.dtype)).sum(-1)
    return chosen.pick(lambda at: at[..., 0])


def _windows(at: np.ndarray, sides: Any, stride: int) -> np.ndarray:
    found = np.lib.stride_tricks.sliding_window_view(at, sides, axis=(2, 3))
    return found[:, :, ::stride, ::stride]


def embed(idx: Node, W: Node, P: Node) -> Node:
    """A row for each letter and one for each place."""
    return W.pick(lambda at: at[idx.value]) + P.pick(lambda at: at[: idx.value.shape[1]])


def rmsnorm(x: Node, gamma: Node, settings: Settings) -> Node:
    """Every position divided by its root mean square."""
    return x * (x.power(2).mean(-1) + settings.get("eps", 1e-5)).power(-0.5) * gamma


def block(x: Node, *weights: Any) -> Node:
    """A transformer block with the norms first; nobody sees what comes later."""
    *arrays, settings = weights
    g1, wq, wk, wv, wo, g2, w1, b1, w2, b2 = arrays
    n, t, d = x.value.shape
    heads = settings["heads"]

    def apart(seen: Node) -> Node:
        return seen.pick(lambda at: at.reshape(n, t, heads, d // heads).transpose(0, 2, 1, 3))

    seen = rmsnorm(x, g1, {})
    q, k, v = (apart(seen @ w) for w in (wq, wk, wv))
    scores = q @ k.pick(lambda at: at.swapaxes(2, 3)) * float((d // heads) ** -0.5)
    late = np.triu(np.full((t, t), -np.inf, x.value.dtype), 1)
    found = _softmax(scores + late) @ v
    y = x + found.pick(lambda at: at.transpose(0, 2, 1, 3).reshape(n, t, d)) @ wo
    z = rmsnorm(y, g2, {}) @ w1 + b1
    inner = np.tanh(z.value * (0.7978845608028654 + 0.03567740813636141 * z.value**2))
    bend = (1 - inner**2) * (0.7978845608028654 + 3 * 0.03567740813636141 * z.value**2)
    half = z.map(0.5 * z.value * (1 + inner), 0.5 * (1 + inner + z.value * bend))
    return y + half @ w2 + b2


def _exp(x: Node) -> Node:
    value = np.exp(x.value)
    return x.map(value, value)


def _softmax(x: Node) -> Node:
    grown = _exp(x - x.value.max(axis=-1, keepdims=True))
    return grown * grown.sum(-1).power(-1.0)


def softmax_loss(scores: Node, y: np.ndarray) -> Node:
    """Cross-entropy, averaged over the examples."""
    moved = scores - scores.value.max(axis=-1, keepdims=True)
    total = _exp(moved).sum(-1)
    logs = total.map(np.log(total.value), 1 / total.value)
    truth = np.eye(scores.value.shape[-1], dtype=scores.value.dtype)[y]
    return ((logs - moved) * truth).sum() * (1.0 / len(y))
