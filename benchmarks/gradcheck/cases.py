"""What a bank consists of: operations, regimes of inputs, and ways to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Backward = Callable[..., Any]
Mistake = Callable[[Backward], Backward]
Sample = Callable[[np.random.Generator], list[Any]]


@dataclass(frozen=True)
class Operation:
    """A forward with its backward.

    Attributes:
        name: For tables.
        forward: ``forward(*arrays) -> out``.
        backward: ``backward(dout, *arrays) -> tuple of gradients``.
        sample: ``sample(rng) -> arguments``.
        mistakes: Wrong backwards of this operation.
        regimes: Names of the regimes that make sense for it; None means all general ones.
        positive: Arguments must stay positive.
    """

    name: str
    forward: Callable[..., Any]
    backward: Backward
    sample: Sample
    mistakes: dict[str, Backward] = field(default_factory=dict)
    regimes: tuple[str, ...] | None = None
    positive: bool = False


@dataclass(frozen=True)
class Case:
    """One question for a checker, with the answer.

    Attributes:
        operation: Whose forward it is.
        regime: Where the input comes from.
        mistake: Name of the mistake; "" when the backward is right.
        forward: The forward.
        backward: The backward to judge.
        arrays: The arguments.
        error: Largest relative error of a gradient at a random upstream; 0 when right.
        seed: Which input of the regime.
    """

    operation: str
    regime: str
    mistake: str
    forward: Callable[..., Any]
    backward: Backward
    arrays: list[Any]
    error: float
    seed: int = 0

    @property
    def right(self) -> bool:
        return not self.mistake


def upstream_for(rng: np.random.Generator, out: Any) -> Any:
    return 1.0 if np.ndim(out) == 0 else rng.standard_normal(np.shape(out)).astype(out.dtype)


REGIMES = (
    "plain",
    "near kinks",
    "ties",
    "saturated",
    "scale 1e8",
    "scale 1e-8",
    "tiny variance",
    "float32",
)


def in_regime(
    regime: str, rng: np.random.Generator, arguments: Sequence[Any], positive: bool
) -> list[Any]:
    """Transform ordinary arguments into those of a regime."""
    moved = []
    for value in arguments:
        if not (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
            moved.append(value)
            continue
        noise = rng.standard_normal(value.shape)
        new = {
            "near kinks": lambda v, n: np.round(v) + 1e-5 * n,
            "ties": lambda v, n: np.round(v),
            "saturated": lambda v, n: 20.0 * v,
            "scale 1e8": lambda v, n: 1e8 * v,
            "scale 1e-8": lambda v, n: 1e-8 * v,
            "tiny variance": lambda v, n: 3.0 + 1e-5 * v,
            "float32": lambda v, n: v.astype(np.float32),
        }.get(regime, lambda v, n: v)(value, noise)
        moved.append(np.where(new > 0, new, 0.25 * value) if positive else new)
    return moved


def wrong_by(
    right: Sequence[np.ndarray], got: Sequence[np.ndarray], noise: Sequence[float]
) -> float:
    """Largest relative error over arrays; 0 where it drowns in the reference's own rounding."""
    worst = 0.0
    for g, h, tremble in zip(right, got, noise):
        if np.shape(g) != np.shape(h):
            return np.inf
        error = float(np.linalg.norm(np.asarray(h, dtype=float) - g))
        size = float(np.linalg.norm(g))
        if not error <= 100.0 * tremble:
            worst = max(worst, error / size if size else np.inf)
    return worst


def cases(
    operations: Sequence[Operation],
    general: dict[str, Callable[[Backward], Backward]],
    regimes: Sequence[str],
    seeds: Sequence[int],
) -> Iterator[Case]:
    """All questions of a bank: the right backward and every mistake that shows on the input.

    A mistake counts when its relative error is at least 1e-6 (1e-2 in float32), and a hundred
    times what a rounding error in the input does to the right gradient.
    """
    for operation in operations:
        for regime in regimes if operation.regimes is None else operation.regimes:
            for seed in seeds:
                rng = np.random.default_rng([seed, len(operation.name), len(regime)])
                plain = operation.sample(rng)
                arrays = in_regime(regime, rng, plain, operation.positive)
                with np.errstate(all="ignore"):
                    out = operation.forward(*_copies(arrays))
                    upstream = upstream_for(rng, np.asarray(out) if np.ndim(out) == 0 else out)
                    right = _gradients(operation.backward, upstream, arrays)
                    if not all(np.all(np.isfinite(g)) for g in [*right, out]):
                        continue
                    noise = _tremble(rng, operation.backward, upstream, arrays, right)
                same = (operation.name, regime)
                yield Case(*same, "", operation.forward, operation.backward, arrays, 0.0, seed)
                least = 1e-2 if regime == "float32" else 1e-6
                known = {name: lambda b, w=wrong: w for name, wrong in operation.mistakes.items()}
                for name, spoil in {**known, **general}.items():
                    backward = spoil(operation.backward)
                    with np.errstate(all="ignore"):
                        try:
                            got = _gradients(backward, upstream, arrays)
                        except (IndexError, ValueError):
                            continue
                    error = wrong_by(right, got, noise)
                    if error >= least:
                        yield Case(*same, name, operation.forward, backward, arrays, error, seed)


def _copies(arrays: Sequence[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]


def _gradients(backward: Backward, upstream: Any, arrays: Sequence[Any]) -> list[np.ndarray]:
    upstream = upstream.copy() if isinstance(upstream, np.ndarray) else upstream
    return [np.asarray(g) for g in backward(upstream, *_copies(arrays))]


def _tremble(
    rng: np.random.Generator,
    backward: Backward,
    upstream: Any,
    arrays: Sequence[Any],
    right: Sequence[np.ndarray],
) -> list[float]:
    moved = [
        (a * (1 + np.finfo(a.dtype).eps * rng.choice([-1.0, 1.0], a.shape))).astype(a.dtype)
        if isinstance(a, np.ndarray) and a.dtype.kind == "f"
        else a
        for a in arrays
    ]
    again = _gradients(backward, upstream, moved)
    return [
        float(np.linalg.norm(h - g)) + 1e-16 * float(np.linalg.norm(g))
        for g, h in zip(right, again)
    ]


# --- ways to be wrong that need no knowledge of the operation ----------------------------------


def on_gradient(i: int, change: Callable[[np.ndarray], np.ndarray]) -> Mistake:
    """A mistake in the i-th gradient (counted from the end when negative)."""

    def spoil(backward: Backward) -> Backward:
        def wrong(dout: Any, *arrays: Any) -> tuple[Any, ...]:
            gradients = [np.array(g) for g in backward(dout, *arrays)]
            gradients[i] = change(gradients[i])
            return tuple(gradients)

        return wrong

    return spoil


def on_upstream(change: Callable[[Any], Any]) -> Mistake:
    """A mistake in how the upstream gradient is used; losses have none and are left alone."""

    def spoil(backward: Backward) -> Backward:
        def wrong(dout: Any, *arrays: Any) -> Any:
            return backward(dout if np.ndim(dout) == 0 else change(dout), *arrays)

        return wrong

    return spoil


def at(index: int, change: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], np.ndarray]:
    """Change one slice along the first axis."""

    def apply(g: np.ndarray) -> np.ndarray:
        g = g.copy()
        g[index] = change(g[index])
        return g

    return apply
