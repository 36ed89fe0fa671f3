"""Pictures of notebook 02: loss curves, a network, decision boundaries, maps of gradient errors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.data import Split
from autograder.lab.style import BLUE, GREEN, INK, LINES, RED, SKY, arrow, style
from autograder.lab.training import History, accuracy
from autograder.language import tr
from autograder.numerical import numerical_gradient


def loss_curve(history: History, title: str = "", floor: float | None = None) -> None:
    """The loss of every mini-batch, and accuracy on seen and unseen data after every epoch.

    Args:
        floor: A loss to mark by a line, such as ln C, where a classifier starts.
    """
    with style() as plt:
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
        steps = np.arange(1, len(history.loss) + 1)
        left.plot(steps, history.loss, color=SKY, linewidth=0.8, label="each mini-batch")
        left.plot(steps, _smooth(history.loss), color=INK, label="running mean")
        if floor is not None:
            left.axhline(floor, color=RED, linestyle="--", linewidth=1.2)
            left.annotate(
                tr("all classes alike: {loss:.3f}").format(loss=floor), (steps[-1], floor),
                xytext=(0, -4), textcoords="offset points", ha="right", va="top", color=RED,
            )  # fmt: skip
        left.set(xlabel="step", ylabel="loss", ylim=(0, None))
        left.legend(loc="center right")
        epochs = np.arange(1, len(history.val) + 1)
        right.plot(epochs, 100 * np.array(history.train), color=BLUE, marker="o", label="training")
        right.plot(
            epochs, 100 * np.array(history.val), color=GREEN, linestyle="--", marker="s",
            label="validation",
        )  # fmt: skip
        right.set(xlabel="epoch", ylabel="accuracy (%)")
        right.legend(loc="lower right")
        figure.suptitle(title)


def _smooth(values: Any, share: float = 0.05) -> np.ndarray:
    """A running mean over the last `share` of the values."""
    numbers = np.asarray(values, dtype=float)
    width = max(1, round(len(numbers) * share))
    total = np.concatenate([[0.0], np.cumsum(numbers)])
    ends = np.arange(1, len(numbers) + 1)
    starts = np.maximum(0, ends - width)
    return np.asarray((total[ends] - total[starts]) / (ends - starts))


def rate_curves(
    curves: Mapping[str, Sequence[float]],
    floor: float | None = None,
    floor_label: str = "all classes alike: {:.3f}",
) -> None:
    """Losses of several runs, smoothed, in one picture; what overflows leaves the picture.

    Args:
        curves: Label -> loss of every mini-batch.
        floor: A loss to mark by a line.
    """
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.8))
        for look, (label, losses) in zip(LINES, curves.items()):
            steps = np.arange(1, len(losses) + 1)
            mean = _smooth(np.nan_to_num(losses, nan=np.inf, posinf=1e300))
            axes.plot(steps, mean, **look, markevery=max(1, len(losses) // 8), label=label)
        if floor is not None:
            axes.axhline(floor, color=INK, linewidth=1, zorder=1)
            ends = [_smooth(losses)[-1] for losses in curves.values() if np.isfinite(losses[-1])]
            below = any(floor / 2 < end < floor for end in ends)  # a curve runs there: go above
            axes.annotate(
                tr(floor_label).format(floor),
                (0.98, floor),
                xytext=(0, 4 if below else -4),
                ha="right",
                va="bottom" if below else "top",
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
            )
        axes.set(xlabel="step", ylabel="loss (running mean)", yscale="log")
        axes.legend()


def decision_boundaries(
    scores: Mapping[str, Callable[[np.ndarray], np.ndarray]], data: Split, points: int = 250
) -> None:
    """Which class each place of the plane is given, and the examples on top.

    Args:
        scores: Title -> a function from points (N, 2) to scores (N, C).
    """
    reach = 1.05 * np.abs(data.X).max()
    ticks = np.linspace(-reach, reach, points)
    plane = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    greys = ("0.95", "0.8", "0.62", "0.45")
    with style() as plt:
        _, panels = plt.subplots(1, len(scores), figsize=(4.4 * len(scores), 4.2), squeeze=False)
        for axes, (title, function) in zip(panels.flat, scores.items()):
            regions = np.argmax(function(plane), axis=1).reshape(points, points)
            levels = np.arange(data.classes + 1) - 0.5
            axes.contourf(ticks, ticks, regions, levels=levels, colors=greys[: data.classes])
            axes.contour(ticks, ticks, regions, levels=levels[1:-1], colors=INK, linewidths=0.8)
            for k, look in zip(range(data.classes), LINES):
                own = data.X[data.y == k]
                axes.plot(own[:, 0], own[:, 1], linestyle="", marker=look["marker"],
                          color=look["color"], markersize=4, markeredgecolor="white",
                          markeredgewidth=0.4,
                          label=tr("class {number}").format(number=k))  # fmt: skip
            share = accuracy(function, data.X_val, data.y_val)
            axes.set(title=f"{title}: {share:.0%}", xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
            axes.grid(False)
        panels.flat[0].legend(loc="upper right", frameon=True, fontsize="small")


def error_maps(
    gradients: Mapping[str, np.ndarray],
    forward: Callable[[np.ndarray], np.ndarray],
    at: np.ndarray,
    upstream: np.ndarray,
) -> None:
    """The error of every entry of a matrix of gradients, against the numerical gradient.

    Args:
        gradients: Title -> gradient, shaped like `at`.
        forward: A function of the matrix alone.
        upstream: Shaped like `forward(at)`.
    """
    measured, _ = numerical_gradient(forward, at, upstream)
    size = np.abs(measured).max()
    with style() as plt:
        _, panels = plt.subplots(1, len(gradients), figsize=(3.9 * len(gradients), 4.2))
        for axes, (title, gradient) in zip(np.atleast_1d(panels), gradients.items()):
            off = np.abs(gradient - measured) / size
            digits = np.log10(np.maximum(off, 1e-16))
            image = axes.imshow(digits, vmin=-14, vmax=0)
            for (i, j), value in np.ndenumerate(digits):
                axes.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize="small",
                          color="white" if value < -7 else "black")  # fmt: skip
            axes.set(title=title, xlabel="output", ylabel="input")
            axes.grid(False)
        bar = plt.colorbar(image, ax=panels, shrink=0.8)
        bar.set_label("power of ten of the error, relative to the largest entry")


NETWORK = (  # name of the map, what it gives, what it keeps, its parameters
    ("affine", "(N, H)", "X, W1", "W1, b1"),
    ("ReLU", "(N, H)", "its input", ""),
    ("affine", "scores (N, C)", "its input, W2", "W2, b2"),
    ("softmax\nloss", "L", "", ""),
)
SIDE = 0.24
"""Half the width of a box."""


def network_drawing() -> None:
    """The two-layer network as a composition of maps, with what flows each way."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(10, 3.1))
        axes.set_axis_off()
        axes.set(xlim=(-0.8, 4.6), ylim=(-1.3, 1.1))
        small: dict[str, Any] = {"ha": "center", "fontsize": "small"}
        axes.text(-0.78, 0.16, "X (N, D)", ha="left", va="bottom")
        for i, (name, gives, keeps, parameters) in enumerate(NETWORK):
            x, last = 1.15 * i + 0.25, i == len(NETWORK) - 1
            axes.add_patch(plt.Rectangle((x - SIDE, -0.3), 2 * SIDE, 0.6, fill=False, lw=1.4))
            axes.text(x, 0, name, ha="center", va="center")
            arrow(axes, (x - 1.15 + SIDE, 0.12), (x - SIDE, 0.12), INK)
            if i:
                arrow(axes, (x - SIDE, -0.12), (x - 1.15 + SIDE, -0.12), RED)
            if last:
                arrow(axes, (x + SIDE, 0.12), (x + SIDE + 0.35, 0.12), INK)
                axes.text(x + SIDE + 0.17, 0.18, gives, va="bottom", **small)
                arrow(axes, (x, -0.8), (x, -0.3), INK)
                axes.text(x, -0.84, "y (N,)", ha="center", va="top")
                continue
            axes.text(x + 0.575, 0.18, gives, va="bottom", **small)
            back = "dscores" if i == 2 else "dout"
            axes.text(x + 0.575, -0.18, back, va="top", color=RED, **small)
            kept = tr("keeps {what}").format(what=tr(keeps))
            axes.text(x, 0.4, kept, va="bottom", style="italic", **small)
            if parameters:
                arrow(axes, (x - 0.12, -0.8), (x - 0.12, -0.3), INK)
                axes.text(x - 0.05, -0.84, parameters, ha="right", va="top")
                arrow(axes, (x + 0.12, -0.3), (x + 0.12, -0.8), RED)
                given = ", ".join("d" + p for p in parameters.split(", "))
                axes.text(x + 0.05, -0.84, given, ha="left", va="top", color=RED)
        axes.text(1.9, 1.05, "forward, from left to right: values", ha="center", va="top")
        axes.text(
            1.9,
            -1.28,
            "backward, from right to left and out at the parameters: gradients (dashed)",
            ha="center",
            va="bottom",
            color=RED,
        )


def signed_pictures(columns: np.ndarray, shape: tuple[int, ...], names: Sequence[str]) -> None:
    """Columns (D, ...) as pictures, one for each name: orange speaks for, violet against."""
    with style() as plt:
        _, panels = plt.subplots(2, len(names) // 2, figsize=(len(names) / 2 * 1.05, 2.4))
        most = float(np.abs(columns[:, : len(names)]).max())
        for column, name, axes in zip(columns.T, names, panels.flat):
            axes.imshow(column.reshape(shape), cmap="PuOr_r", vmin=-most, vmax=most)
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            axes.set_title(name, fontsize=8)
