"""The syllabus: an instructor's page in docs/, whose numbers come from the course.

`docs/syllabus.md` is written by hand but for the places between two comments,

    <!-- from the course: table -->
    <!-- end -->

which `make release` fills: `table` with a line for each notebook, an assignment's name (such as
`01_gates`) with what that notebook teaches and its rubric. In another language (`guides`) they are
filled with the words of the notebooks there, and of the package.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from autograder.course.drift import MEND
from autograder.course.folder import ASSIGNMENTS, Course
from autograder.course.notebook import Notebook
from autograder.course.translated import catalogue, translated
from autograder.errors import CourseError
from autograder.exercises import Answer, Exercise, Row
from autograder.language import ENGLISH, counted, speaking, tr
from autograder.whole import write_changed

PAGE = "docs/syllabus.md"
_PLACE = re.compile(
    r"(?P<begin><!-- from the course: (?P<what>\S+) -->\n)(?P<text>.*?)(?P<end><!-- end -->)",
    re.DOTALL,
)
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


def write_syllabus(course: Course) -> bool:
    """Fill the places of `docs/syllabus.md`; return whether it changed.

    Raises:
        CourseError: When a place asks for what the course has not.
    """
    page = course.root / PAGE
    if not page.is_file():
        return False
    return write_changed(page, filled_in(course, page.read_text(encoding="utf-8")).encode())


def syllabus_drift(course: Course, only: Collection[str] | None = None) -> list[str]:
    """Where the syllabus does not say what the course is; empty without a syllabus.

    Args:
        only: The assignments whose parts are looked at; None for the whole page.
    """
    page = course.root / PAGE
    if not page.is_file():
        return []
    text = page.read_text(encoding="utf-8")
    if not _PLACE.search(text):
        return [f"{PAGE} has no place for the course's numbers: '<!-- from the course: table -->'"]
    found = []
    for place in _PLACE.finditer(text):
        asked = only is None or place["what"] in only
        if asked and place["text"] != _content(course, place["what"]):
            found.append(f"{PAGE}: the part {place['what']!r} is out of date; {MEND}")
    return found


def filled_in(course: Course, text: str, language: str = ENGLISH) -> str:
    """A text with its places filled, in a language of the course."""

    def filled(place: re.Match[str]) -> str:
        return place["begin"] + _content(course, place["what"], language) + place["end"]

    return _PLACE.sub(filled, text)


def parts(text: str) -> list[str]:
    """A page in parts, in turns: what is written by hand, and a place with its two comments."""
    borders = [at for place in _PLACE.finditer(text) for at in place.span()]
    return [text[begin:end] for begin, end in pairwise([0, *borders, len(text)])]


def _content(course: Course, what: str, language: str = ENGLISH) -> str:
    if what != "table" and what not in course.sources:
        known = ", ".join(["table", *course.sources])
        raise CourseError(f"{PAGE}: nothing in the course is called {what!r}; it has {known}")
    with speaking(language):
        if what == "table":
            return _table([_shown(notebook, language) for notebook in course.notebooks])
        return _notebook(_shown(course.assignment(what), language))


def _shown(notebook: Notebook, language: str) -> _Shown:
    """What a notebook says of itself in a language; in English where it has no catalogue there.

    Raises:
        CourseError: When it does not say its time, or other points than those of its rubric.
    """
    opening = _opening(notebook)
    said = _TIME.search(opening)
    if said is None:
        raise CourseError(
            f"{notebook.path}: the first cell must say time and points in a line of its own, "
            f"such as '*About an hour. {notebook.points:g} points.*'; the syllabus shows them"
        )
    points = float(said["points"]) + float(said["more"] or 0)
    if points != notebook.points:
        raise CourseError(
            f"{notebook.path}: the first cell says {points:g} points; its rows add up to "
            f"{notebook.points:g}. Change the text or the points"
        )
    title = notebook.title
    if catalogue(notebook.path.parent.parent.parent, language, notebook.assignment).is_file():
        other = translated(notebook, language).notebook
        title, opening = other.title, _opening(other)
    goals = [" ".join(goal.split()) for goal in _GOAL.findall(opening)]
    return _Shown(notebook, title, (_SAID.search(opening) or said)["time"], goals)


def _table(every: list[_Shown]) -> str:
    lines = [
        tr(
            "| notebook | time | points | functions and classes | questions "
            "| texts, graded by hand | known mistakes |"
        ),
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    sums = [0.0] * 5
    for shown in every:
        notebook, numbers = shown.notebook, _numbers(shown.notebook)
        sums = [a + b for a, b in zip(sums, numbers)]
        link = f"[{shown.title}](../{ASSIGNMENTS}/{notebook.assignment}/{notebook.name}.ipynb)"
        cells = " | ".join(f"{number:g}" for number in numbers)
        lines.append(f"| {link} | {shown.time} | {cells} |")
    total = " | ".join(f"**{number:g}**" for number in sums)
    lines.append(f"| **{counted(len(every), 'notebook')}** | | {total} |")
    return "\n".join(lines) + "\n"


def _numbers(notebook: Notebook) -> list[float]:
    """Points, rows by kind, and known mistakes of a notebook."""
    rows = [(exercise, row) for exercise in notebook.exercises for row in exercise.rows]
    by_hand = sum(row.manual for _, row in rows)
    questions = sum(isinstance(exercise, Answer) for exercise, row in rows if not row.manual)
    mistakes = sum(len(exercise.mistakes) for exercise in notebook.exercises)
    return [notebook.points, len(rows) - by_hand - questions, questions, by_hand, mistakes]


def _notebook(shown: _Shown) -> str:
    notebook = shown.notebook
    head = tr("**{time}, {points} points.** Students learn to")
    lines = [head.format(time=shown.time, points=f"{notebook.points:g}"), "", *shown.goals, ""]
    lines += [tr("| exercise | points | graded |"), "|---|--:|---|"]
    for exercise in notebook.exercises:
        for row in exercise.rows:
            lines.append(f"| `{row.id}` | {row.points:g} | {_graded(exercise, row)} |")
    return "\n".join(lines) + "\n"


def _graded(exercise: Exercise, row: Row) -> str:
    if row.manual:
        return tr("by hand, with a rubric")
    if isinstance(exercise, Answer):
        return tr("a number or a choice")
    count = sum(mistake.function == row.id for mistake in exercise.mistakes)
    if not count:
        return tr("by its results")
    return tr("by its results; {known}").format(known=counted(count, "known mistake"))


def _opening(notebook: Notebook) -> str:
    return next((cell.source for cell in notebook.cells if cell.kind == "markdown"), "")
