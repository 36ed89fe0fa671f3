"""A small picture of |got − expected| as an HTML table.

A table and not SVG: when a notebook is opened again, Jupyter strips SVG from outputs that it does
not trust, and would leave the numbers of all cells behind as one long text.
"""

from html import escape

import numpy as np

from autograder.feedback.heatmap import Grid
from autograder.feedback.text import placed
from autograder.feedback.wording import entry, number, pair, shown_case
from autograder.language import tr

_CELL = (
    "width:18px;min-width:18px;height:18px;padding:0;text-align:center;vertical-align:middle;"
    "font-size:11px;line-height:1;"
)
_EDGE = "border:1px solid rgba(128,128,128,.45);"
_RIGHT = "background-color:rgba(45,164,78,.28);"


def picture(grid: Grid) -> str:
    """The picture of a matrix: green is right, the redder the more wrong; a cell says its numbers.

    Args:
        grid: A matrix that `teaches`.
    """
    rows, columns = grid.got.shape
    lines = [_line([_label(""), *(_label(str(j)) for j in range(columns))])]
    for i in range(rows):
        cells = [_cell(grid, i, j) for j in range(columns)]
        lines.append(_line([_label(str(i)), *cells]))
    title = tr("|got − expected| of {name}, case “{case}”: {extent}").format(
        name=grid.output, case=shown_case(grid.case), extent=_extent(grid)
    )
    return (
        '<table style="border-collapse:collapse;border:0;margin:0;table-layout:fixed;width:auto">'
        f"<tbody>{''.join(lines)}</tbody></table>"
        f'<div style="opacity:.78;font-size:12px">{escape(title)}</div>'
    )


def _cell(grid: Grid, i: int, j: int) -> str:
    got, expected = float(grid.got[i, j]), float(grid.expected[i, j])
    if not grid.mask[i, j]:
        says = f"{entry(grid.output, (i, j))}: {number(expected)}"
        return f'<td style="{_CELL}{_EDGE}{_RIGHT}" title="{escape(says, quote=True)}"></td>'
    finite = grid.errors[np.isfinite(grid.errors)]
    share = min(float(grid.errors[i, j]) / (float(finite.max(initial=0.0)) or 1.0), 1.0)
    # a square root, so that small errors beside large ones can be told from none
    red = f"background-color:rgba(217,54,62,{0.25 + 0.7 * share**0.5:.2f});"
    one, other = pair(got, expected)
    says = entry(grid.output, (i, j)) + placed(one, other)
    return f'<td style="{_CELL}{_EDGE}{red}" title="{escape(says, quote=True)}">×</td>'


def _label(text: str) -> str:
    return f'<td style="{_CELL}border:0;background:none;">{text}</td>'


def _line(cells: list[str]) -> str:
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _extent(grid: Grid) -> str:
    worst = float(grid.errors.max())
    text = tr("{some} of {all} entries are wrong")
    if np.isfinite(worst):
        text = tr("{some} of {all} entries are wrong, at most by {worst}")
    return text.format(some=int(grid.mask.sum()), all=grid.mask.size, worst=number(worst))
