"""Pictures of notebook 05: what normalisation does to a network, and along which axes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.style import INK, LINES, RED, line, style
from autograder.lab.training import History
from autograder.numerical import numerical_gradient


def scale_sweep(
    scales: Sequence[float], without: Sequence[float], with_norm: Sequence[float]
) -> None:
    """Validation accuracy against the scale of the initial weights.

    Args:
        scales: Standard deviations of the weights.
        without, with_norm: Accuracies from 0 to 1.
    """
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.6))
        axes.plot(scales, 100 * np.array(with_norm), **line(0), label="with batch norm")
        axes.plot(scales, 100 * np.array(without), **line(1), label="without")
        axes.axhline(10, color=INK, linestyle=":", linewidth=1)
        axes.annotate("chance", (scales[0], 10), xytext=(0, 4), textcoords="offset points")
        axes.set(
            xscale="log",
            ylim=(0, 103),
            xlabel="standard deviation of the initial weights",
            ylabel="validation accuracy (%)",
            title="The same network, the same training, six scales of weights",
        )
        axes.legend(loc="center left", bbox_to_anchor=(0.02, 0.5))


def shared_axes() -> None:
    """Which numbers are normalised together, in a grid of examples and channels."""
    n, c = 4, 6
    rows, columns = np.mgrid[:n, :c]
    kinds = {
        "batch norm\n(a channel, all examples)": columns == 1,
        "layer norm\n(an example, all channels)": rows == 1,
        "group norm, G = 3\n(an example, C/G channels)": (rows == 1) & (columns // 2 == 1),
        "group norm, G = C\n(“instance norm”)": (rows == 1) & (columns == 1),
    }
    with style() as plt:
        _, panels = plt.subplots(1, len(kinds), figsize=(10, 2.9), sharey=True)
        for axes, (title, together) in zip(panels, kinds.items()):
            axes.imshow(together, cmap="gray_r", vmin=0, vmax=1.6)
            axes.set_xticks(np.arange(-0.5, c), minor=True)
            axes.set_yticks(np.arange(-0.5, n), minor=True)
            axes.grid(False)
            axes.grid(True, which="minor", color=INK, linewidth=1, alpha=1)
            axes.tick_params(which="both", length=0)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set(title=title, xlabel="channels (each H × W)")
        panels[0].set_ylabel("examples")


def company(sizes: Sequence[int], spread: Mapping[str, Sequence[float]], reference: float) -> None:
    """How far one example's output moves with its company, against the size of the batch.

    Args:
        sizes: Numbers of examples in a batch.
        spread: Layer -> standard deviation of the output.
        reference: A typical size of an output.
    """
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.6))
        for i, (name, values) in enumerate(spread.items()):
            axes.plot(sizes, np.array(values) / reference, **line(i), label=name)
        axes.set(
            xscale="log",
            xlabel="examples in the batch",
            ylabel="movement of the output\n(in typical outputs)",
            title="One example in changing company",
            ylim=(-0.03, None),
        )
        axes.set_xticks(sizes, [str(n) for n in sizes])
        axes.minorticks_off()
        axes.legend()


def overfitting(runs: Mapping[str, History], floor: float = 0.0) -> None:
    """Accuracy on seen and on unseen data for several keep probabilities."""
    with style() as plt:
        _, panels = plt.subplots(1, 2, figsize=(9.5, 3.6), sharey=True)
        for look, (name, run) in zip(LINES, runs.items()):
            for axes, values in zip(panels, (run.train, run.val)):
                epochs = np.arange(1, len(values) + 1)
                every = max(1, len(values) // 8)
                axes.plot(epochs, 100 * np.array(values), **look, markevery=every, label=name)
        panels[0].set(title="examples it learnt from", xlabel="epoch", ylabel="accuracy (%)")
        panels[1].set(title="examples it has never seen", xlabel="epoch", ylim=(floor, 101))
        panels[1].legend(loc="lower right")


Values = dict[str, np.ndarray]
NODES: tuple[tuple[str, Callable[[Values], Any], tuple[str, ...], tuple[float, float]], ...] = (
    # name, how it is made, from what, where it stands
    ("mean", lambda v: np.mean(v["x"]), ("x",), (1.2, -1)),
    ("x - mean", lambda v: v["x"] - v["mean"], ("x", "mean"), (2.4, 0)),
    ("variance", lambda v: np.mean(np.square(v["x - mean"])), ("x - mean",), (3.6, -1)),
    ("std", lambda v: np.sqrt(v["variance"] + v["eps"]), ("variance",), (4.8, -1)),
    ("x̂", lambda v: v["x - mean"] / v["std"], ("x - mean", "std"), (6, 0)),
    ("γ x̂", lambda v: v["γ"] * v["x̂"], ("x̂", "γ"), (7.2, 0)),
    ("out", lambda v: v["γ x̂"] + v["β"], ("γ x̂", "β"), (8.4, 0)),
)
LEAVES = {"x": (0.0, 0.0), "γ": (6.6, -1.0), "β": (7.8, -1.0)}


def batchnorm_graph(
    x: np.ndarray, gamma: float, beta: float, eps: float, dout: np.ndarray
) -> dict[str, np.ndarray]:
    """Batch norm of one feature as a graph: values forward in grey, gradients backward in orange.

    The gradient at every node is measured by central differences of all that comes after it.

    Returns:
        Node -> gradient, such as `"x"` -> dL/dx, shape (N,).
    """
    start = {"x": x, "γ": np.array(gamma), "β": np.array(beta), "eps": np.array(eps)}
    values = _evaluated(start, {})
    grads = {name: _measured(name, start, values, dout) for name in values if name != "eps"}
    with style() as plt:
        _, axes = plt.subplots(figsize=(11, 4.1))
        axes.set_axis_off()
        axes.set(xlim=(-0.6, 9.4), ylim=(-1.75, 0.95))
        places = {**LEAVES, **{name: place for name, _, _, place in NODES}}
        for name, _, sources, place in NODES:
            for source in sources:
                _wire(axes, places[source], place, name)
        for name, (a, b) in places.items():
            axes.text(a, b, name, ha="center", va="center", zorder=3,
                      bbox={"boxstyle": "round,pad=0.35", "facecolor": "white"})  # fmt: skip
            _numbers(axes, a, b, values[name], grads[name])
        axes.set_title(
            "grey, above: values on the way forward     orange, below: gradients on the way back"
        )
    return grads


def _evaluated(start: Values, held: Mapping[str, np.ndarray]) -> Values:
    values = {**start, **held}
    for name, make, _, _ in NODES:
        values[name] = held[name] if name in held else np.asarray(make(values), dtype=float)
    return values


def _measured(name: str, start: Values, values: Values, dout: np.ndarray) -> np.ndarray:
    def out(moved: np.ndarray) -> np.ndarray:
        return _evaluated(start, {name: moved})["out"]

    return numerical_gradient(out, np.asarray(values[name], dtype=float), dout)[0]


def _wire(axes: Any, start: tuple[float, float], end: tuple[float, float], into: str) -> None:
    level = (
        start[1] == end[1]
    )  # then the head must stop before the box, which is as wide as its name
    room = 10 + 3 * len(into) if level else 16
    look = {"arrowstyle": "-|>", "color": "0.45", "shrinkA": 14, "shrinkB": room}
    axes.annotate("", end, start, arrowprops=look, zorder=1)


def _numbers(axes: Any, a: float, b: float, value: np.ndarray, grad: np.ndarray) -> None:
    def text(numbers: np.ndarray) -> str:
        return "\n".join(f"{n:.3g}" if abs(n) >= 5e-4 else "0" for n in np.atleast_1d(numbers))

    back = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
    axes.text(a, b + 0.2, text(value), ha="center", va="bottom", fontsize=9, zorder=2, bbox=back)
    axes.text(a, b - 0.2, text(grad), ha="center", va="top", fontsize=9, color=RED, zorder=2,
              style="italic", bbox=back)  # fmt: skip
