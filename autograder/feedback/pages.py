"""What a student calls beside `check`: `progress`, `solution` and `hand_in`, each a page."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.checks.finding import RowResult
from autograder.exercises.bounds import bounded_output
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import SUFFIX
from autograder.explain import examine_all
from autograder.feedback.beside import CheckError, opened, remember, row_of, said_before, sheets
from autograder.feedback.blocks import (
    Block,
    Code,
    Fold,
    Frames,
    Head,
    Line,
    Paragraph,
    Rows,
    as_html,
    as_text,
)
from autograder.feedback.checking import caller, limiting, printed, settled, shows_html
from autograder.feedback.key import solutions
from autograder.feedback.rebinding import typed
from autograder.feedback.story import recorded, table
from autograder.feedback.wording import counted, listed, points
from autograder.language import ENGLISH, speak, tr

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


ELSEWHERE = ("google.colab", "pyodide_kernel")
"""Where the notebook that is open is no file beside this kernel."""


class Shown:
    """What a cell shows that returns no score.

    Attributes:
        results: The verdicts of which it tells.
    """

    def __init__(self, blocks: Sequence[Block], results: Sequence[RowResult] = ()) -> None:
        self.blocks, self.results = blocks, results

    def __repr__(self) -> str:
        return as_text(self.blocks)

    def _repr_html_(self) -> str:
        return as_html(self.blocks)


def progress() -> Shown:
    """Check every row of the notebook on the public cases; show the points so far.

    Below stands how far all notebooks of the course are, as last checked. Where no function of this
    notebook is defined yet, that stands alone.

    Raises:
        CheckError: When the notebook's `.check.json` cannot be read.
    """
    namespace = caller()
    results: list[RowResult] = []
    found = sheets(namespace)
    for sheet in found:
        speak(sheet.data.language or ENGLISH, sheet.data.words)
        if not sheet.rows.keys() & namespace.keys():
            continue
        questions = [[sheet.question(public)] for public in sheet.data.exercises]
        answers = {row.id for public, row in sheet.rows.values() if sheet.withholds(public)}
        with bounded_output(0):
            verdicts = examine_all(questions, LocalRunner(namespace, limiting))
        of_sheet = [
            recorded(result) if result.id in answers else settled(result, namespace)
            for result in verdicts
        ]
        remember(sheet.path, of_sheet)
        results += of_sheet
    every, here = course_so_far(found[0].path), found[0].path
    rows = [table(results)] if results else []
    return _show(Shown([*rows, *(overview(every, here) if every else [])], results))


def solution(function_or_name: Callable[..., Any] | type | str) -> Shown:
    """Show a solution of a row, where the course handed out a key.

    Args:
        function_or_name: As for `check`; the row of a text is a name in quotes.

    Raises:
        CheckError: When there is no key here, or no such row.
    """
    namespace = caller()
    sheet, row = row_of(function_or_name, namespace, sheets(namespace))
    speak(sheet.data.language or ENGLISH, sheet.data.words)
    known = solutions(sheet.path)
    if known is None:
        raise CheckError(
            f"There is no key beside {sheet.path.name}, so there is no solution to see. Whoever "
            "teaches the course can hand it out: autograder handout --key. Hints cost nothing: "
            "check(..., hint=1)"
        )
    title = tr("One way to write {row}; others are as good:").format(row=row)
    return _show(Shown([Frames(title, tuple(known.get(row, "").split("\n")))]))


def hand_in() -> Shown:
    """Say whether the notebook is ready to be handed in, and which file that is.

    Raises:
        CheckError: When there is no notebook, or its `.check.json` cannot be read.
    """
    namespace = caller()
    sheet = sheets(namespace)[0]
    speak(sheet.data.language or ENGLISH, sheet.data.words)
    found = so_far(sheet.path)
    if found is None:
        raise CheckError(
            f"There is no notebook beside {sheet.path.name}. Keep the two in one folder, under "
            "their own names."
        )
    return _show(Shown(ready(found, opened(namespace), typed())))


def ready(found: SoFar, opened: Path | None, ran: Sequence[str]) -> list[Block]:
    """What a student should know before handing in.

    Args:
        found: How far the notebook is, as it lies on the disk.
        opened: The file that is open, where the front end tells it.
        ran: The cells that this kernel ran, in order, as they were typed.
    """
    name = found.path.name
    away = any(module in sys.modules for module in ELSEWHERE)
    complete = away or _from_the_top(opened or found.path, ran)
    worth = tr("{score} / {points} points").format(
        score=points(found.earned), points=points(found.available)
    )
    if not complete:
        again = tr(
            "Not sure yet: what ran in this kernel is not the saved notebook from the top. Save, "
            "then Kernel → Restart Kernel and Run All Cells, and look here again."
        )
        return [Head("unanswered", name, tr("not ready to hand in"), worth), Paragraph((again,))]
    ready = Head("right", name, tr("ready to hand in"), worth)
    blocks: list[Block] = [ready]
    if found.left:
        blocks = [Head("partial", name, tr("can be handed in, but is not complete"), worth)]
        text = tr("Not right or not written yet: {rows}.").format(rows=listed(found.left, 40))
        blocks.append(Paragraph((text,), "wrong"))
    what: Line = (tr("Hand in this one file, under this name: "), Code(name))
    if away:
        what = (
            tr("Download it as a notebook (.ipynb), and hand it in under this name: "),
            Code(name),
        )
    return [*blocks, Paragraph(what)]


def _from_the_top(path: Path, ran: Sequence[str]) -> bool:
    """Whether the cells that ran are those of the file, each once and in order."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources = ["".join(c["source"]).strip() for c in cells if c["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    there = [text.strip() for text in ran if text.strip()]
    while len(there) > 1 and there[-1] == there[-2]:  # this cell, once more
        there.pop()
    wanted = [source for source in sources if source]
    return wanted[: len(there)] == there and not any(
        "hand_in" not in s for s in wanted[len(there) :]
    )


def _show(shown: Shown) -> Shown:
    if not shows_html() and not hasattr(sys, "ps1"):
        printed(repr(shown))
    return shown
