"""Plumbing for notebook 04's experiments with few examples; the steps are the student's own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.lab.network import Network
from autograder.lab.pictures import moved

Step = Callable[[np.ndarray, np.ndarray, dict[str, Any]], tuple[np.ndarray, dict[str, Any]]]
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]

SETTINGS = {"learning_rate": 3e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
AROUND = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))


def network(seed: int) -> Network:
    """64-60-10, with weights after He."""
    return Network((64, 60, 10), [np.sqrt(2 / 64), np.sqrt(2 / 60)], np.random.default_rng(seed))


def fit(
    net: Network,
    X: np.ndarray,
    y: np.ndarray,
    step: Step,
    *,
    steps: int = 300,
    seed: int = 0,
    change: Change | None = None,
    settings: Mapping[str, Any] = SETTINGS,
) -> Network:
    """Train in place on batches of 64 (or all, where there are fewer), drawn with replacement.

    Args:
        step: `(w, dw, config) -> next_w, config`, such as the student's `adam`.
        change: What is done to the pictures of each batch.
    """
    rng = np.random.default_rng(seed)
    configs = {name: dict(settings) for name in net.parameters}
    for _ in range(steps):
        rows = rng.integers(0, len(X), 64) if len(X) > 64 else np.arange(len(X))
        pictures = X[rows] if change is None else change(X[rows], rng)
        grads = net.loss_and_grads(pictures, y[rows])[1]
        for name, w in net.parameters.items():
            net.parameters[name], configs[name] = step(w, grads[name], configs[name])
    return net


def shifted(X: np.ndarray, down: int, right: int) -> np.ndarray:
    """Rows of 64 pixels, as pictures moved by some pixels."""
    return moved(X.reshape(-1, 1, 8, 8), down, right).reshape(X.shape)


def jiggled(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture as it is, or moved by one pixel in one of four directions."""
    chosen = rng.integers(0, len(AROUND), len(X))
    ways = np.stack([shifted(X, *way) for way in AROUND])
    return ways[chosen, np.arange(len(X))]


def noisy(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pictures under noise of standard deviation 0.4."""
    return np.clip(X + rng.normal(0, 0.4, X.shape), 0, 1)


def some_of_each(y: np.ndarray, each: int, rng: np.random.Generator) -> np.ndarray:
    """Places of so many examples of every class."""
    return np.concatenate(
        [rng.choice(np.flatnonzero(y == k), each, replace=False) for k in np.unique(y)]
    )
