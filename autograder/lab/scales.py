"""Pictures of sizes: lines and bars, scales through the layers, dead units, the V-curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.lab.style import BLUE, line, style


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
    size: tuple[float, float] = (7.0, 4.0),
) -> Any:
    """Lines that differ in colour, dash and marker.

    Args:
        x: Where, for all lines, or one sequence a line by its name.
        level: A height to compare with, and what it is.
    """
    with style() as plt:
        figure, axes = plt.subplots(figsize=size)
        for i, (name, values) in enumerate(lines.items()):
            xs = x[name] if isinstance(x, Mapping) else x
            axes.plot(xs, values, label=name, **line(i, len(values)))
        if level is not None:
            height, text = level
            axes.axhline(height, color="0.35", linewidth=1.0, linestyle=(0, (1, 3)))
            axes.annotate(
                text, (0.995, height), xycoords=("axes fraction", "data"), xytext=(0, 3),
                textcoords="offset points", ha="right", va="bottom", fontsize=9, color="0.25",
            )  # fmt: skip
        if logx:
            axes.set_xscale("log")
        if logy:
            axes.set_yscale("log")
        axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
        if len(lines) > 1:
            axes.legend()
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
        axes.barh(names, heights, color=BLUE, edgecolor="black", linewidth=0.8, height=0.62)
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
        axes.set(xlabel=xlabel, title=title)
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
                  markeredgecolor="black", zorder=5)  # fmt: skip
        axes.annotate(
            f"h = {steps[best]:.0e}", (steps[best], values[best]), xytext=(0, 10),
            textcoords="offset points", ha="center", va="bottom", fontsize=9,
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
) -> Any:
    """Several panels over the same axis; a panel's name is what its y axis shows.

    Args:
        logy: For each panel, whether its y axis is logarithmic.
    """
    with style() as plt:
        figure, all_axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.7))
        for number, (ylabel, lines) in enumerate(panels.items()):
            axes = np.atleast_1d(all_axes)[number]
            for i, (name, values) in enumerate(lines.items()):
                axes.plot(x, values, label=name, **line(i, len(values)))
            if logx:
                axes.set_xscale("log")
            if number < len(logy) and logy[number]:
                axes.set_yscale("log")
            axes.set(xlabel=xlabel, ylabel=ylabel)
            if len(lines) > 1:
                axes.legend()
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
            axes.set_title(f"{name}: {share:.0%} dead at the end")
        figure.suptitle(title, fontsize="medium")
        return figure
