"""What a gradient costs: backpropagation against finite differences."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.lab.style import line, style


@dataclass(frozen=True)
class Cost:
    """Measured times at one size of network."""

    parameters: int  # how many numbers are learnt
    forward: float  # seconds of one forward pass
    backprop: float  # seconds of one forward and one backward pass

    @property
    def differences(self) -> float:
        """Seconds of a whole gradient by central differences: two forward passes a parameter."""
        return 2 * self.parameters * self.forward

    @property
    def ratio(self) -> float:
        """How many times longer differences take than backpropagation."""
        return self.differences / self.backprop


def seconds(action: Callable[[], Any], least: float = 0.05) -> float:
    """The shortest time that `action` takes, of as many tries as fit into `least` seconds."""
    best, begin = np.inf, time.perf_counter()
    while time.perf_counter() - begin < least:
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return float(best)


def draw(costs: Sequence[Cost]) -> None:
    """Both times against the number of parameters."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.8))
        sizes = [cost.parameters for cost in costs]
        slow, fast = [c.differences for c in costs], [c.backprop for c in costs]
        axes.plot(sizes, slow, **line(1), label="central differences, 2P forward passes")
        axes.plot(sizes, fast, **line(0), label="backpropagation")
        last = costs[-1]
        axes.annotate(
            "", (last.parameters, last.differences), (last.parameters, last.backprop),
            arrowprops={"arrowstyle": "<->", "shrinkA": 6, "shrinkB": 6},
        )  # fmt: skip
        axes.annotate(
            f"{last.ratio:,.0f} ×", (last.parameters, np.sqrt(last.differences * last.backprop)),
            xytext=(-6, 0), textcoords="offset points", ha="right", va="center",
        )  # fmt: skip
        axes.set(
            xscale="log", yscale="log", xlabel="parameters P", ylabel="seconds for one gradient",
            title="The price of one gradient",
        )  # fmt: skip
        axes.legend(loc="upper left")
        axes.set_ylim(top=20 * last.differences)
