"""The syllabus: an instructor's page in docs/, whose numbers come from the course.

`docs/syllabus.md` is written by hand but for the places between two comments,

    <!-- from the course: table -->
    <!-- end -->

which `make release` fills: `table` with a line for each notebook, an assignment's name (such as
`01_gates`) with what that notebook teaches and its rubric.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from autograder.course.drift import MEND
from autograder.course.folder import ASSIGNMENTS, Course
from autograder.course.notebook import Notebook
from autograder.errors import CourseError
from autograder.exercises import Answer, Exercise, Row

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
_GOAL = re.compile(r"^- .+(?:\n  .+)*", re.MULTILINE)


def write_syllabus(course: Course) -> bool:
    """Fill the places of `docs/syllabus.md`; return whether it changed.

    Raises:
        CourseError: When a place asks for what the course has not.
    """
    page = course.root / PAGE
    if not page.is_file():
        return False
    text = page.read_text(encoding="utf-8")
    filled = _filled(course, text)
    if filled == text:
        return False
    page.write_text(filled, encoding="utf-8", newline="\n")
    return True


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


def _filled(course: Course, text: str) -> str:
    return _PLACE.sub(lambda m: m["begin"] + _content(course, m["what"]) + m["end"], text)


def _content(course: Course, what: str) -> str:
    if what == "table":
        return _table(course)
    if what not in course.sources:
        known = ", ".join(["table", *course.sources])
        raise CourseError(f"{PAGE}: nothing in the course is called {what!r}; it has {known}")
    return _notebook(course.assignment(what))


def _table(course: Course) -> str:
    lines = [
        "| notebook | time | points | functions and classes | questions | texts, graded by hand "
        "| known mistakes |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    sums = [0.0] * 5
    for notebook in course.notebooks:
        numbers = _numbers(notebook)
        sums = [a + b for a, b in zip(sums, numbers)]
        link = f"[{notebook.title}](../{ASSIGNMENTS}/{notebook.assignment}/{notebook.name}.ipynb)"
        cells = " | ".join(f"{number:g}" for number in numbers)
        lines.append(f"| {link} | {_time(notebook)} | {cells} |")
    total = " | ".join(f"**{number:g}**" for number in sums)
    lines.append(f"| **{len(course.notebooks)} notebooks** | | {total} |")
    return "\n".join(lines) + "\n"


def _numbers(notebook: Notebook) -> list[float]:
    """Points, rows by kind, and known mistakes of a notebook."""
    rows = [(exercise, row) for exercise in notebook.exercises for row in exercise.rows]
    by_hand = sum(row.manual for _, row in rows)
    questions = sum(isinstance(exercise, Answer) for exercise, row in rows if not row.manual)
    mistakes = sum(len(exercise.mistakes) for exercise in notebook.exercises)
    return [notebook.points, len(rows) - by_hand - questions, questions, by_hand, mistakes]


def _notebook(notebook: Notebook) -> str:
    lines = [f"**{_time(notebook)}, {notebook.points:g} points.** Students learn to", ""]
    lines += [*_goals(notebook), "", "| exercise | points | graded |", "|---|--:|---|"]
    for exercise in notebook.exercises:
        for row in exercise.rows:
            lines.append(f"| `{row.id}` | {row.points:g} | {_graded(exercise, row)} |")
    return "\n".join(lines) + "\n"


def _graded(exercise: Exercise, row: Row) -> str:
    if row.manual:
        return "by hand, with a rubric"
    if isinstance(exercise, Answer):
        return "a number or a choice"
    count = sum(mistake.function == row.id for mistake in exercise.mistakes)
    known = f"; {count} known mistake{'s' * (count != 1)}" if count else ""
    return f"by its results{known}"


def _opening(notebook: Notebook) -> str:
    return next((cell.source for cell in notebook.cells if cell.kind == "markdown"), "")


def _time(notebook: Notebook) -> str:
    """What the notebook says of its length; its points must be those of its rubric."""
    said = _TIME.search(_opening(notebook))
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
    return said["time"]


def _goals(notebook: Notebook) -> list[str]:
    """The aims that the notebook's first cell lists."""
    return [" ".join(goal.split()) for goal in _GOAL.findall(_opening(notebook))]
