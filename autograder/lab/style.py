"""How every picture of the course looks: legible in black and white and for the colour-blind.

The ground is transparent, and ink is a grey that can be read on white and on a dark theme alike.
Lines differ in colour *and* in dash *and* in marker. The colours are those of Okabe and Ito
(2008, "Color Universal Design"), in an order in which their greys differ too.

What a picture shows stands in words as its `alt` in a notebook's output, for those who cannot see
it: titles, axes and legends. nbconvert's classic pages say it (JupyterLab has no place for it yet).
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from autograder.language import ENGLISH, english, speaking, spoken, tr

INK, ORANGE, SKY, GREEN = "#767676", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": RED, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": INK, "linestyle": ":", "marker": "D"},
    {"color": PURPLE, "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
    {"color": ORANGE, "linestyle": (0, (8, 2)), "marker": "P"},
)
# Jupyter lays a ground under a transparent picture whose tick labels are all dark or all light
# (matplotlib_inline: below or above half). This grey is just above, INK just below: it lays none.
OTHER_INK = "#808080"
SETTINGS: dict[Any, Any] = {
    **dict.fromkeys(("figure.facecolor", "axes.facecolor"), "none"),
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "patch.edgecolor"), INK
    ),
    **dict.fromkeys(("ytick.color", "grid.color"), OTHER_INK),
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


# Fonts with the signs of a language, whichever of them is there.
FONTS = {
    "zh": (
        "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
        "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "WenQuanYi Micro Hei",
        "WenQuanYi Zen Hei", "Heiti SC", "STHeiti", "SimHei", "Noto Sans CJK JP",
        "Droid Sans Fallback", "Arial Unicode MS",
    ),
}  # fmt: skip


@contextmanager
def style() -> Iterator[Any]:
    """Draw inside this; gives `matplotlib.pyplot`, loaded only now."""
    import matplotlib
    import matplotlib.pyplot as plt

    interactive = plt.isinteractive()
    fonts = _fonts()
    try:
        with plt.rc_context({**SETTINGS, **fonts}):
            try:
                mute = spoken() in FONTS and not fonts
                with speaking(ENGLISH) if mute else nullcontext():
                    yield plt
                    tell_pictures()
                if spoken() != ENGLISH:
                    _speak(plt, english if mute else tr, fonts.get("font.family", [])[1:])
            finally:
                # Jupyter's backend starts with the first figure and switches this on; leaving the
                # context would switch it off again, and no later picture would be shown.
                interactive = plt.isinteractive()
    finally:
        matplotlib.interactive(interactive)


def _fonts() -> dict[Any, Any]:
    """The setting that shows the signs of the language; empty where it needs none, or has none."""
    if spoken() not in FONTS:
        return {}
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    found = [name for name in FONTS[spoken()] if name in there][:1]
    return {"font.family": ["sans-serif", *found]} if found else {}


def _speak(plt: Any, words: Callable[[str], str], fonts: list[str]) -> None:
    """Put the texts of all pictures into the language, or back where it has no font."""
    from matplotlib.text import Text

    for number in plt.get_fignums():
        for axis in (a for axes in plt.figure(number).axes for a in (axes.xaxis, axes.yaxis)):
            names = [label.get_text() for label in axis.get_ticklabels()]
            if names != (said := [words(name) for name in names]):
                axis.set_ticks(axis.get_ticklocs(), said)
        for text in plt.figure(number).findobj(Text):
            text.set_text(words(text.get_text()))
            if fonts and "$" in text.get_text() and not text.get_text().isascii():
                text.set_fontfamily(fonts)  # a text with formulas knows one font only


def line(index: int, points: int = 1) -> dict[str, Any]:
    """The look of the `index`-th line; markers only every so often on a line of many points."""
    return {**LINES[index % len(LINES)], "markevery": max(1, points // 10)}


def show(axes: Any, values: Any, *, title: str = "", **look: Any) -> None:
    """An array as a picture, without numbers at its edges."""
    axes.imshow(values, **look)
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.grid(False)


def arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    """An arrow of a drawn network; that of a gradient (red) is dashed."""
    dashes = "--" if color == RED else "-"
    look = {"arrowstyle": "-|>", "color": color, "linestyle": dashes, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=look)


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
