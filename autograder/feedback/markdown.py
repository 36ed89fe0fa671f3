"""The verdict on a notebook as Markdown, for the summary page of a CI run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.checks.finding import LOOK, STATE, RowResult
from autograder.feedback.problems import Problem
from autograder.feedback.story import Story, headline, tell, tone, total
from autograder.feedback.text import plain
from autograder.feedback.wording import SLIP, mark, points


def render_markdown(results: Sequence[RowResult], *, title: str = "") -> str:
    """A table of the rows, then what fails in each; every student's text is escaped.

    Args:
        title: The heading, such as the name of the notebook.
    """
    earned, available = total(results)
    head = f"{points(earned)} of {points(available)} points"
    lines = [f"## {_text(title)}: {head}" if title else f"## {head}", ""]
    lines += ["| | row | verdict | points |", "|---|---|---|---:|"]
    for result in results:
        verdict = headline(result)
        outputs = " ".join(
            f"{'✓' if ok else '✗'}&nbsp;{_text(name)}" for name, ok in result.outputs.items()
        )
        shown = f"{verdict}: {outputs}" if result.status == "partial" else verdict
        earned_here = "–" if result.status == "manual" else points(result.score)
        lines.append(
            f"| {mark(tone(result))} | {_code(result.id)} | {shown} "
            f"| {earned_here} / {points(result.points)} |"
        )
    for result in results:
        story = tell(result)
        told = story.problems or story.warnings or story.notes
        silent = result.status in ("unanswered", "manual")
        if told and not (silent and all(f.check not in (STATE, LOOK) for f in result.findings)):
            lines += ["", *_story(story)]
    return "\n".join(lines) + "\n"


def _story(story: Story) -> list[str]:
    lines = [f"### {mark(story.status)} {_code(story.id)}: {_text(story.headline)}", ""]
    lines += [f"- {_text(note)}" for note in story.notes]
    for problem in story.problems:
        lines += _problem(problem, "")
    lines += [f"- also: {_text(text)}" for text in story.more]
    for problem in story.warnings:
        lines += _problem(problem, "warning, costs nothing: ")
    if story.trace:
        lines += ["", *(f"      {_flat(frame)}" for frame in story.trace)]
    return lines


def _problem(problem: Problem, lead: str) -> list[str]:
    lines = []
    for i, (message, place) in enumerate(zip(problem.messages, problem.places, strict=True)):
        spread = f" *({_text(problem.spread)})*" if problem.spread and i == 0 else ""
        lines.append(f"- {lead if i == 0 else ''}{_text(message)}{spread}")
        if place is not None:
            case = f" ({_text(place.case)})" if place.case else ""
            lines.append(
                f"  - {_code(place.where)}: got {_code(place.got)}, "
                f"expected {_code(place.expected)}{case}"
            )
    if problem.mistake:
        slip = problem.mistake.startswith(SLIP)
        kind = "looks like a slip" if slip else "known mistake"
        lines.append(f"  - {kind} {_code(problem.mistake)}: {_text(problem.advice)}")
    elif problem.advice:
        lines.append(f"  - {_text(problem.advice)}")
    return lines


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", plain(text)).strip()


def _text(text: str) -> str:
    """One line of text in which nothing is markup, a mention, a link or a table border.

    Example:
        >>> _text("a|b <b>*x*")
        'a&#124;b &lt;b&gt;&#42;x&#42;'
    """
    return re.sub(r"[&<>|*`\[\]\\~#@$]|(?<=:)/|(?<!\w)_|_(?!\w)", _entity, _flat(text))


def _entity(found: re.Match[str]) -> str:
    character = found.group()
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, f"&#{ord(character)};")


def _code(text: str) -> str:
    """A code span; a backtick in it would end it.

    Example:
        >>> _code("dw[2, 1]")
        '`dw[2, 1]`'
    """
    return "`" + _flat(text).replace("`", "'").replace("|", "¦") + "`"
