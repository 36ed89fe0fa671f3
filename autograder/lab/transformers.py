"""Plumbing for the experiments of notebook 10; the functions it measures are the student's own."""

import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.language import tr

Forward = Callable[..., tuple[np.ndarray, Any]]
Backward = Callable[..., Any]


@contextmanager
def instead(names: MutableMapping[str, Any], **functions: Any) -> Iterator[None]:
    """Put other functions in the place of the notebook's for a while: `instead(globals(), f=g)`."""
    before = {name: names[name] for name in functions}
    names.update(functions)
    try:
        yield
    finally:
        names.update(before)


def best_time(run: Callable[..., Any], *args: Any, repeats: int = 3) -> float:
    """The shortest of several runs of `run(*args)`, in seconds."""
    times = []
    for _ in range(repeats):
        given = _fresh(args)
        start = time.perf_counter()
        run(*given)
        times.append(time.perf_counter() - start)
    return min(times)


def _fresh(args: Sequence[Any]) -> list[Any]:
    """Copies for a function that may change what it is given."""
    return [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]


def peak_memory(run: Callable[..., Any], *args: Any) -> tuple[int, Any]:
    """The most memory in use at a time while `run(*args)` ran, in bytes; and what it returned."""
    given = _fresh(args)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = run(*given)
        return tracemalloc.get_traced_memory()[1] - before, result
    finally:
        tracemalloc.stop()


def dense_against_product(
    forward: Forward, backward: Backward, lengths: Sequence[int]
) -> dict[int, tuple[float, float, float]]:
    """Every row's Jacobian built and multiplied, against the layer's own backward pass.

    Returns:
        Length -> seconds with Jacobians, seconds without, largest difference.
    """
    found = {}
    for length in lengths:
        draw = np.random.default_rng(length)
        scores, upstream = draw.normal(size=(2, length, length))
        p, cache = forward(scores.copy())

        def dense(p: np.ndarray = p, upstream: np.ndarray = upstream) -> np.ndarray:
            return np.array(
                [(np.diag(row) - np.outer(row, row)) @ up for row, up in zip(p, upstream)]
            )

        gap = float(np.abs(dense() - backward(upstream.copy(), cache)).max())
        caches = (forward(scores.copy())[1] for _ in range(7))  # some serve once only
        fast = min(best_time(backward, upstream, cache, repeats=1) for cache in caches)
        found[length] = best_time(dense, repeats=2), fast, gap
    return found


def score_table(
    forward: Forward, backward: Backward, widths: Sequence[int], keys: int = 32
) -> dict[str, np.ndarray]:
    """What the length of the queries does to softmax, with the root of it and without.

    Returns:
        Way -> (3, widths): standard deviation of the scores, mean of each row's largest
        probability, mean size of the gradient of a score.
    """
    draw = np.random.default_rng(0)
    found: dict[str, list[tuple[float, ...]]] = {
        tr("as they are"): [],
        tr("over the root of d"): [],
    }
    for width in widths:
        queries, others = draw.normal(size=(2, keys, keys, width))
        upstream = draw.normal(size=(keys, keys, keys))
        products = np.einsum("nqd,nkd->nqk", queries, others, optimize=True)
        for name, scores in zip(found, (products, products / np.sqrt(width))):
            p, cache = forward(scores.copy())
            certain = p.max(axis=2).mean()
            slope = np.abs(backward(upstream.copy(), cache)).mean()
            found[name].append((scores.std(), certain, slope))
    return {name: np.array(values).T for name, values in found.items()}


def alike(
    forward: Forward, backward: Backward, depths: Sequence[int], plus: bool, d: int = 32
) -> tuple[list[float], list[float]]:
    """How alike the gradients of two inputs are that lie 10 % apart, below many layers.

    A layer is a norm (the student's), a matrix, ReLU and a matrix, with or without a plus around.

    Returns:
        cosines: The mean cosine between the two gradients at the bottom, for each depth.
        lengths: The length of the gradient there, relative to the one at the top.
    """
    cosines, lengths = [], []
    for depth in depths:
        draw = np.random.default_rng(depth)
        shrink = 1 / np.sqrt(depth) if plus else 1.0
        weights = [
            (draw.normal(0, np.sqrt(2 / d), (d, d)), draw.normal(0, shrink / np.sqrt(d), (d, d)))
            for _ in range(depth)
        ]
        x = draw.normal(size=(64, d))
        top = draw.normal(size=d) * np.ones((64, d))
        one, two = (
            _through(forward, backward, start, top, weights, plus)
            for start in (x, x + 0.1 * draw.normal(size=x.shape))
        )
        size = np.linalg.norm(one, axis=1)
        cosines.append(
            float(np.mean(np.sum(one * two, axis=1) / size / np.linalg.norm(two, axis=1)))
        )
        lengths.append(float(np.linalg.norm(one) / np.linalg.norm(top)))
    return cosines, lengths


def _through(
    forward: Forward, backward: Backward, x: np.ndarray, grad: np.ndarray, weights: Any, plus: bool
) -> np.ndarray:
    kept = []
    for first, second in weights:
        normed, cache = forward(x.copy(), np.ones(x.shape[1]), {})
        before = normed @ first
        branch = np.maximum(before, 0) @ second
        x = x + branch if plus else branch
        kept.append((cache, before > 0))
    for (first, second), (cache, open_) in zip(weights[::-1], kept[::-1]):
        branch, _ = backward((grad @ second.T * open_) @ first.T, cache)
        grad = grad + branch if plus else branch
    return grad


def single(params: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same parameters in float32."""
    return {name: np.asarray(value, np.float32) for name, value in params.items()}


def write(model: Any, letters: str, start: str, length: int, window: int, seed: int = 1) -> str:
    """Let a model write on: each letter is drawn from what it expects next."""
    rng, codes = np.random.default_rng(seed), [letters.index(c) for c in start]
    for _ in range(length):
        scores = np.asarray(model.loss(np.array([codes[-window:]])), float)[0, -1]
        odds = np.exp(2 * (scores - scores.max()))
        codes.append(int(rng.choice(len(letters), p=odds / odds.sum())))
    return "".join(letters[code] for code in codes)


def last_place(model: Any, inputs: np.ndarray, targets: np.ndarray) -> float:
    """The loss per letter at the last place alone, after which there is nothing to see."""
    scores = np.asarray(model.loss(inputs), float)[:, -1]
    total = np.logaddexp.reduce(scores, axis=1)
    return float(np.mean(total - scores[np.arange(len(scores)), targets[:, -1]]))


def gradient_error(wrong: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray]) -> float:
    """How far all gradients together are off, relative to their size."""
    off = sum(float(np.sum((wrong[k] - right[k]) ** 2)) for k in right)
    return float(np.sqrt(off / sum(float(np.sum(right[k] ** 2)) for k in right)))
