"""The distribution of scores as a small SVG picture, in the colours of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from autograder.feedback.wording import counted, points
from autograder.language import tr

WIDTH, HEIGHT = 460, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 22, 44


def histogram(bins: Sequence[int], top: float, mean: float | None, label: str) -> Markup:
    """Bars with labelled axes; its text says the same in words.

    Args:
        bins: How many scores lie in each part of 0 to `top`, of equal width.
        top: The points that there are.
        mean: The mean score, drawn as a line.
        label: What it is of, for those who cannot see it.
    """
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = wide / len(bins)
    ceiling = _ceiling(max(bins, default=0))
    parts = []
    for value in _ticks(ceiling):
        y = TOP + high * (1 - value / ceiling)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    for i, count in enumerate(bins):
        x, tall = LEFT + i * step, high * count / ceiling
        y = TOP + high - tall
        if count:
            parts.append(
                f'<rect class="count" x="{x + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" '
                f'height="{tall:.1f}"/>'
            )
            parts.append(
                f'<text x="{x + step / 2:.1f}" y="{y - 4:.1f}" text-anchor="middle">{count}</text>'
            )
    for i in range(0, len(bins) + 1, 2):
        x = LEFT + i * step
        parts.append(
            f'<text x="{x:.1f}" y="{TOP + high + 16}" text-anchor="middle">'
            f"{points(top * i / len(bins))}</text>"
        )
    base = TOP + high
    parts.append(_line("axis", LEFT, WIDTH - RIGHT, base, base))
    if mean is not None and top > 0:
        x = LEFT + wide * min(mean / top, 1.0)
        parts.append(_line("mean", x, x, TOP - 8, base))
    middle = LEFT + wide / 2
    parts.append(
        f'<text x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(tr('score in points, of {points}').format(points=points(top)))}</text>"
    )
    parts.append(
        f'<text transform="translate(12 {TOP + high / 2:.1f}) rotate(-90)" '
        f'text-anchor="middle">{escape(tr("students"))}</text>'
    )
    said = escape(f"{label}{tr(': ')}{_in_words(bins, top)}", quote=True)
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">{"".join(parts)}</svg>'
    )


def _line(kind: str, x1: float, x2: float, y1: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'


def _ceiling(most: int) -> int:
    """A round number of students at the top of the axis."""
    for power in range(12):
        for digit in (1, 2, 5):
            if digit * 10**power >= most:
                return digit * 10**power
    return most


def _ticks(ceiling: int) -> list[int]:
    step = max(1, ceiling // 5 if ceiling % 5 == 0 else ceiling // 2)
    return list(range(0, ceiling + 1, step))


def _in_words(bins: Sequence[int], top: float) -> str:
    said = [
        tr("{students} from {low} to {high} points").format(
            students=counted(count, "student"),
            low=points(top * i / len(bins)),
            high=points(top * (i + 1) / len(bins)),
        )
        for i, count in enumerate(bins)
        if count
    ]
    return tr(", ").join(said) or tr("no scores")
