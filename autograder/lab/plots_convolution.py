"""Pictures of notebook 09: filters and their answers, borders, fields, and what shuffling does."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.style import INK, ORANGE, SKY, line, show, style
from autograder.language import counted, tr

DIVERGING = "PuOr_r"


def responses(picture: np.ndarray, filters: Mapping[str, np.ndarray], maps: np.ndarray) -> None:
    """A picture, filters, and the answer of each filter.

    Args:
        picture: Shape (H, W).
        filters: Name -> (HH, WW).
        maps: One answer for each filter, shape (F, H', W').
    """
    with style() as plt:
        figure, panels = plt.subplots(
            2, 1 + len(filters), figsize=(12, 3.6), height_ratios=(1, 1.5), squeeze=False
        )
        panels[0, 0].set_axis_off()
        show(panels[1, 0], picture, cmap="gray", title="the picture")
        for k, (name, weights) in enumerate(filters.items(), start=1):
            _numbered(panels[0, k], weights, "{:.2g}", signed=True, fontsize=7)
            panels[0, k].set_title(name)
            answer = maps[k - 1]
            if answer.min() >= 0:
                show(panels[1, k], answer, cmap="gray")
            else:
                top = np.quantile(np.abs(answer), 0.99)
                show(panels[1, k], answer, cmap=DIVERGING, vmin=-top, vmax=top)
        panels[0, 1].set_ylabel("filter")
        panels[1, 1].set_ylabel("its answer")
        figure.suptitle("orange: the picture looks like the filter; violet: like its negative")


def numbers(grids: Mapping[str, np.ndarray], title: str = "") -> None:
    """Small arrays side by side, each number written into its field."""
    _side_by_side(grids, "{:.2f}", title)


def signed(grids: Mapping[str, np.ndarray]) -> None:
    """Small arrays of both signs on one scale, zeros left white and empty."""
    top = max(float(np.abs(values).max()) for values in grids.values())
    title = "Max pooling routes, mean pooling spreads (empty: exactly 0)"
    _side_by_side(grids, "{:.1f}", title, signed=True, top=top)


def _side_by_side(grids: Mapping[str, np.ndarray], form: str, title: str, **look: Any) -> None:
    with style() as plt:
        figure, panels = plt.subplots(1, len(grids), figsize=(3.9 * len(grids), 4.1), squeeze=False)
        for axes, (name, values) in zip(panels.flat, grids.items()):
            _numbered(axes, values, form, **look)
            axes.set(title=name, xlabel="column", ylabel="row of the array")
        figure.suptitle(title)


def seconds_spent(spent: Mapping[str, float]) -> None:
    """Bars of seconds on a logarithmic axis; in each pair the first, by loops, looks different."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(7, 0.9 + 0.5 * len(spent)))
        values = np.array(list(spent.values()))
        bars = axes.barh(list(spent), 1e3 * values, color=SKY, edgecolor=INK, hatch="//")
        for bar in bars[::2]:
            bar.set(facecolor=ORANGE, hatch="..")
        axes.bar_label(bars, labels=[f" {1e3 * value:.3g} ms" for value in values])
        axes.set(
            xscale="log",
            xlabel="milliseconds (logarithmic)",
            title="The same numbers, by loops and by one matrix product",
        )
        axes.set_xlim(right=8e3 * values.max())
        axes.invert_yaxis()
        axes.grid(False, axis="y")


def fields(squares: Mapping[int, np.ndarray], sides: Mapping[int, int]) -> None:
    """The size of dx around the unit in the middle, for several depths.

    Args:
        squares: Number of layers -> squared gradient of every pixel.
        sides: Number of layers -> side of the square that holds 95 % of it.
    """
    with style() as plt:
        figure, panels = plt.subplots(
            1, len(squares), figsize=(3 * len(squares), 3.5), sharey=True, squeeze=False
        )
        for axes, (depth, square) in zip(panels.flat, squares.items()):
            middle, reach = len(square) // 2, len(square) // 2 + 0.5
            extent = (-reach, reach, -reach, reach)
            size = np.sqrt(square)
            shown = np.where(size > 0, np.log10(np.where(size > 0, size / size.max(), 1)), np.nan)
            image = axes.imshow(shown, extent=extent, vmin=-3, vmax=0)
            for side, look in ((sides[depth], "-"), (2 * depth + 1, ":")):
                corner = (-side / 2, -side / 2)
                axes.add_patch(
                    plt.Rectangle(corner, side, side, fill=False, edgecolor="#D55E00",
                                  linestyle=look, linewidth=1.8)
                )  # fmt: skip
            axes.set(title=counted(depth, "layer"), xlabel="pixels from the middle")
            axes.set_xlim(-middle - 0.5, middle + 0.5)
            axes.grid(False)
        panels[0, 0].set_ylabel("pixels from the middle")
        figure.colorbar(image, ax=panels, label="size of dx, log₁₀", shrink=0.75)
        figure.suptitle("dotted: all that a unit sees; solid: 95 % of the squared gradient")


