"""A verdict as plain text, for terminals and for those who cannot see the page."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

from autograder.checks.finding import RowResult
from autograder.feedback.heatmap import Grid
from autograder.feedback.problems import Coverage, Problem
from autograder.feedback.story import Story, headline, tell, tone, total
from autograder.feedback.troubleshooting import PAGE
from autograder.feedback.wording import introduced, listed, mark, points

WIDTH = 96
_DRIVING = ("Cc", "Cf", "Cs")


def render_text(
    result: RowResult,
    *,
    hint: int = 0,
    coverage: Coverage | None = None,
    grids: Sequence[Grid] = (),
    notes: Sequence[str] = (),
) -> str:
    """The verdict on one row as plain text, without control characters.

    Args:
        hint: How many of the hints to show.
        coverage: On which cases the row was checked, for "in 5 of 8 cases".
        grids: Arrays of public cases, for the pattern of the wrong entries in words.
        notes: What else should be said, before what fails.
    """
    return story_text(tell(result, hint=hint, coverage=coverage, grids=grids, notes=notes))


def story_text(story: Story) -> str:
    """A story as plain text."""
    sign = mark(story.status)
    head = f"{sign} {story.id}: {story.headline}"
    lines = [f"{head}   {story.earned}" if story.earned else head]
    if story.outputs and story.status != "right":
        ticks = "   ".join(f"{'✓' if ok else '✗'} {name}" for name, ok in story.outputs)
        lines.append(f"  {ticks}")
    for note in story.notes:
        lines += _wrapped(note, "  ")
    for problem in story.problems:
        lines += ["", *_problem(problem, "✗")]
    if story.more:
        lines.append("")
        for text in story.more:
            lines += _wrapped(f"✗ also: {text}", "  ", "    ")
    for problem in story.warnings:
        lines += ["", *_problem(problem, "!", "warning, costs nothing: ")]
    if story.passed:
        apart = [""] if story.problems or story.warnings else []
        lines += [*apart, *_wrapped(story.passed, "  ")]
    for number, text in enumerate(story.hints, start=1):
        lines += ["", *_wrapped(f"Hint {number}: {text}", "  ", "    ")]
    if story.hints_left:
        lines += ["", *_wrapped(story.hints_left, "  ")]
    if story.trace:
        where = f" (case: {story.trace_case})" if story.trace_case else ""
        lines += ["", f"  In your code{where}:", *(f"    {frame}" for frame in story.trace)]
    return plain("\n".join(lines))


def _problem(problem: Problem, sign: str, lead: str = "") -> list[str]:
    lines: list[str] = []
    for i, (message, place) in enumerate(zip(problem.messages, problem.places, strict=True)):
        spread = f" [{problem.spread}]" if problem.spread and i == 0 else ""
        first, *more = message.split("\n")
        text = "\n".join([f"{sign} {lead if i == 0 else ''}{first}{spread}", *more])
        lines += _wrapped(text, "  ", "    ")
        if place is not None:
            case = f"   ({place.case})" if place.case else ""
            lines.append(f"      {place.where}: got {place.got}, expected {place.expected}{case}")
    if problem.mistake:
        known = f"{introduced(problem.mistake)}, {problem.mistake}: {problem.advice}"
        lines += _wrapped(f"→ {known}", "    ", "      ")
    elif problem.advice:
        lines += _wrapped(f"→ {problem.advice}", "    ", "      ")
    if problem.see:
        lines += _wrapped(f"More: “{problem.see}” in {PAGE}", "    ", "      ")
    return lines


def render_table(results: Sequence[RowResult]) -> str:
    """The rows of a notebook as a table for a terminal, with the sum below."""
    shown = [(mark(tone(r)), plain(r.id), headline(r), _points(r), _failing(r)) for r in results]
    name = max([len("row"), *(_columns(row[1]) for row in shown)])
    verdict = max([len("verdict"), *(len(row[2]) for row in shown)])
    number = max([len("points"), *(len(row[3]) for row in shown)])
    lines = [f"  {'row':<{name}}  {'verdict':<{verdict}}  {'points':>{number}}".rstrip()]
    for sign, row, words, worth, failing in shown:
        padded = row + " " * (name - _columns(row))
        lines.append(f"{sign} {padded}  {words:<{verdict}}  {worth:>{number}}  {failing}".rstrip())
    earned, available = total(results)
    later = sum(r.points for r in results if r.status == "manual")
    rest = f" ({points(later)} of them come later)" if later else ""
    lines += ["", f"{points(earned)} of {points(available)} points so far{rest}"]
    return "\n".join(lines)


def _points(result: RowResult) -> str:
    earned = "–" if result.status == "manual" else points(result.score)
    return f"{earned} / {points(result.points)}"


def _failing(result: RowResult) -> str:
    """What the last column says: the outputs that are wrong, while others are right."""
    if result.status != "partial":
        return ""
    return f"✗ {listed([name for name, ok in result.outputs.items() if not ok])}"


def plain(text: str) -> str:
    r"""The text without control characters: a student's message must not drive the terminal.

    Example:
        >>> plain("a\x1b[31mb")
        'a�[31mb'
    """
    return "".join(
        "�" if c not in "\n\t" and unicodedata.category(c) in _DRIVING else c for c in text
    )


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) + wide - marks


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    """Fold long lines; line breaks of the text are kept."""
    rest = first if rest is None else rest
    lines: list[str] = []
    for part in text.split("\n"):
        lead = rest if lines else first
        lines += textwrap.wrap(
            part,
            WIDTH,
            initial_indent=lead,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines
