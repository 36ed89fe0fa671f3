"""Pictures of notebook 10: softmax, attention, and a transformer that learns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.style import BLUE, INK, ORANGE, RED, arrow, line, style
from autograder.language import tr


def costs(timed: Mapping[int, tuple[float, float, float]]) -> None:
    """Milliseconds against the length of a row: with Jacobians and without."""
    lengths = list(timed)
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.2, 3.6))
        for i, label in enumerate(("with every Jacobian built", "your backward pass")):
            axes.plot(lengths, [1e3 * timed[n][i] for n in lengths], **line(i), label=label)
        axes.set(xscale="log", yscale="log", ylabel="milliseconds",
                 xlabel="$T$, scores in a row",
                 title="One gradient through softmax")  # fmt: skip
        axes.set_xticks(lengths, [str(n) for n in lengths])
        axes.minorticks_off()
        axes.legend()


def scales(widths: Sequence[int], table: Mapping[str, np.ndarray]) -> None:
    """How sure softmax is, and what gradient is left, against the length of a query."""
    with style() as plt:
        _, panels = plt.subplots(1, 2, figsize=(9.5, 3.6))
        what = ("largest probability of a row", "mean size of a score's gradient")
        for axes, row, label in zip(panels, (1, 2), what):
            for i, (name, values) in enumerate(table.items()):
                axes.plot(
                    widths, values[row], **line(1 - i), label=tr("products {how}").format(how=name)
                )
            axes.set(xscale="log", xlabel="$d$, length of a query", title=label)
            axes.set_xticks(widths, [str(d) for d in widths])
            axes.minorticks_off()
            axes.set_ylim(bottom=0)
        panels[0].set_ylabel("mean over the rows")
        panels[0].legend(loc="center right")


def alike(depths: Sequence[int], curves: Mapping[str, Sequence[float]]) -> None:
    """Cosine of the gradients of two nearly equal inputs, against depth."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.6))
        for i, (name, cosines) in enumerate(curves.items()):
            axes.plot(depths, cosines, **line(i), label=name)
        axes.set(xscale="log", xlabel="layers", ylim=(-0.1, 1.1),
                 ylabel="cosine of the two gradients",
                 title="Do two nearly equal inputs get nearly equal gradients?")  # fmt: skip
        axes.set_xticks(depths, [str(d) for d in depths])
        axes.minorticks_off()
        axes.legend(loc="lower left")


