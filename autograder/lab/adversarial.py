"""Pictures that were changed along the gradient of the loss."""

from collections.abc import Callable, Sequence

import numpy as np

from autograder.lab.data import Split
from autograder.lab.style import INK, line, style
from autograder.language import tr

SHOWN = 6


def draw(
    data: Split,
    signs: np.ndarray,
    scores: Callable[[np.ndarray], np.ndarray],
    steps: Sequence[float],
    along: Sequence[float],
    aside: Sequence[float],
    epsilon: float,
) -> None:
    """Examples before and after, and accuracy against the size of the change.

    Args:
        signs: Sign of dL/dx for every validation picture, shaped like `data.X_val`.
        steps: Sizes of the change.
        along, aside: Accuracies from 0 to 1, along the gradient and with random signs.
        epsilon: The size shown in the pictures.
    """
    changed = np.clip(data.X_val + epsilon * signs, 0, 1)
    before, after = scores(data.X_val).argmax(axis=1), scores(changed).argmax(axis=1)
    fooled = np.flatnonzero((before == data.y_val) & (after != data.y_val))[:SHOWN]
    with style() as plt:
        figure = plt.figure(figsize=(10, 3.7))
        left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
        grid = left.subplots(2, SHOWN, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for column, i in enumerate(fooled):
            for row, (picture, read) in enumerate(
                ((data.X_val[i], before[i]), (changed[i], after[i]))
            ):
                axes = grid[row, column]
                axes.imshow(picture.reshape(data.shape), cmap="gray_r", vmin=0, vmax=1)
                axes.set_title(f"“{read}”")
        said = tr("above: as they are; below: each pixel moved by {size:g}").format(size=epsilon)
        left.suptitle(said, fontsize="medium")
        axes = right.subplots()
        axes.plot(steps, 100 * np.array(aside), **line(0), label="random signs")
        axes.plot(steps, 100 * np.array(along), **line(1), label="signs of the gradient")
        axes.axhline(10, color=INK, linestyle=":", linewidth=1)
        axes.annotate("chance", (steps[0], 10), xytext=(0, 4), textcoords="offset points")
        axes.set(xlabel="size of the change, per pixel", ylabel="read correctly (%)", ylim=(0, 103))
        axes.legend(loc="upper right", bbox_to_anchor=(1, 0.94))
