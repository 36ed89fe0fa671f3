"""The key of a notebook: its right answers and solutions, for those who learn alone."""

from __future__ import annotations

import datetime

from autograder.course import Notebook
from autograder.course.configuration import Configuration
from autograder.course.questions import public_questions
from autograder.course.regions import BEGIN, END, inside
from autograder.errors import CourseError
from autograder.exercises import Answer
from autograder.exercises.public import encode_value
from autograder.feedback.key import pack


def key_of(notebook: Notebook) -> str:
    """The text of its key."""
    answers = {}
    for (question,) in public_questions(notebook):
        if isinstance(question.exercise, Answer):
            answers[question.exercise.name] = {
                e.case.name: {
                    row: {
                        name: {
                            "value": encode_value(expected.value),
                            "slack": expected.slack,
                            "scale": expected.scale,
                        }
                        for name, expected in outputs.items()
                    }
                    for row, outputs in e.outputs.items()
                }
                for e in question.expectations
            }
    solutions = {}
    for cell in notebook.cells:
        if cell.row and cell.kind == "text":
            solutions[cell.row] = "\n".join(inside(cell.source)).strip()
        elif cell.row and cell.kind == "solution":
            lines = cell.source.split("\n")
            solutions[cell.row] = "\n".join(x for x in lines if BEGIN not in x and END not in x)
    return pack(answers, solutions)


def is_open(configuration: Configuration, assignment: str, now: datetime.datetime) -> bool:
    """Whether the course hands out the key of an assignment by itself.

    Raises:
        CourseError: It would after the due date, which is no date.
    """
    if configuration.key != "after due":
        return configuration.key == "always"
    due = configuration.due.get(assignment, "")
    if not due:
        return False
    try:
        until = datetime.datetime.fromisoformat(due)
    except ValueError:
        raise CourseError(
            f'course.toml: key = "after due", but due.{assignment} is {due!r}; expected a date, '
            "such as 2026-12-01"
        ) from None
    if len(due) == len("2026-12-01"):  # a day lasts until its end
        until += datetime.timedelta(days=1)
    return now.astimezone() >= until.astimezone()
