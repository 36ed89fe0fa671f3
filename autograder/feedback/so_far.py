"""How far a student is: what the last checks said of each row, as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.exercises.public import SUFFIX
from autograder.feedback.beside import said_before
from autograder.feedback.blocks import Block, Code, Fold, Line, Paragraph, Rows
from autograder.feedback.wording import counted, points
from autograder.language import tr

DONE = ("right", "manual")
"""What a row may be when nothing is left to do for a student."""
UNWRITTEN = "YOUR ANSWER HERE"
"""nbgrader's words in a text that nobody wrote yet."""


@dataclass(frozen=True)
class SoFar:
    """How far one notebook is."""

    path: Path  # the notebook
    worth: Mapping[str, float]  # row -> its points, in order
    said: Mapping[str, tuple[float, str]]  # row -> points and status, as last checked

    @property
    def earned(self) -> float:
        """The points so far."""
        return sum(score for score, _ in self.said.values())

    @property
    def available(self) -> float:
        """The points that there are."""
        return sum(self.worth.values())

    @property
    def left(self) -> list[str]:
        """The rows that are still to do."""
        return [row for row in self.worth if self.said.get(row, (0, ""))[1] not in DONE]

    @property
    def line(self) -> tuple[str, str, str, str]:
        """A row of a table: tone, name, what is next, points."""
        tone, text = ("partial" if self.said else "unanswered"), tr("next: {row}")
        if not self.left:
            tone, text = "right", tr("nothing left")
        told = text.format(row=next(iter(self.left), ""))
        worth = f"{points(self.earned)} / {points(self.available)}"
        return tone, f"{self.path.parent.name}/{self.path.name}", told, worth


def so_far(data: Path) -> SoFar | None:
    """How far the notebook beside this public data is; None where no notebook can be read."""
    path = data.with_name(data.name.removesuffix(SUFFIX) + ".ipynb")
    worth, texts = {}, {}
    try:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            marks = cell["metadata"].get("nbgrader", {})
            if marks.get("grade"):
                worth[marks["grade_id"]] = float(marks["points"])
            by_hand = marks.get("grade") and marks.get("solution")
            if by_hand and UNWRITTEN not in "".join(cell["source"]):
                texts[marks["grade_id"]] = (0.0, "manual")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    said = {row: what for row, what in said_before(data).items() if row in worth}
    return SoFar(path, worth, {**said, **texts})


def course_so_far(data: Path) -> list[SoFar]:
    """How far every notebook is that lies in a folder beside this one's, in order."""
    here = data.resolve()
    found = map(so_far, sorted({here, *here.parent.parent.glob(f"*/*{SUFFIX}")}))
    return [one for one in found if one is not None]


def overview(every: list[SoFar], data: Path) -> list[Block]:
    """Points so far and what is next in a line; below it, folded, all notebooks.

    Args:
        data: The public data of the notebook that is open: what is next is sought from there on.
    """
    here = data.resolve().parent
    first = next((i for i, one in enumerate(every) if one.path.parent == here), 0)
    todo = next((one for one in every[first:] + every[:first] if one.left), None)
    text = tr("{earned} of {available} points so far, in {notebooks}.").format(
        earned=points(sum(one.earned for one in every)),
        available=points(sum(one.available for one in every)),
        notebooks=counted(len(every), "notebook"),
    )
    line: Line = (text, " ", tr("Nothing is left to check."))
    if todo is not None:
        where = f" ({todo.path.name})" if todo.path.parent != here else ""
        line = (text, " ", tr("Next: "), Code(todo.left[0]), where)
    rows = Rows(tuple(one.line for one in every), "", todo is None)
    return [Paragraph(line), *([Fold(tr("All notebooks"), (rows,), "")] if len(every) > 1 else [])]
