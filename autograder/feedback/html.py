"""A verdict as HTML for a notebook: inline styles only, no scripts, every text escaped.

Text and background are inherited and tints are transparent, so that the page fits light and dark
themes. A colour never stands alone: a sign or a word says the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from autograder.checks.finding import RowResult
from autograder.feedback.heatmap import Grid
from autograder.feedback.picture import picture
from autograder.feedback.problems import Coverage, Problem
from autograder.feedback.story import Story, headline, tell, tone, total
from autograder.feedback.text import plain
from autograder.feedback.troubleshooting import PAGE
from autograder.feedback.wording import introduced, listed, mark, points

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
# JupyterLab would typeset $...$ in a student's message as mathematics.
_NO_MATHS = "mathjax_ignore tex2jax_ignore"


def render_html(
    result: RowResult,
    *,
    hint: int = 0,
    coverage: Coverage | None = None,
    grids: Sequence[Grid] = (),
    notes: Sequence[str] = (),
) -> str:
    """The verdict on one row as HTML.

    Args:
        hint: How many of the hints to show.
        coverage: On which cases the row was checked, for "in 5 of 8 cases".
        grids: Arrays of public cases, for pictures of where a matrix is wrong.
        notes: What else should be said, before what fails.
    """
    return story_html(tell(result, hint=hint, coverage=coverage, grids=grids, notes=notes))


def story_html(story: Story) -> str:
    """A story as HTML."""
    colour = COLOURS.get(story.status, RED)
    parts = [_head(story, colour)]
    if story.outputs and story.status != "right":
        parts.append(_ticks(story.outputs))
    parts += [_line(note) for note in story.notes]
    parts += [_problem(problem, "✗", RED) for problem in story.problems]
    parts += [_line(f"✗ also: {text}") for text in story.more]
    parts += [_problem(p, "!", AMBER, "warning, costs nothing: ") for p in story.warnings]
    if story.passed:
        parts.append(_line(story.passed, _MUTED))
    parts += [_hint(number, text) for number, text in enumerate(story.hints, start=1)]
    if story.hints_left:
        parts.append(_line(story.hints_left, _MUTED))
    if story.trace:
        where = f" (case: {story.trace_case})" if story.trace_case else ""
        frames = _text("\n".join(story.trace))
        parts.append(_line(f"In your code{where}:"))
        parts.append(f'<pre style="{_PRE}">{frames}</pre>')
    return _box(colour, "".join(parts))


def render_html_table(results: Sequence[RowResult]) -> str:
    """The rows of a notebook as an HTML table, with the sum below."""
    cell = "text-align:{align};padding:.15em .8em .15em 0;border:0;background:none;{extra}"
    left = cell.format(align="left", extra="")
    right = cell.format(align="right", extra="white-space:nowrap;")
    lines = []
    for result in results:
        colour = COLOURS.get(tone(result), RED)
        sign = f'<b style="color:{colour}">{mark(tone(result))}</b>'
        earned = "–" if result.status == "manual" else points(result.score)
        wrong = [name for name, ok in result.outputs.items() if not ok]
        failing = f": ✗ {listed(wrong)}" if result.status == "partial" and wrong else ""
        verdict = headline(result) + failing
        lines.append(
            f'<tr style="background:none"><td style="{left}">{sign} {_code(result.id)}</td>'
            f'<td style="{left}">{_text(verdict)}</td>'
            f'<td style="{right}">{earned} / {points(result.points)}</td></tr>'
        )
    earned_points, available = total(results)
    later = sum(r.points for r in results if r.status == "manual")
    rest = f" ({points(later)} of them come later)" if later else ""
    table = (
        '<table style="border-collapse:collapse;margin:0;border:0;font-size:14px">'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )
    total_line = f"<b>{points(earned_points)} of {points(available)} points</b> so far{rest}"
    colour = GREEN if earned_points == available else BLUE
    return _box(colour, f'{table}<div style="margin-top:.4em">{total_line}</div>')


def _box(colour: str, inside: str) -> str:
    return f'<div class="{_NO_MATHS}" style="{_BOX.format(colour=colour)}">{inside}</div>'


def _head(story: Story, colour: str) -> str:
    earned = f'<span style="{_MUTED}">{_text(story.earned)}</span>' if story.earned else ""
    return (
        '<div style="display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1.5em">'
        f'<span><b style="color:{colour}">{mark(story.status)}</b> '
        f"<b>{_code(story.id)}</b> {_text(story.headline)}</span>{earned}</div>"
    )


def _ticks(outputs: Sequence[tuple[str, bool]]) -> str:
    chips = "".join(
        f'<span style="margin-right:1.2em;white-space:nowrap">'
        f'<b style="color:{GREEN if ok else RED}">{"✓" if ok else "✗"}</b> {_code(name)}</span>'
        for name, ok in outputs
    )
    return f"<div>{chips}</div>"


def _problem(problem: Problem, sign: str, colour: str, lead: str = "") -> str:
    parts = []
    for i, (message, place) in enumerate(zip(problem.messages, problem.places, strict=True)):
        first, *more = message.split("\n")
        said = _text(first)
        if i == 0 and lead:
            said = f'<span style="{_MUTED}">{lead}</span>{said}'
        if i == 0 and problem.spread:
            said += f' <span style="{_MUTED}">[{_text(problem.spread)}]</span>'
        said = "\n".join([said, *map(_text, more)])
        parts.append(
            f'<div style="white-space:pre-wrap"><b style="color:{colour}">{sign}</b> {said}</div>'
        )
        if place is not None:
            case = f' <span style="{_MUTED}">({_text(place.case)})</span>' if place.case else ""
            parts.append(
                f'<div style="margin-left:1.3em">{_code(place.where)}: got {_code(place.got)}, '
                f"expected {_code(place.expected)}{case}</div>"
            )
    parts += [f'<div style="margin:.3em 0 0 1.3em">{picture(grid)}</div>' for grid in problem.grids]
    if problem.mistake:
        lead = introduced(problem.mistake)
        known = f"{lead}, {_code(problem.mistake)}: {_prose(problem.advice)}"
        parts.append(_aside(known, AMBER))
    elif problem.advice:
        parts.append(_aside(_prose(problem.advice), AMBER))
    if problem.see:
        see = f"More: “{_text(problem.see)}” in {_code(PAGE)}"
        parts.append(f'<div style="margin-left:1.3em;{_MUTED}">{see}</div>')
    return f'<div style="margin-top:.5em">{"".join(parts)}</div>'


def _aside(inside: str, colour: str) -> str:
    style = (
        f"margin:.3em 0 .1em 1.3em;padding:.15em .7em;border-left:3px solid {colour};"
        "background:rgba(183,121,31,.12);white-space:pre-wrap"
    )
    return f'<div style="{style}">{inside}</div>'


def _hint(number: int, text: str) -> str:
    style = (
        f"margin:.5em 0 0;padding:.15em .7em;border-left:3px solid {BLUE};"
        "background:rgba(59,130,214,.12);white-space:pre-wrap"
    )
    return f'<div style="{style}"><b>Hint {number}</b> {_prose(text)}</div>'


def _line(text: str, style: str = "") -> str:
    return f'<div style="margin-top:.4em;white-space:pre-wrap;{style}">{_text(text)}</div>'


def _code(text: str) -> str:
    return f'<code style="{_CODE}">{_text(text)}</code>'


def _prose(text: str) -> str:
    """A text of the course, in which `backticks` hold code."""
    return re.sub(
        r"`([^`\n]+)`", lambda found: f'<code style="{_CODE}">{found[1]}</code>', _text(text)
    )


def _text(text: str) -> str:
    return escape(plain(text), quote=True)
