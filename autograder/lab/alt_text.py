"""What a picture shows, in words, for those who cannot see it: its `alt` in a notebook's output.

Made of what stands in the picture: titles, axes and legends. nbconvert's classic pages say it
(JupyterLab itself has no place for it yet).
"""

from __future__ import annotations

import sys
from typing import Any

from autograder.language import tr


def describe(figure: Any) -> str:
    """The texts of a figure in a sentence for each of its axes."""
    told = [figure.get_suptitle()] if figure.get_suptitle() else []
    for axes in figure.axes:
        legend = axes.get_legend()
        names = [text.get_text() for text in legend.get_texts()] if legend else []
        parts = (
            axes.get_title(),
            tr("across: {label}").format(label=axes.get_xlabel()) if axes.get_xlabel() else "",
            tr("upwards: {label}").format(label=axes.get_ylabel()) if axes.get_ylabel() else "",
            ", ".join(names),
            "" if axes.axison else ", ".join(text.get_text() for text in axes.texts),
        )
        told.append("; ".join(" ".join(part.split()) for part in parts if part))
    return ". ".join(dict.fromkeys(text for text in told if text))


def tell_pictures() -> None:
    """Have every figure that this kernel shows say what it shows."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or getattr(shell, "kernel", None) is None:
        return
    from matplotlib.figure import Figure

    formatter = shell.display_formatter.formatters["image/png"]
    draw = formatter.type_printers.get(Figure)
    if draw is None or getattr(draw, "tells", False):
        return

    def told(figure: Any) -> Any:
        drawn = draw(figure)
        data, metadata = drawn if isinstance(drawn, tuple) else (drawn, {})
        return data, {**metadata, "alt": describe(figure)}

    told.tells = True  # type: ignore[attr-defined]
    formatter.for_type(Figure, told)
