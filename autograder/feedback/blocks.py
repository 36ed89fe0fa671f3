"""What a person is shown, as blocks: text, HTML and Markdown are three ways to write them.

Plain text stands here, for terminals and for those who cannot see the page, and HTML for a
notebook: inline styles only, no scripts, every text escaped. Text and background are inherited and
tints are transparent, so that the page fits light and dark themes. A colour never stands alone: a
sign or a word says the same.

A picture of |got − expected| is a table and not SVG: when a notebook is opened again, Jupyter
strips SVG from outputs that it does not trust, and leaves the numbers of its cells as one text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np

from autograder.feedback.heatmap import Grid
from autograder.feedback.wording import entry, mark, number, pair, shown_case
from autograder.language import ENGLISH, columns, spoken, tr, wrapped

WIDTH = 96
_DRIVING = ("Cc", "Cf", "Cs")
FREE = "warning, costs nothing: "
_LEADS = {"explains": "→ ", "wrong": "✗ ", "warning": "! "}
_APART = ("explains", "wrong", "warning", "hint", "muted")


def as_text(blocks: Sequence[Block]) -> str:
    """Blocks as text."""
    lines: list[str] = []
    before: Block | None = None
    for block in blocks:
        if isinstance(block, Paragraph) and block.style in _APART and not isinstance(before, Head):
            lines.append("")
        lines += _lines(block)
        before = block
    return plain("\n".join(lines))


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Head(tone, row, verdict, earned):
            yield f"{mark(tone)} {row}: {verdict}" + (f"   {earned}" if earned else "")
        case Ticks(outputs):
            yield "  " + "   ".join(f"{'✓' if ok else '✗'} {name}" for name, ok in outputs)
        case Paragraph(line, style):
            lead = _LEADS.get(style, "")
            free = tr(FREE) if style == "warning" else ""
            yield from _wrapped(lead + free + "".join(line), "  ", "  " + " " * min(len(lead), 2))
        case Place(where, got, expected, case):
            told = f"   ({case})" if case else ""
            yield f"      {where}{placed(got, expected)}{told}"
        case Fold(_, inside, style):
            yield ""
            for one in inside:
                if not style:
                    yield from _lines(one)
                elif isinstance(one, Paragraph):
                    also = tr("also: {said}").format(said="".join(one.line))
                    yield from _wrapped(f"✗ {also}", "  ", "    ")
        case Frames(title, frames):
            yield from ("", f"  {title}", *(f"    {frame}" for frame in frames))
        case Rows(rows, total, _):
            yield from _table(rows)
            yield from ("", total) if total else ()
        case Picture(_):
            pass  # what it shows is said in words


def _table(rows: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
    titles = (tr("row"), tr("verdict"), tr("points"))
    shown = [[plain(part) for part in row[1:]] for row in rows]
    name, verdict, number = (
        max([columns(title), *(columns(row[i]) for row in shown)]) for i, title in enumerate(titles)
    )
    widths = (name, verdict, -number)
    yield "  " + "  ".join(map(_padded, titles, widths)).rstrip()
    for (tone, *_), (row, words, worth) in zip(rows, shown, strict=True):
        yield (
            f"{mark(tone)} {_padded(row, name)}  {_padded(words, verdict)}  {worth:>{number}}"
        ).rstrip()


def _padded(text: str, width: int) -> str:
    """The text in a column so wide; to the right where the width is negative."""
    space = " " * (abs(width) - columns(text))
    return space + text if width < 0 else text + space


def placed(got: str, expected: str) -> str:
    """What was got at a place, and what was expected there."""
    return tr(": got {got}, expected {expected}").format(got=got, expected=expected)


def plain(text: str) -> str:
    r"""The text without control characters: a student's message must not drive the terminal.

    Example:
        >>> plain("a\x1b[31mb")
        'a�[31mb'
    """
    if text.isprintable():
        return text
    return "".join(
        "�" if c not in "\n\t" and unicodedata.category(c) in _DRIVING else c for c in text
    )


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    """Fold long lines; line breaks of the text are kept."""
    lines: list[str] = []
    for part in text.split("\n"):
        lines += wrapped(part, rest if lines else first, rest, WIDTH)
    return lines


class Code(str):
    """A piece of a line that is code: a name, a number, an expression."""


class Link(Code):
    """A piece of a line that is the path of a page.

    Attributes:
        href: Where it lies, seen from the notebook; `""` where it does not.
    """

    href = ""


Line = tuple[str, ...]
"""A line of text: strings, of which some are `Code`, and some of these a `Link`."""


@dataclass(frozen=True)
class Head:
    """The row, the verdict in words, and what was earned."""

    tone: str  # the status by which it gets its sign and colour
    row: str
    verdict: str
    earned: str = ""  # `"3.33 / 5 points"`, or `""` where no points are shown


@dataclass(frozen=True)
class Ticks:
    """Output -> whether it earned its share."""

    outputs: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more."""

    line: Line
    # what it is: an explanation, something wrong, a warning that costs nothing, a hint, or an
    # ordinary or a less important remark
    style: Literal["plain", "muted", "explains", "wrong", "warning", "hint"] = "plain"
    name: str = ""  # the identifier of the mistake, for whoever reads it as an instructor


