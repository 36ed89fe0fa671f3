"""Distinct notebooks for a benchmark: no two are alike, and the same number gives the same one."""

from __future__ import annotations

import json
import random
from pathlib import Path

from autograder.course import Course
from autograder.course.cells import SourceCell
from autograder.course.notebook import Notebook
from tests.submissions.build import notebook_text
from tests.submissions.roster import solved

KINDS = {"finished": (1.0, 0.0), "mixed": (0.6, 0.2)}
"""Kind of class -> the shares of functions that are right, and that hold a known mistake; the rest
are not written."""


def hand_in(course: Course, submitted: Path, assignment: str, kind: str, numbers: range) -> None:
    """Write the notebooks with these numbers to `submitted/<student>/<assignment>/`."""
    notebook = course.assignment(assignment)
    text = notebook_text(course, assignment, solved())
    assert text is not None
    cells = {cell.cell_id: cell for cell in notebook.cells if cell.kind == "solution"}
    for number in numbers:
        draw = random.Random(f"{assignment} {kind} {number}")
        document = json.loads(text)
        for cell in document["cells"]:
            if cell.get("id") in cells:
                answer = _answer(cells[cell["id"]], cell["source"], notebook, kind, draw)
                cell["source"] = f"{answer}\n# written by student {number}\n"
        path = submitted / f"s{number:04}" / assignment / f"{notebook.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document), encoding="utf-8")


def _answer(
    cell: SourceCell, right: str, notebook: Notebook, kind: str, draw: random.Random
) -> str:
    """What a student wrote into a cell: the right answer, one with a known mistake, or nothing."""
    is_right, is_mistaken = KINDS[kind]
    which = draw.random()
    if which < is_right:
        return right
    known = [
        mistake
        for exercise in notebook.exercises
        for mistake in exercise.mistakes
        if mistake.function in cell.functions and not mistake.endless
    ]
    if which < is_right + is_mistaken and known:
        mistake = draw.choice(known)
        return mistake.apply(notebook.sources[mistake.function])
    return cell.released or ""
