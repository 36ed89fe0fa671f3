"""The verdict on a notebook as Markdown, for the summary page of a CI run."""

import re
from collections.abc import Iterator, Sequence

from autograder.checks.finding import Check, RowResult
from autograder.feedback.blocks import (
    FREE,
    Block,
    Code,
    Fold,
    Frames,
    Head,
    Line,
    Paragraph,
    Place,
    placed,
    plain,
)
from autograder.feedback.story import card, table, total
from autograder.feedback.wording import mark, points
from autograder.language import tr


def render_markdown(results: Sequence[RowResult], *, title: str = "") -> str:
    """A table of the rows, then what fails in each; every student's text is escaped.

    Args:
        title: The heading, such as the name of the notebook.
    """
    earned, available = total(results)
    head = tr("{earned} of {available} points").format(
        earned=points(earned), available=points(available)
    )
    lines = [f"## {inline(title)}: {head}" if title else f"## {head}", ""]
    lines += [f"| | {tr('row')} | {tr('verdict')} | {tr('points')} |", "|---|---|---|---:|"]
    lines += [
        f"| {mark(tone)} | {_code(row)} | {inline(verdict)} | {inline(worth)} |"
        for tone, row, verdict, worth in table(results).rows
    ]
    for result in results:
        silent = result.status in ("unanswered", "manual")
        if not silent or any(f.check in (Check.STATE, Check.LOOK) for f in result.findings):
            told = [line for block in card(result)[1:] for line in _lines(block)]
            if told:
                first = next(_lines(card(result)[0]))
                lines += ["", first, "", *told]
    return "\n".join(lines) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Head(tone, row, verdict, _):
            yield f"### {mark(tone)} {_code(row)}: {inline(verdict)}"
        case Paragraph(line, style, name) if style not in ("muted", "hint"):
            known = f" ({_code(name)})" if name else ""
            yield f"- {tr(FREE) if style == 'warning' else ''}{_line(line)}{known}"
        case Place(where, got, expected, case):
            told = f" ({inline(case)})" if case else ""
            yield f"  - {_code(where)}{placed(_code(got), _code(expected))}{told}"
        case Fold(_, inside):
            for one in inside:
                yield from _lines(one)
        case Frames(_, frames):
            yield from ("", *(f"      {_flat(frame)}" for frame in frames))


def _line(line: Line) -> str:
    return "".join(_code(part) if isinstance(part, Code) else inline(part) for part in line)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", plain(text))


def inline(text: str) -> str:
    """One line of text in which nothing is markup, a mention, a link or a table border.

    Example:
        >>> inline("a|b <b>*x* www.a.b")
        'a&#124;b &lt;b&gt;&#42;x&#42; www&#46;a.b'
    """
    signs = r"[&<>|*`\[\]\\~#@$]|(?<=:)/|(?i:(?<=www))\.|(?<!\w)_|_(?!\w)"
    return re.sub(signs, _entity, _flat(text))


def _entity(found: re.Match[str]) -> str:
    character = found.group()
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, f"&#{ord(character)};")


def _code(text: str) -> str:
    """A code span; a backtick in it would end it.

    Example:
        >>> _code("dw[2, 1]")
        '`dw[2, 1]`'
    """
    return "`" + _flat(text).strip().replace("`", "'").replace("|", "¦") + "`"
