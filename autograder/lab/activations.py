"""Activation functions side by side: value, slope, saturation and price."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.lab.costs import seconds
from autograder.lab.style import BLUE, INK, RED, SKY, style
from autograder.lab.training import bare
from autograder.language import tr

REACH = 10.0
FLAT = 0.01


@dataclass(frozen=True, eq=False)
class Activation:
    """What was measured of one activation function on [-10, 10]."""

    name: str
    # x, value, slope: the curve
    x: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    nanoseconds: float  # time of a forward and a backward pass, per number

    @property
    def lowest(self) -> float:
        """The smallest slope."""
        return float(self.slope.min())

    @property
    def highest(self) -> float:
        """The largest slope."""
        return float(self.slope.max())

    @property
    def flat(self) -> float:
        """The share of [-10, 10] on which the slope is below 0.01 in size: saturation."""
        return float(np.mean(np.abs(self.slope) < FLAT))


def measure(
    functions: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]], points: int = 4001
) -> list[Activation]:
    """Measure pairs `(forward, backward)`; backward gets an upstream gradient of ones."""
    x = np.linspace(-REACH, REACH, points)[:, None]
    ones = np.ones_like(x)
    rows = []
    for name, (forward, backward) in functions.items():
        value, cache = forward(x.copy())
        slope = bare(backward(ones.copy(), cache))
        # copies: functions may change what they are given, and the next one needs it as it was
        time = seconds(lambda f=forward, b=backward: b(ones.copy(), f(x.copy())[1]))  # type: ignore[misc]
        rows.append(
            Activation(name, x[:, 0], np.ravel(value), np.ravel(slope), 1e9 * time / points)
        )
    return rows


def draw(rows: Sequence[Activation]) -> None:
    """A panel for each activation, and their prices as bars."""
    with style() as plt:
        figure, panels = plt.subplots(2, 3, figsize=(9.6, 5.4))
        for row, axes in zip(rows, panels.flat):
            near = np.abs(row.x) <= 5
            axes.fill_between(
                row.x[near], 0, 1, where=np.abs(row.slope[near]) < FLAT, color=SKY, alpha=0.35,
                transform=axes.get_xaxis_transform(), linewidth=0,
            )  # fmt: skip
            axes.plot(row.x[near], row.value[near], color=BLUE, label="value")
            axes.plot(row.x[near], row.slope[near], color=RED, linestyle="--", label="slope")
            axes.set(
                title=tr("{name}: slope {low:g} to {high:g}").format(
                    name=row.name, low=round(row.lowest, 4), high=round(row.highest, 4)
                ),
                ylim=(-1.3, 2.2),
            )
            axes.axhline(0, color=INK, linewidth=0.6)
        panels.flat[0].legend(loc="upper left")
        axes = panels.flat[len(rows)]
        axes.barh([r.name for r in rows], [r.nanoseconds for r in rows], color=SKY, edgecolor=INK)
        axes.set(xscale="log", xlabel="ns per number, forward + backward", title="price, here")
        decades = 10 ** np.arange(1 + np.ceil(np.log10(max(r.nanoseconds for r in rows))))
        axes.set_xticks(decades, [f"{decade:,.0f}" for decade in decades])
        axes.xaxis.set_minor_formatter("")
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        figure.suptitle("Activations: value, slope, and where the slope is below 0.01 (shaded)")
