"""Pictures of notebook 11: one library, three data sets."""

from collections.abc import Mapping, Sequence

import numpy as np

from autograder.lab.style import line, style
from autograder.language import tr


def three(curves: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """The validation loss of every run, one panel for each data set."""
    with style() as plt:
        _, panels = plt.subplots(1, len(curves), figsize=(3.4 * len(curves), 3.2), squeeze=False)
        for axes, (name, runs) in zip(panels[0], curves.items()):
            for i, losses in enumerate(runs):
                axes.plot(np.arange(1, len(losses) + 1), losses, **line(i, len(losses)),
                          label=tr("seed {number}").format(number=i))  # fmt: skip
            axes.set(title=name, xlabel="epoch", yscale="log")
            if len(runs) > 1:
                axes.legend()
        panels[0][0].set_ylabel("loss in test mode")