@dataclass(frozen=True)
class Place:
    """One number that is wrong, such as `dw[2, 1]: got 0.3, expected 1.2 (plain)`."""

    where: str
    got: str
    expected: str
    case: str


@dataclass(frozen=True)
class Picture:
    """|got − expected| of a small matrix."""

    grid: Grid


@dataclass(frozen=True)
class Frames:
    """Lines of the student's own code, below a title."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Fold:
    """Blocks that are out of the way until they are asked for."""

    title: str
    blocks: tuple[Block, ...]
    style: Literal["wrong", ""] = "wrong"  # `"wrong"`, or `""` for what is neither right nor wrong


@dataclass(frozen=True)
class Rows:
    """The rows of a notebook: tone, row, verdict, points, and below them the sum."""

    rows: tuple[tuple[str, str, str, str], ...]
    total: str
    complete: bool


Block = Head | Ticks | Paragraph | Place | Picture | Frames | Fold | Rows


def prose(text: str) -> Line:
    """A text of the course, in which `backticks` hold code.

    Example:
        >>> prose("sum `dout` over N")
        ('sum ', 'dout', ' over N')
    """
    parts = re.split(r"`([^`\n]+)`", text)
    return tuple(Code(part) if i % 2 else part for i, part in enumerate(parts) if part)


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
    lines = [_numbers([_label(""), *(_label(str(j)) for j in range(columns))])]
    for i in range(rows):
        cells = [_cell(grid, i, j) for j in range(columns)]
        lines.append(_numbers([_label(str(i)), *cells]))
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


def _numbers(cells: list[str]) -> str:
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def _extent(grid: Grid) -> str:
    worst = float(grid.errors.max())
    text = tr("{some} of {all} entries are wrong")
    if np.isfinite(worst):
        text = tr("{some} of {all} entries are wrong, at most by {worst}")
    return text.format(some=int(grid.mask.sum()), all=grid.mask.size, worst=number(worst))


GREEN, RED, AMBER, BLUE, GREY = "#2da44e", "#d9363e", "#b7791f", "#3b82d6", "#808080"
COLOURS = {"right": GREEN, "partial": AMBER, "unanswered": GREY, "manual": GREY}

_BOX = (
    "border:1px solid rgba(128,128,128,.35);border-left:4px solid {colour};border-radius:4px;"
    "padding:.5em .9em .6em;margin:.2em 0;max-width:56em;line-height:1.5;"
    "font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:14px;"
)
_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px;"
_MUTED = "opacity:.78;"
_CODE = _MONO + "background:none;color:inherit;padding:0;border:0;"
_PRE = (
    _MONO + "background:rgba(128,128,128,.1);color:inherit;margin:.2em 0 0;padding:.4em .6em;"
    "border-radius:3px;white-space:pre-wrap;overflow-wrap:anywhere;"
)
_ASIDE = "margin:.5em 0 .1em;padding:.15em .7em;border-left:3px solid {};background:{};"
_STYLES = {
    "plain": "margin-top:.4em;",
    "muted": "margin-top:.4em;" + _MUTED,
    "explains": _ASIDE.format(AMBER, "rgba(183,121,31,.12)"),
    "hint": _ASIDE.format(BLUE, "rgba(59,130,214,.12)"),
    "wrong": "margin-top:.5em;",
    "warning": "margin-top:.5em;",
}
_SIGNS = {"wrong": f'<b style="color:{RED}">✗</b> ', "warning": f'<b style="color:{AMBER}">!</b> '}
# JupyterLab would typeset $...$ in a student's message as mathematics.
_NO_MATHS = "mathjax_ignore tex2jax_ignore"


def as_html(blocks: Sequence[Block]) -> str:
    """Blocks as HTML, in a box whose edge has the colour of the verdict."""
    first = blocks[0]
    colour = BLUE
    if isinstance(first, Head):
        colour = COLOURS.get(first.tone, RED)
    elif isinstance(first, Rows) and first.complete:
        colour = GREEN
    inside = "".join(map(_block, blocks))
    # Which of the glyphs that languages share is meant: the page around may be in another one.
    language = "" if spoken() == ENGLISH else f' lang="{spoken()}"'
    box = _BOX.format(colour=colour)
    return f'<div class="{_NO_MATHS}"{language} style="{box}">{inside}</div>'


def _block(block: Block) -> str:
    match block:
        case Head(tone, row, verdict, earned):
            colour = COLOURS.get(tone, RED)
            right = f'<span style="{_MUTED}">{_text(earned)}</span>' if earned else ""
            return (
                '<div style="display:flex;flex-wrap:wrap;justify-content:space-between;'
                f'gap:0 1.5em"><span><b style="color:{colour}">{mark(tone)}</b> '
                f"<b>{_code(row)}</b> {_text(verdict)}</span>{right}</div>"
            )
        case Ticks(outputs):
            return f"<div>{' '.join(_tick(name, ok) for name, ok in outputs)}</div>"
        case Paragraph(line, style):
            lead = f'<span style="{_MUTED}">{_text(tr(FREE))}</span>' if style == "warning" else ""
            inside = _SIGNS.get(style, "") + lead + _line(line)
            return f'<div style="{_STYLES[style]}white-space:pre-wrap">{inside}</div>'
        case Place(where, got, expected, case):
            told = f' <span style="{_MUTED}">({_text(case)})</span>' if case else ""
            return (
                f'<div style="margin-left:1.3em">'
                f"{_code(where)}{placed(_code(got), _code(expected))}{told}</div>"
            )
        case Picture(grid):
            return f'<div style="margin:.3em 0 0 1.3em">{picture(grid)}</div>'
        case Fold(title, inside_blocks, style):
            inside = "".join(map(_block, inside_blocks))
            return (
                '<details style="margin-top:.5em"><summary style="cursor:pointer">'
                f"{_SIGNS.get(style, '')}{_text(title)}</summary>{inside}</details>"
            )
        case Frames(title, lines):
            frames = _text("\n".join(lines))
            return (
                f'<div style="margin-top:.4em">{_text(title)}</div>'
                f'<pre style="{_PRE}">{frames}</pre>'
            )
        case Rows():
            return _rows(block)


def _rows(block: Rows) -> str:
    cell = "text-align:{align};padding:.15em .8em .15em 0;border:0;background:none;{extra}"
    left = cell.format(align="left", extra="")
    right = cell.format(align="right", extra="white-space:nowrap;")
    lines = "".join(
        f'<tr style="background:none"><td style="{left}">'
        f'<b style="color:{COLOURS.get(tone, RED)}">{mark(tone)}</b> {_code(row)}</td>'
        f'<td style="{left}">{_text(verdict)}</td><td style="{right}">{_text(worth)}</td></tr>'
        for tone, row, verdict, worth in block.rows
    )
    return (
        '<table style="border-collapse:collapse;margin:0;border:0;font-size:14px">'
        f"<tbody>{lines}</tbody></table>"
        f'<div style="margin-top:.4em"><b>{_text(block.total)}</b></div>'
    )


def _tick(name: str, ok: bool) -> str:
    sign = f'<b style="color:{GREEN if ok else RED}">{"✓" if ok else "✗"}</b>'
    return f'<span style="margin-right:1.2em;white-space:nowrap">{sign} {_code(name)}</span>'


def _line(line: Line) -> str:
    return "".join(map(_part, line))


def _part(part: str) -> str:
    if not isinstance(part, Code):
        return _text(part)
    if isinstance(part, Link) and part.href:
        return f'<a href="{_text(part.href)}">{_code(part)}</a>'
    return _code(part)


def _code(text: str) -> str:
    return f'<code style="{_CODE}">{_text(text)}</code>'


def _text(text: str) -> str:
    return escape(plain(text), quote=True)
