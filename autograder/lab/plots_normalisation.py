"""Pictures of notebook 05: what normalisation does to a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.lab.style import BLACK, line, style


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
        axes.axhline(10, color=BLACK, linestyle=":", linewidth=1)
        axes.annotate("chance", (scales[-1], 10), xytext=(0, 4), textcoords="offset points",
                      ha="right")  # fmt: skip
        axes.set(
            xscale="log",
            ylim=(0, 103),
            xlabel="standard deviation of the initial weights",
            ylabel="validation accuracy (%)",
            title="The same network, the same training, six scales of weights",
        )
        axes.legend(loc="center left")
