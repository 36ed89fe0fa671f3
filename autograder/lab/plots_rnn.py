"""Pictures of notebook 06: gradients through time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autograder.lab.style import BLACK, line, style


def norms_over_time(
    curves: Mapping[str, np.ndarray], title: str = "What is left of a gradient, going back in time"
) -> None:
    """Norms of gradients against the number of steps back, on a log scale.

    Args:
        curves: Label -> norms, the first one where the gradient starts.
    """
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.8))
        for i, (label, norms) in enumerate(curves.items()):
            steps = np.arange(len(norms))
            axes.plot(steps, norms, **line(i, len(norms)), label=label)
        axes.axhline(1, color=BLACK, linewidth=0.8)
        axes.set(
            yscale="log",
            xlabel="steps back from the end",
            ylabel="norm of the gradient",
            title=title,
        )
        axes.legend()
