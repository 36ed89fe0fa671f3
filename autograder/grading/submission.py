"""Read a notebook that nobody trusts: from a path to cells of text, and which of them run.

Or a reason why it cannot be read.
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.checks.finding import RowResult, Status
from autograder.errors import GradingError
from autograder.exercises import Row
from autograder.grading.notebook_json import SubmittedCell, UnreadableError, parse

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


MAX_BYTES = 256 * 1024 * 1024
"""Outputs are passed over, so only their bytes count here; sources have a limit of their own."""


@dataclass(frozen=True, slots=True)
class Handin:
    """Where a student's answer to one assignment should be."""

    student: str  # the name of the student's folder
    assignment: str
    path: Path | None  # the notebook, or None when there is none under its name
    note: str = ""  # what was found in its place, or beside it
    # the files in its place that may be the answer, by their paths from the student's folder; where
    # there are any, it is for a person to say what was handed in
    there: tuple[str, ...] = ()
    # where the notebook lies, from the student's folder, when another name was accepted
    file: str = ""
    fault: str = ""  # why nobody could look; empty as a rule
    # it is graded; in these rows the line is sought in which they go wrong
    sought: tuple[str, ...] = ()
    # row -> the digest of its verdict, where an earlier grade holds in part; rows of which that is
    # still true are not graded anew
    holding: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Submission:
    """A notebook as handed in."""

    digest: str  # SHA-256 of the file's bytes
    cells: tuple[SubmittedCell, ...] = ()  # in order; empty when it cannot be read
    problem: str = ""  # why it cannot be read; empty when it can


def read(path: Path, folder: Path | None = None) -> Submission:
    """Read a notebook.

    Args:
        folder: The file, with all links followed, must lie in this folder.

    Raises:
        GradingError: When the file system refuses, which is not the student's doing.
    """
    try:
        content = raw(path, folder)
    except UnreadableError as error:
        return Submission(hashlib.sha256(str(error).encode()).hexdigest(), problem=str(error))
    digest = hashlib.sha256(content).hexdigest()
    try:
        return Submission(digest, parse(content))
    except UnreadableError as error:
        return Submission(digest, problem=str(error))


def fingerprint(path: Path, folder: Path | None = None) -> str:
    """The digest that `read` would give, without looking into the notebook.

    Raises:
        GradingError: When the file system refuses.
    """
    try:
        return hashlib.sha256(raw(path, folder)).hexdigest()
    except UnreadableError as error:
        return hashlib.sha256(str(error).encode()).hexdigest()


def raw(path: Path, folder: Path | None) -> bytes:
    """The file's bytes; links out of `folder`, devices, pipes and huge files are refused.

    Raises:
        UnreadableError: It is no notebook that anybody could read.
        GradingError: When the file system refuses.
    """
    try:
        resolved = os.path.realpath(path, strict=True)
        # The student's folder may be a link itself: what stands above it is ours, it is not.
        if folder is not None and not os.path.join(resolved, "").startswith(
            os.path.join(os.path.realpath(folder.parent), folder.name, "")
        ):
            raise UnreadableError(
                f"{path.name} is reached through a link that leads out of the student's folder; "
                "hand in the notebook itself"
            )
        # A pipe would block an ordinary open; whatever it is, it is looked at before it is read.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        kind = os.stat(resolved).st_mode
        if stat.S_ISDIR(kind):
            raise UnreadableError(f"{path.name} is a folder; expected a notebook file")
        if stat.S_ISSOCK(kind):  # which cannot even be opened
            raise UnreadableError(f"{path.name} is not a regular file; expected a notebook")
        with os.fdopen(os.open(resolved, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableError(f"{path.name} is not a regular file; expected a notebook")
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        if path.is_symlink():
            raise UnreadableError(f"{path.name} is a link that leads nowhere") from error
        raise GradingError(
            f"cannot read {path}: {error.strerror or error}. Check the file and its permissions."
        ) from error
    if len(content) > MAX_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_BYTES >> 20} MB; clear the outputs of the notebook "
            "and hand it in again"
        )
    return content
