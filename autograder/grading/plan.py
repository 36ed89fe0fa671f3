"""Which cells of a submission run, and from whose text."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.checks.finding import RowResult, Status
from autograder.exercises import Row
from autograder.grading.notebook_json import SubmittedCell

if TYPE_CHECKING:  # students have no course, and plan what runs all the same
    from autograder.course import SourceCell

STUDENTS = frozenset({"solution", "text"})
"""Kinds of cells that a student fills in: theirs even when left unchanged."""


@dataclass(frozen=True)
class PlannedCell:
    """A cell to run."""

    source: str
    name: str  # stands in tracebacks: `"cell 7"` is the seventh cell of the submission
    # an experiment that the student edited: it gets little time and costs nothing
    experiment: bool = False
    position: int = 0  # the cell of the submission with or after which it runs; 0: before all


def plan(submitted: Sequence[SubmittedCell], kit: Sequence[SourceCell]) -> list[PlannedCell]:
    """Order the cells to run.

    The kit's imports run before all else, so that no order of the cells leaves a name undefined.
    A submitted cell that equals a released one, or has its id and differs from it in words only, is
    the kit's own: provided cells run from the instructor's text, all others don't run. Everything
    else is student code. Provided cells that the student deleted or edited run too, after what
    preceded them in the release, so an edited one is put right at once. Ids are hints for that
    order and for experiments, nothing more.

    Args:
        submitted: All cells of the submission, in order.
        kit: All cells of the instructor's notebook, in order.
    """
    released = [cell for cell in kit if cell.released is not None]
    own: dict[str, int] = {}
    hints: dict[str, int] = {}
    for index, cell in enumerate(released):
        if cell.kind not in STUDENTS:
            own.setdefault(normalised(cell.released or ""), index)
        hints.update({key: index for key in (cell.cell_id, cell.grade_id) if key})
    imports = [
        _kit_cell(cell, f"imports {number}")
        for number, cell in enumerate(released, 1)
        if cell.kind == "import"
    ]
    planned = [imports]  # for each position (0: before all) what runs there
    stands_at: dict[int, int] = {}
    present: set[int] = set()
    experiments: set[int] = set()
    for position, found in enumerate(submitted, 1):
        here: list[PlannedCell] = []
        planned.append(here)
        name = f"cell {position}"
        same = own.get(normalised(found.source))
        hint = hints.get(found.cell_id, hints.get(found.grade_id))
        if same is None and hint is not None:
            stands_at.setdefault(hint, position)
            same = hint if _translated(found, released[hint]) else None
        if same is not None:
            stands_at.setdefault(same, position)
            if released[same].kind == "provided":
                present.add(same)
                here.append(_kit_cell(released[same], f"{name} (provided)", position))
            continue
        if found.kind != "code" or not found.source.strip():
            continue
        experiment = hint is not None and released[hint].kind == "experiment"
        if hint is not None and experiment:
            experiment = hint not in experiments  # a copied id buys no second allowance
            experiments.add(hint)
        here.append(PlannedCell(found.source, name, experiment, position))
    position = 0
    for index, cell in enumerate(released):
        position = stands_at.get(index, position)
        if cell.kind == "provided" and index not in present:
            planned[position].append(_kit_cell(cell, f"provided cell {index + 1}", position))
    return [cell for here in planned for cell in here]


def _translated(found: SubmittedCell, kit: SourceCell) -> bool:
    """Whether it is a cell of the kit as released in another language: its code is the same."""
    text = kit.released or ""
    if kit.kind not in ("import", "provided", "experiment") or found.kind != "code":
        return False
    if len(found.source) > 4 * len(text) + 1000:  # whoever wrote that did not translate
        return False
    from autograder.course.translated import same_program

    try:
        return same_program(found.source, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def normalised(source: str) -> str:
    """A cell's text without what editors change: spaces at line ends, empty lines around it."""
    return _normalised_before(source) if len(source) <= _KEPT else _normalised(source)


def _normalised(source: str) -> str:
    return "\n".join([line.rstrip() for line in source.strip().split("\n")])


_KEPT = 10_000
"""Cells up to this size, most of which stand in every notebook of a class, are looked at once."""
_normalised_before = functools.lru_cache(512)(_normalised)


def _kit_cell(cell: SourceCell, name: str, position: int = 0) -> PlannedCell:
    return PlannedCell(cell.released or "", name, position=position)


def unjudged(row: Row) -> RowResult:
    """The verdict on a row before anybody looked at it."""
    status: Status = "manual" if row.manual else "unanswered"
    return RowResult(row.id, 0.0, float(row.points), status, dict.fromkeys(row.outputs, False))