def triangle(tables: np.ndarray, letters: Sequence[str]) -> None:
    """Who looks at whom: one panel for each head, queries downwards, keys to the right.

    Args:
        tables: Shape (H, T, T), rows add up to one.
        letters: The T letters of the text.
    """
    shown = [{" ": "␣", "\n": "↵"}.get(letter, letter) for letter in letters]
    places = np.arange(len(shown))
    with style() as plt:
        across = 2 if len(tables) > 1 else 1
        down = -(-len(tables) // across)
        figure, panels = plt.subplots(
            down, across, figsize=(5.2 * across, 5.0 * down), squeeze=False, sharey=True
        )
        for head, (axes, table) in enumerate(zip(panels.flat, tables)):
            hidden = np.ma.masked_where(np.triu(np.ones(table.shape, bool), 1), table)
            axes.set_facecolor("0.92")
            image = axes.imshow(hidden, cmap="cividis", vmin=0, vmax=1)
            axes.set_xticks(places, shown, fontsize=8)
            axes.set_yticks(places, shown, fontsize=8)
            axes.grid(False)
            axes.set(
                title=tr("head {number}").format(number=head), xlabel="key: the letter looked at"
            )
        for axes in panels[:, 0]:
            axes.set_ylabel("query: the letter that looks")
        figure.colorbar(image, ax=panels, shrink=0.6, label="probability")


def peeking(runs: Mapping[str, tuple[float, float]]) -> None:
    """Training loss beside the loss at the last place, for several ways to train."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(7, 3.8))
        places = np.arange(len(runs))
        looks = (("all places, in training", BLUE, ""), ("the last place only", ORANGE, "//"))
        for i, (label, color, hatch) in enumerate(looks):
            heights = [pair[i] for pair in runs.values()]
            bars = axes.bar(places + 0.36 * (i - 0.5), heights, 0.34, color=color, hatch=hatch,
                            edgecolor=INK, label=label)  # fmt: skip
            axes.bar_label(bars, labels=[f"{h:.2f}" for h in heights])
        axes.set_xticks(places, list(runs))
        axes.set(
            ylabel="loss per letter", title="The best loss belongs to the net that reads ahead"
        )
        axes.set_ylim(0, 1.3 * max(map(max, runs.values())))
        axes.legend(loc="upper left")


def wrong_and_right(right: float, wrong: Mapping[str, tuple[float, float]], guess: float) -> None:
    """Loss after training with wrong gradients, beside the right one.

    Args:
        right: Loss with the right gradient.
        wrong: What is wrong -> loss, and relative error of the gradient.
        guess: The loss of pure guessing.
    """
    rows = [("the right gradient", right, 0.0), *((k, *v) for k, v in wrong.items())]
    rows.sort(key=lambda row: -row[1])
    with style() as plt:
        _, axes = plt.subplots(figsize=(9, 0.9 + 0.36 * len(rows)))
        for place, (_, loss, error) in enumerate(rows):
            own = error == 0
            axes.barh(place, loss, color=BLUE if own else ORANGE, hatch="" if own else "//",
                      edgecolor=INK)  # fmt: skip
            told = tr("right") if own else tr("{error:.0%} off").format(error=error)
            axes.text(loss + 0.03, place, f"{loss:.2f}  ({told})", va="center", fontsize=9.5,
                      fontweight="bold" if own else "normal")  # fmt: skip
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        axes.axvline(right, color=BLUE, linewidth=1.2, linestyle="--")
        axes.axvline(guess, color=RED, linewidth=1.2, linestyle=":")
        axes.text(guess, len(rows) - 0.4, "guessing ", ha="right", va="top", color=RED)
        axes.set(xlabel="loss per letter after training", xlim=(0, 1.08 * guess),
                 title="Training is no test: one net, wrong gradients")  # fmt: skip
        axes.grid(axis="y", visible=False)


def memory(lengths: Sequence[int], curves: Mapping[str, Sequence[float]]) -> None:
    """Peak memory of a forward pass, in megabytes, against the length of the sequence."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.2, 3.6))
        for i, (name, values) in enumerate(curves.items()):
            axes.plot(lengths, values, **line(1 - i), label=name)
        axes.set(xscale="log", yscale="log", xlabel="$T$, length of the sequence",
                 ylabel="peak, megabytes", title="Memory of one head's forward pass")  # fmt: skip
        axes.set_xticks(lengths, [str(n) for n in lengths])
        axes.minorticks_off()
        axes.legend()


def block() -> None:
    """A block: the highway with its two plus signs, values in grey, gradients in orange."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(10, 3.7))
        axes.set_axis_off()
        axes.set(xlim=(-0.4, 10.4), ylim=(-0.9, 2.45))
        _both(axes, (0, 0), (3.72, 0))
        _both(axes, (4.28, 0), (8.72, 0))
        _both(axes, (9.28, 0), (10.2, 0))
        for plus in (4, 9):
            axes.text(plus, 0, "+", ha="center", va="center", fontsize=17,
                      bbox={"boxstyle": "circle,pad=0.25", "facecolor": "white"})  # fmt: skip
        branches = ((0.7, 4, ("norm", "attention")), (5, 9, ("norm", "affine · GELU · affine")))
        for start, plus, boxes in branches:
            _both(axes, (start, 0), (start, 1.55))
            width = (plus - start) / len(boxes)
            places = [start + 0.55, start + 0.45 + width * 1.05]
            _both(axes, (start, 1.6), (places[0] - 0.34, 1.6))
            for place, name in zip(places, boxes):
                axes.text(place, 1.6, name, ha="center", va="center",
                          bbox={"boxstyle": "round,pad=0.45", "facecolor": "white"})  # fmt: skip
            wide = 0.62 if boxes[1] == "attention" else 1.12
            _both(axes, (places[0] + 0.34, 1.6), (places[1] - wide, 1.6))
            _both(axes, (places[1] + wide, 1.6), (plus, 1.6))
            _both(axes, (plus, 1.55), (plus, 0.3))
            axes.plot(start, 0, marker="o", color=INK, markersize=6)
        for place, name in ((0.1, "x"), (4.65, "y"), (9.85, "out")):
            axes.text(place, 0.16, f"$\\mathrm{{{name}}}$" if name == "out" else f"${name}$",
                      ha="center", va="bottom", fontsize=13)  # fmt: skip
            axes.text(place, -0.18, "dout" if name == "out" else f"d{name}", ha="center", va="top",
                      color=RED)  # fmt: skip
        for place in (0.7, 5):
            axes.text(place, -0.34, "here two gradients meet:\nadd them", ha="center", va="top",
                      color=RED, fontsize=9.5)  # fmt: skip
        axes.text(7.4, -0.2, "the highway", ha="center", va="top", fontsize=9.5, style="italic")
        axes.text(5, 2.4, "grey: values      orange and dashed: gradients", ha="center", va="top")


def _both(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow for the value, and one the other way for the gradient beside it."""
    dx, dy = (0.0, 0.045) if start[1] == end[1] else (0.05, 0.0)
    arrow(axes, (start[0] + dx, start[1] + dy), (end[0] + dx, end[1] + dy), INK)
    arrow(axes, (end[0] - dx, end[1] - dy), (start[0] - dx, start[1] - dy), RED)
