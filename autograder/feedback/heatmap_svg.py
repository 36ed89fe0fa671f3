"""A small picture of |got − expected|, as inline SVG: no scripts, no colours of the theme."""

from __future__ import annotations

from html import escape

import numpy as np

from autograder.feedback.heatmap import Grid
from autograder.feedback.wording import entry, number, pair

CELL = 20
MARGIN = 18


def picture(grid: Grid) -> str:
    """The picture of a matrix: green is right, the redder the more wrong; a cell says its numbers.

    Args:
        grid: A matrix that `teaches`.
    """
    rows, columns = grid.got.shape
    errors, wrong = grid.errors, grid.mask
    finite = errors[np.isfinite(errors)]
    largest = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    width, height = MARGIN + columns * CELL + 1, MARGIN + rows * CELL + 1
    parts = [_label(MARGIN + (j + 0.5) * CELL, MARGIN - 6, str(j)) for j in range(columns)]
    parts += [_label(MARGIN / 2, MARGIN + (i + 0.5) * CELL + 4, str(i)) for i in range(rows)]
    for i in range(rows):
        for j in range(columns):
            share = min(float(errors[i, j]) / largest, 1.0)
            # a square root, so that small errors beside large ones can be told from none
            fill = f"rgba(217,54,62,{0.25 + 0.7 * share**0.5:.2f})"
            got, expected = pair(float(grid.got[i, j]), float(grid.expected[i, j]))
            says = f"{entry(grid.output, (i, j))}: got {got}, expected {expected}"
            parts.append(
                f'<rect x="{MARGIN + j * CELL + 1}" y="{MARGIN + i * CELL + 1}" '
                f'width="{CELL - 2}" height="{CELL - 2}" rx="2" '
                f'fill="{fill if wrong[i, j] else "rgba(45,164,78,.28)"}">'
                f"<title>{escape(says)}</title></rect>"
            )
            if wrong[i, j]:
                x, y = MARGIN + (j + 0.5) * CELL, MARGIN + (i + 0.5) * CELL + 4
                parts.append(_label(x, y, "×", "pointer-events:none"))
    title = f"|got − expected| of {grid.output}, case “{grid.case}”: {_extent(grid)}"
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}" '
        'style="max-width:100%;height:auto;display:block">'
        f"{''.join(parts)}</svg>"
        f'<div style="opacity:.78;font-size:12px">{escape(title)}</div>'
    )


def _extent(grid: Grid) -> str:
    count = f"{int(grid.mask.sum())} of {grid.mask.size} entries are wrong"
    worst = float(grid.errors.max())
    return f"{count}, at most by {number(worst)}" if np.isfinite(worst) else count


def _label(x: float, y: float, text: str, style: str = "") -> str:
    extra = f' style="{style}"' if style else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="11" text-anchor="middle" fill="currentColor" '
        f'fill-opacity=".8"{extra}>{escape(text)}</text>'
    )
