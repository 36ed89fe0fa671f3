"""The syllabus: a page whose numbers come from the course.

It is written by hand but for the places between two comments,

    <!-- from the course: table -->
    <!-- end -->

which are filled: `table` with a line for each notebook, an assignment's name (such as `01_gates`)
with what that notebook teaches and its rubric. In another language they are filled with the words
that the notebooks have there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.course import Course, Notebook
from autograder.course.folder import ASSIGNMENTS
from autograder.course.prose import MADE
from autograder.course.translated import catalogue, translated
from autograder.errors import CourseError
from autograder.exercises import Answer, Exercise, Row
from autograder.language import ENGLISH

PAGE = "docs/syllabus.md"
WORDS = {
    "zh": {
        "**{time}, {points:g} points.** Students learn to": (
            "**{time}，{points:g} 分。** 学生将学会"
        ),
        "| notebook | time | points | functions and classes | questions | texts, graded by hand "
        "| known mistakes |": (
            "| 笔记本 | 时间 | 分数 | 函数与类 | 问题 | 简答，由人评分 | 已知错误 |"
        ),
        "| **{count} notebooks** | | {sums} |": "| **{count} 个笔记本** | | {sums} |",
        "| exercise | points | graded |": "| 练习 | 分数 | 怎样评分 |",
        "by hand, with a rubric": "由人评分，有评分标准",
        "a number or a choice": "一个数或一个选择",
        "by its results": "按结果",
        "by its results; {count} known mistake": "按结果；{count} 个已知错误",
        "by its results; {count} known mistakes": "按结果；{count} 个已知错误",
    }
}
_TIME = re.compile(
    r"^\*(?P<time>[^*]+?)\. (?P<points>[\d.]+) points"
    r"(?:, and (?P<more>[\d.]+) more in a bonus at the end)?\.\*$",
    re.MULTILINE,
)
_SAID = re.compile(r"^\*(?P<time>[^*]+?)(?:\. |。)[^*]+\*$", re.MULTILINE)
_GOAL = re.compile(r"^- .+(?:\n  .+)*", re.MULTILINE)


@dataclass(frozen=True)
class _Shown:
    """What the syllabus shows of a notebook, in a language: title, time, aims."""

    notebook: Notebook
    title: str
    time: str
    goals: list[str]


def page(course: Course) -> str:
    """The page with its places filled.

    Raises:
        CourseError: It has no place, or one asks for what the course has not.
    """
    text = (course.root / PAGE).read_text(encoding="utf-8")
    if not MADE.search(text):
        raise CourseError(f"{PAGE} has no place for numbers: '<!-- from the course: table -->'")
    return filled(course, text)


def filled(course: Course, text: str, language: str = ENGLISH) -> str:
    """A text with its places filled, in a language of the course."""

    def fill(place: re.Match[str]) -> str:
        what = place["what"]
        if what == "table":
            inside = _table([_shown(notebook, language) for notebook in course.notebooks], language)
        else:
            inside = _notebook(_shown(course.assignment(what), language), language)
        return f"{place['begin']}{inside}\n{place['end']}"

    return MADE.sub(fill, text)


def _shown(notebook: Notebook, language: str) -> _Shown:
    """What a notebook says of itself in a language; in English where it has no catalogue there.

    Raises:
        CourseError: When it does not say its time, or other points than those of its rubric.
    """
    opening = _opening(notebook)
    said = _TIME.search(opening)
    if said is None or float(said["points"]) + float(said["more"] or 0) != notebook.points:
        raise CourseError(
            f"{notebook.path}: the first cell must say time and points in a line of its own, "
            f"such as '*About an hour. {notebook.points:g} points.*'; the syllabus shows them. "
            f"It says {said[0] if said else 'no such thing'}"
        )
    title = notebook.title
    if catalogue(notebook.path.parent.parent.parent, language, notebook.assignment).is_file():
        other = translated(notebook, language).notebook
        title, opening = other.title, _opening(other)
    goals = [" ".join(goal.split()) for goal in _GOAL.findall(opening)]
    return _Shown(notebook, title, (_SAID.search(opening) or said)["time"], goals)


def _table(every: list[_Shown], language: str) -> str:
    lines = [
        _say(
            "| notebook | time | points | functions and classes | questions "
            "| texts, graded by hand | known mistakes |",
            language,
        ),
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    numbers = [_numbers(shown.notebook) for shown in every]
    for shown, own in zip(every, numbers):
        notebook = shown.notebook
        link = f"[{shown.title}](../{ASSIGNMENTS}/{notebook.assignment}/{notebook.name}.ipynb)"
        lines.append(f"| {link} | {shown.time} | {' | '.join(f'{n:g}' for n in own)} |")
    sums = " | ".join(f"**{sum(column):g}**" for column in zip(*numbers))
    total = _say("| **{count} notebooks** | | {sums} |", language)
    return "\n".join([*lines, total.format(count=len(every), sums=sums)])


def _numbers(notebook: Notebook) -> list[float]:
    """Points, rows by kind, and known mistakes of a notebook."""
    rows = [(exercise, row) for exercise in notebook.exercises for row in exercise.rows]
    by_hand = sum(row.manual for _, row in rows)
    questions = sum(isinstance(exercise, Answer) for exercise, row in rows if not row.manual)
    mistakes = sum(len(exercise.mistakes) for exercise in notebook.exercises)
    return [notebook.points, len(rows) - by_hand - questions, questions, by_hand, mistakes]


def _notebook(shown: _Shown, language: str) -> str:
    head = _say("**{time}, {points:g} points.** Students learn to", language)
    lines = [head.format(time=shown.time, points=shown.notebook.points), "", *shown.goals, ""]
    lines += [_say("| exercise | points | graded |", language), "|---|--:|---|"]
    for exercise in shown.notebook.exercises:
        for row in exercise.rows:
            lines.append(f"| `{row.id}` | {row.points:g} | {_graded(exercise, row, language)} |")
    return "\n".join(lines)


def _graded(exercise: Exercise, row: Row, language: str) -> str:
    if row.manual:
        return _say("by hand, with a rubric", language)
    if isinstance(exercise, Answer):
        return _say("a number or a choice", language)
    count = sum(mistake.function == row.id for mistake in exercise.mistakes)
    known = f"; {{count}} known mistake{'s' if count > 1 else ''}" if count else ""
    return _say(f"by its results{known}", language).format(count=count)


def _say(text: str, language: str) -> str:
    return WORDS.get(language, {}).get(text, text)


def _opening(notebook: Notebook) -> str:
    return next((cell.source for cell in notebook.cells if cell.kind == "markdown"), "")
