"""What grading an assignment takes: the instructor's cells and the questions."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Notebook, SourceCell, load_course
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.secret import secret_seed
from autograder.exercises import Row
from autograder.explain import Question


@dataclass(frozen=True)
class Paper:
    """What grading an assignment takes.

    Args:
        cells: The cells as released, check cells included.
        rows: The lines of the rubric, in order.
        questions: For every exercise, in order, its public and its hidden questions.
    """

    assignment: str
    cells: Sequence[SourceCell]
    rows: Sequence[Row]
    questions: Sequence[Sequence[Question]]


def paper(root: Path, assignment: str) -> Paper:
    """The paper of an assignment, made once in a process as long as its source does not change.

    Raises:
        CourseError: The assignment is unknown or its source is wrong.
    """
    source = load_course(root).sources.get(assignment)
    return _paper(root, assignment, secret_seed(root), source_digest(source) if source else "")


@functools.lru_cache(maxsize=32)
def _paper(root: Path, assignment: str, secret: str, made_from: str) -> Paper:
    return make_paper(load_course(root).assignment(assignment), secret)


def make_paper(notebook: Notebook, secret: str) -> Paper:
    """Prepare the questions of a notebook."""
    public, hidden = public_questions(notebook), hidden_questions(notebook, secret)
    questions = [[*known, *unknown] for known, unknown in zip(public, hidden, strict=True)]
    return Paper(notebook.assignment, notebook.released_cells, notebook.rows, questions)


def source_digest(source: Path) -> str:
    """A digest of a notebook's source and of the data files beside it."""
    digest = hashlib.sha256()
    folder = source.parent
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
