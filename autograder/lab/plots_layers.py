"""Pictures of notebook 02: loss curves, activations, decision boundaries, gradient errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.lab.style import BLACK, BLUE, GREEN, RED, SKY, style
from autograder.lab.training import History


def loss_curve(history: History, title: str = "", floor: float | None = None) -> None:
    """The loss of every mini-batch, and accuracy on seen and unseen data after every epoch.

    Args:
        floor: A loss to mark by a line, such as ln C, where a classifier starts.
    """
    with style() as plt:
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
        steps = np.arange(1, len(history.loss) + 1)
        left.plot(steps, history.loss, color=SKY, linewidth=0.8, label="each mini-batch")
        left.plot(steps, _smooth(history.loss), color=BLACK, label="running mean")
        if floor is not None:
            left.axhline(floor, color=RED, linestyle="--", linewidth=1.2)
            left.annotate(
                f"all classes alike: {floor:.3f}", (steps[-1], floor), xytext=(0, -4),
                textcoords="offset points", ha="right", va="top", color=RED,
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
