"""What a person is shown, as blocks: text, HTML and Markdown are three ways to write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from autograder.feedback.heatmap import Grid


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
