"""Pictures of sizes: lines and bars, scales through the layers, dead units, the V-curve."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.style import BLUE, INK, line, style
from autograder.language import tr


def draw_lines(
    x: Sequence[float] | Mapping[str, Sequence[float]],
    lines: Mapping[str, Sequence[float]],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    logx: bool = False,
    logy: bool = False,
    level: tuple[float, str] | None = None,
    legend: str = "best",
    size: tuple[float, float] = (7.0, 4.0),
) -> Any:
    """Lines that differ in colour, dash and marker.

    Args:
        x: Where, for all lines, or one sequence a line by its name.
        level: A height to compare with, and what it is.
        legend: `"right"` puts it beside the axes, where the lines leave no room inside.
    """
    with style() as plt:
        figure, axes = plt.subplots(figsize=size)
        for i, (name, values) in enumerate(lines.items()):
            xs = x[name] if isinstance(x, Mapping) else x
            axes.plot(xs, values, label=name, **line(i, len(values)))
        if level is not None:
            height, text = level
            axes.axhline(height, color=INK, linewidth=1.0, linestyle=(0, (1, 3)))
            axes.annotate(
                text, (0.995, height), xycoords=("axes fraction", "data"), xytext=(0, 3),
                textcoords="offset points", ha="right", va="bottom", fontsize=9, color=INK,
            )  # fmt: skip
        if logx:
            axes.set_xscale("log")
        if logy:
            axes.set_yscale("log")
        axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
        if len(lines) > 1 and legend == "right":
            figure.set_size_inches(size[0] + 2.2, size[1])
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        elif len(lines) > 1:
            axes.legend(loc=legend)
        return figure


def draw_bars(
    values: Mapping[str, float],
    *,
    xlabel: str,
    title: str = "",
    logx: bool = False,
    digits: int = 2,
) -> Any:
    """Horizontal bars, each with its number; the longest names fit."""
    with style() as plt:
        figure, axes = plt.subplots(figsize=(7.0, 0.9 + 0.42 * len(values)))
        names = list(values)
        heights = [float(values[name]) for name in names]
        axes.barh(names, heights, color=BLUE, edgecolor=INK, linewidth=0.8, height=0.62)
        for place, height in enumerate(heights):
            axes.annotate(
                f"{height:.{digits}g}", (height, place), xytext=(4, 0),
                textcoords="offset points", va="center", fontsize=9,
            )  # fmt: skip
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        if logx:
            axes.set_xscale("log")
            low, high = min(heights), max(heights)
            axes.set_xlim(low / 10, high * 30)
        else:
            axes.margins(x=0.12)
        axes.set(xlabel=xlabel)
        figure.suptitle(title, fontsize="medium")
        return figure


def draw_v_curve(
    steps: Sequence[float], errors: Mapping[str, Sequence[float]], *, title: str = ""
) -> Any:
    """The error of a numerical gradient against its step, both on logarithmic axes.

    Args:
        errors: What was measured -> relative errors, one a step; the best step is marked.
    """
    shown = {name: np.maximum(values, 1e-17).tolist() for name, values in errors.items()}
    figure = draw_lines(
        steps, shown, xlabel="step h", ylabel="relative error of the numerical gradient",
        title=title, logx=True, logy=True,
    )  # fmt: skip
    axes = figure.axes[0]
    for values in shown.values():
        best = int(np.argmin(values))
        axes.plot(steps[best], values[best], marker="*", markersize=15, color="white",
                  markeredgecolor=INK, zorder=5)  # fmt: skip
        axes.annotate(
            f"h = {steps[best]:.0e}", (steps[best], values[best]), xytext=(0, 10),
            textcoords="offset points", ha="center", va="bottom", fontsize=9, zorder=4,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
        )  # fmt: skip
    axes.margins(y=0.12)
    return figure


def draw_side_by_side(
    x: Sequence[float],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    xlabel: str,
    title: str = "",
    logx: bool = False,
    logy: Sequence[bool] = (),
    columns: int | None = None,
) -> Any:
    """Several panels over the same axis; a panel's name is what its y axis shows.

    Args:
        logy: For each panel, whether its y axis is logarithmic.
        columns: Panels in a row; all of them when it is None.
    """
    wide = columns or len(panels)
    high = -(-len(panels) // wide)
    with style() as plt:
        figure, all_axes = plt.subplots(
            high, wide, figsize=(min(4.6, 14 / wide) * wide, 3.5 * high), squeeze=False
        )
        for number, (ylabel, lines) in enumerate(panels.items()):
            axes = all_axes.flat[number]
            for i, (name, values) in enumerate(lines.items()):
                axes.plot(x, values, label=name, **line(i, len(values)))
            if logx:
                axes.set_xscale("log")
            if number < len(logy) and logy[number]:
                axes.set_yscale("log")
            axes.set(xlabel=xlabel, ylabel=ylabel)
            repeated = number > 0 and all(list(p) == list(lines) for p in panels.values())
            if len(lines) > 1 and not repeated:
                axes.legend()
        for empty in all_axes.flat[len(panels) :]:
            empty.set_axis_off()
            old = all_axes.flat[0].get_legend()
            if old is not None and all_axes.flat[1].get_legend() is None:  # one for all panels
                old.remove()
                empty.legend(*all_axes.flat[0].get_legend_handles_labels(), loc="center")
        figure.suptitle(title, fontsize="medium")
        return figure


def draw_dead_units(
    dead: Mapping[str, Sequence[np.ndarray]], times: Sequence[float], *, title: str = ""
) -> Any:
    """Which units are dead at which time: a row a unit, black where it is dead.

    Args:
        dead: Layer -> one boolean array (H,) a time.
    """
    with style() as plt:
        figure, all_axes = plt.subplots(1, len(dead), figsize=(4.6 * len(dead), 3.9))
        for axes, (name, masks) in zip(np.atleast_1d(all_axes), dead.items()):
            grid = np.array(masks).T
            grid = grid[np.lexsort((np.argmax(grid, axis=1), -grid.sum(axis=1)))]
            axes.imshow(
                grid, aspect="auto", cmap="Greys", vmin=0, vmax=1, interpolation="nearest",
                extent=(times[0], times[-1], len(grid), 0),
            )  # fmt: skip
            axes.grid(visible=False)
            share = grid[:, -1].mean()
            axes.set(xlabel="step of training", ylabel="unit (sorted)")
            axes.set_title(
                tr("{layer}: {share:.0%} dead at the end").format(layer=name, share=share)
            )
        figure.suptitle(title, fontsize="medium")
        return figure


def draw_grid(
    values: Sequence[Sequence[float]],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    label: str,
    title: str = "",
) -> Any:
    """A grid of shares from 0 to 1, each with its number."""
    with style() as plt:
        figure, axes = plt.subplots(figsize=(1.9 + 1.25 * len(columns), 1.2 + 0.6 * len(rows)))
        shown = axes.imshow(np.asarray(values), vmin=0, vmax=1, cmap="cividis", aspect="auto")
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                colour = "black" if value > 0.55 else "white"
                axes.text(j, i, f"{value:.0%}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.grid(visible=False)
        axes.set_title(title)
        figure.colorbar(shown, label=label)
        return figure


def draw_verdicts(verdicts: Mapping[str, tuple[bool, bool]], *, title: str = "") -> Any:
    """What is right beside what a check said, a row a layer; disagreement is framed.

    Args:
        verdicts: Layer -> (whether it is right, whether the check accepted it).
    """
    with style() as plt:
        figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.36 * len(verdicts)))
        for row, (truth, said) in enumerate(verdicts.values()):
            for column, value in enumerate((truth, said)):
                shade, text = ("white", tr("right")) if value else ("0.8", tr("wrong"))
                box = {"facecolor": shade, "edgecolor": INK, "boxstyle": "round,pad=0.25"}
                axes.text(column, row, text, ha="center", va="center", bbox=box)
            if truth != said:
                word = tr("missed") if said else tr("false alarm")
                axes.text(1.5, row, f"← {word}", va="center", fontweight="bold")
        axes.set_xlim(-0.5, 2.1)
        axes.set_ylim(len(verdicts) - 0.5, -0.7)
        axes.set_xticks([0, 1], [tr("in truth"), tr("your check")])
        axes.xaxis.tick_top()
        axes.set_yticks(range(len(verdicts)), list(verdicts))
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        figure.suptitle(title, fontsize="medium")
        return figure