def learned(filters: np.ndarray, pictures: np.ndarray, maps: np.ndarray) -> None:
    """Filters that were learnt, and what they answer to a few pictures.

    Args:
        filters: Shape (F, HH, WW).
        pictures: Shape (n, H, W).
        maps: Shape (n, F, H', W'), after ReLU.
    """
    top = float(np.abs(filters).max())
    with style() as plt:
        figure, panels = plt.subplots(
            1 + len(pictures), 1 + len(filters), figsize=(11, 1.3 * (1 + len(pictures))),
            squeeze=False,
        )  # fmt: skip
        panels[0, 0].set_axis_off()
        for k, weights in enumerate(filters, start=1):
            show(panels[0, k], weights, cmap=DIVERGING, vmin=-top, vmax=top)
            panels[0, k].set_title(tr("filter {number}").format(number=k))
        for row, picture, answers in zip(panels[1:], pictures, maps):
            show(row[0], picture, cmap="gray_r", vmin=0, vmax=1)
            for axes, answer in zip(row[1:], answers):
                show(axes, answer, cmap="gray_r", vmin=0, vmax=float(maps.max()))
        figure.suptitle("Above: filters (orange positive, violet negative). Below: their answers.")


def two_worlds(
    plain: np.ndarray, mixed: np.ndarray, table: Mapping[str, Mapping[str, float]]
) -> None:
    """A digit, the same digit shuffled, and how well two networks read either kind.

    Args:
        plain, mixed: Shape (H, W).
        table: Kind of picture -> network -> accuracy from 0 to 1.
    """
    with style() as plt:
        _, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.4), width_ratios=(1, 1, 2.2))
        show(left, plain, cmap="gray_r", title="a digit", vmin=0, vmax=1)
        show(middle, mixed, cmap="gray_r", title="the same, shuffled", vmin=0, vmax=1)
        kinds = list(table)
        for i, name in enumerate(next(iter(table.values()))):
            right.plot(
                kinds,
                [100 * table[kind][name] for kind in kinds],
                **line(i),
                label=name.replace("_", " "),
            )
        right.set(
            ylabel="read correctly (%)", title="unseen digits, mean of three runs",
            xlim=(-0.3, 1.3), ylim=(85, 100),
        )  # fmt: skip
        right.legend(loc="lower left")


def accuracy_maps(grids: Mapping[str, np.ndarray], shifts: Sequence[int]) -> None:
    """Accuracy in per cent for each shift down and to the right."""
    with style() as plt:
        figure, panels = plt.subplots(1, len(grids), figsize=(4.2 * len(grids), 4.3), squeeze=False)
        for axes, (name, grid) in zip(panels.flat, grids.items()):
            _numbered(axes, 100 * grid, "{:.0f}", top=100.0)
            axes.set(title=name, xlabel="pixels to the right", ylabel="pixels down")
            axes.set_xticks(range(len(shifts)), [str(s) for s in shifts])
            axes.set_yticks(range(len(shifts)), [str(s) for s in shifts])
        figure.suptitle("Unseen digits read correctly (%), moved")


def _numbered(
    axes: Any,
    values: np.ndarray,
    form: str,
    *,
    signed: bool = False,
    top: float | None = None,
    fontsize: float = 0,
) -> None:
    """An array as coloured fields with numbers in them; where signed, zeros stay empty."""
    small = fontsize or ("small" if len(values) < 7 else 7)
    top = top or float(np.abs(values).max()) or 1.0
    look = {"cmap": DIVERGING, "vmin": -1.6 * top} if signed else {"cmap": "Blues", "vmin": 0}
    image = axes.imshow(values, vmax=1.6 * top, **look)
    for (i, j), value in np.ndenumerate(values):
        text = "" if signed and value == 0 else form.format(value).replace("0.", ".", 1)
        ink = "black" if np.dot(image.to_rgba(value), (0.3, 0.59, 0.11, 0)) > 0.45 else "white"
        axes.text(j, i, text, ha="center", va="center", fontsize=small, color=ink)
    axes.set(xticks=range(values.shape[1]), yticks=range(len(values)))
    axes.tick_params(length=0, labelsize="small")
    axes.grid(False)
