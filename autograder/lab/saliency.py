"""Which pixels a score hangs on: its gradient in the picture, through the student's own layers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.style import LINES, show, style
from autograder.lab.training import Parameters, bare

Layer = Callable[..., Any]


def score_gradient(
    params: Mapping[str, np.ndarray],
    X: np.ndarray,
    conv_forward: Layer,
    conv_backward: Layer,
    pool_forward: Layer,
    pool_backward: Layer,
    relu_backward: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """The gradient of each picture's largest score with respect to the picture.

    Args:
        params: W1, b1 … W3, b3 of notebook 09's network.
        X: Pictures, shape (N, C, H, W).
        relu_backward: `(dout, input) -> dx` in place of the true rule.
    """
    back = relu_backward or (lambda signal, below: signal * (below > 0))
    same = {"stride": 1, "pad": (params["W1"].shape[2] - 1) // 2}
    maps, kept_conv = conv_forward(X, params["W1"], params["b1"], same)
    halves = {"pool_height": 2, "pool_width": 2, "stride": 2}
    pooled, kept_pool = pool_forward(maps * (maps > 0), halves)
    hidden = np.einsum("nd,dh->nh", pooled.reshape(len(X), -1), params["W2"]) + params["b2"]
    scores = np.einsum("nh,hc->nc", hidden * (hidden > 0), params["W3"]) + params["b3"]
    signal = back(params["W3"].T[scores.argmax(axis=1)], hidden)
    signal = np.einsum("nh,dh->nd", signal, params["W2"]).reshape(pooled.shape)
    signal = back(bare(pool_backward(signal, kept_pool)), maps)
    return np.asarray(conv_backward(signal, kept_conv)[0])


def with_random_top(params: Parameters, rng: np.random.Generator) -> Parameters:
    """The same filters below layers whose weights are drawn anew."""
    drawn = {name: rng.normal(0, params[name].std(), params[name].shape) for name in ("W2", "W3")}
    return {**params, **drawn}


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """The mean correlation, over the pictures, of the sizes of two maps."""
    pairs = zip(np.abs(one).reshape(len(one), -1), np.abs(other).reshape(len(other), -1))
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs if np.ptp(a) and np.ptp(b)]))


def draw(
    pictures: np.ndarray,
    maps: Mapping[str, np.ndarray],
    blanked: Sequence[int],
    curves: Mapping[str, Sequence[float]],
) -> None:
    """Maps over a few pictures, and accuracy against the number of pixels blanked.

    Args:
        pictures: Shape (n, H, W).
        maps: Method -> importance of every pixel, shape (n, H, W).
        curves: Method -> accuracies from 0 to 1.
    """
    with style() as plt:
        figure = plt.figure(figsize=(11, 4.2))
        left, right = figure.subfigures(1, 2, width_ratios=(1, 1.15))
        grid = left.subplots(len(pictures), 1 + len(maps), squeeze=False)
        for row, picture in zip(grid, pictures):
            show(row[0], picture, cmap="gray_r", vmin=0, vmax=1)
        for column, (name, values) in enumerate(maps.items(), start=1):
            for row, value in zip(grid, values):
                top = np.abs(value).max() or 1.0
                show(row[column], value, cmap="PuOr_r", vmin=-top, vmax=top)
            grid[0, column].set_title(name)
        grid[0, 0].set_title("picture")
        left.suptitle("orange: speaks for it; violet: against", fontsize="medium")
        axes = right.subplots()
        for look, (name, curve) in zip(LINES, curves.items()):
            axes.plot(blanked, 100 * np.array(curve), **look, label=name)
        axes.set(
            xlabel="pixels blanked, most important first (of 64)",
            ylabel="read correctly (%)",
            title="The faster it falls, the better the method knew",
            ylim=(0, 103),
        )
        axes.legend()
