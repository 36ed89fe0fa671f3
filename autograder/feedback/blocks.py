"""What a person is shown, as blocks: text, HTML and Markdown are three ways to write them.

Plain text stands here, for terminals and for those who cannot see the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.feedback.heatmap import Grid
from autograder.feedback.wording import mark
from autograder.language import columns, tr, wrapped

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
