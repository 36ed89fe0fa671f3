"""How every picture of the course looks: legible in black and white and for the colour-blind.

Lines differ in colour *and* in dash *and* in marker. The colours are those of Okabe and Ito
(2008, "Color Universal Design"), in an order in which their greys differ too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": RED, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": BLACK, "linestyle": ":", "marker": "D"},
    {"color": PURPLE, "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
    {"color": ORANGE, "linestyle": (0, (8, 2)), "marker": "P"},
)
SETTINGS: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "font.size": 10.5,
    "grid.alpha": 0.3,
    "image.cmap": "cividis",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


@contextmanager
def style() -> Iterator[Any]:
    """Draw inside this; gives `matplotlib.pyplot`, loaded only now."""
    import matplotlib
    import matplotlib.pyplot as plt

    interactive = plt.isinteractive()
    try:
        with plt.rc_context(SETTINGS):
            try:
                yield plt
            finally:
                # Jupyter's backend starts with the first figure and switches this on; leaving the
                # context would switch it off again, and no later picture would be shown.
                interactive = plt.isinteractive()
    finally:
        matplotlib.interactive(interactive)


def line(index: int, points: int = 1) -> dict[str, Any]:
    """The look of the `index`-th line; markers only every so often on a line of many points."""
    return {**LINES[index % len(LINES)], "markevery": max(1, points // 10)}
