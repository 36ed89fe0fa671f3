"""What grading an assignment takes: the instructor's cells and the questions."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import Notebook, SourceCell, load_notebook
from autograder.course.bearing import Bearing
from autograder.course.bearing import bearings as course_bearings
from autograder.course.folder import source_of
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.secret import secret_seed
from autograder.exercises import Row
from autograder.explain import Keep, Question
from autograder.grading.basis import keyed_digest
from autograder.grading.kept import Kept


@dataclass(frozen=True)
class Paper:
    """What grading an assignment takes."""

    notebook: Notebook
    cells: Sequence[SourceCell]  # the cells as released, check cells included
    rows: Sequence[Row]  # the lines of the rubric, in order
    # for every exercise, in order, its public and its hidden questions
    questions: Sequence[Sequence[Question]]
    per_student: bool = False  # the hidden cases are one student's own


def paper(root: Path, assignment: str, student: str | None = None) -> Paper:
    """The paper of an assignment, made once in a process as long as its source does not change.

    What running the references and the mistakes gave is kept on disk for other processes and runs.

    Args:
        student: Given, the hidden cases are this student's own, and made anew.

    Raises:
        CourseError: The assignment is unknown or its source is wrong.
    """
    common = _paper(kept_beside(root, assignment))
    return common if student is None else _of_student(common, secret_seed(root), student)


def some(paper: Paper, rows: Collection[str], asked: Collection[str]) -> Paper:
    """The part of a paper that judges some rows.

    Args:
        asked: The rows that are asked for it, these and those on which they build.
    """
    return replace(
        paper,
        rows=[row for row in paper.rows if row.id in rows],
        questions=[
            of for of in paper.questions if any(row.id in asked for row in of[0].exercise.rows)
        ],
    )


def _of_student(common: Paper, secret: str, student: str) -> Paper:
    hidden = hidden_questions(common.notebook, secret, student)
    public = ([q for q in asked if not q.hidden] for asked in common.questions)
    questions = [[*known, *own] for known, own in zip(public, hidden, strict=True)]
    return replace(common, questions=questions, per_student=True)


@functools.lru_cache(maxsize=32)
def _paper(kept: Kept) -> Paper:
    notebook = load_notebook(source_of(kept.root, kept.assignment), kept)
    return make_paper(notebook, kept.secret, kept)


def kept_beside(root: Path, assignment: str) -> Kept:
    """Keeps what is made of an assignment as long as its source does not change.

    Raises:
        CourseError: The assignment is unknown.
    """
    secret = secret_seed(root)
    made_from = source_digest(source_of(root, assignment))
    return Kept(root, assignment, keyed_digest(secret, made_from), secret)


def make_paper(notebook: Notebook, secret: str, keep: Keep = lambda name, make: make()) -> Paper:
    """Prepare the questions of a notebook."""
    public = public_questions(notebook, keep)
    hidden = hidden_questions(notebook, secret, keep=keep)
    questions = [[*known, *unknown] for known, unknown in zip(public, hidden, strict=True)]
    return Paper(notebook, notebook.released_cells, notebook.rows, questions)


def bearings(root: Path, assignment: str) -> tuple[Bearing, ...]:
    """What bears on every exercise of an assignment, kept on disk like its questions.

    Raises:
        CourseError: The assignment is unknown or its source is wrong.
    """
    return _bearings(kept_beside(root, assignment))


@functools.lru_cache(maxsize=32)
def _bearings(kept: Kept) -> tuple[Bearing, ...]:
    def make() -> list[tuple[object, ...]]:
        found = course_bearings(load_notebook(source_of(kept.root, kept.assignment), kept))
        return [tuple(vars(one).values()) for one in found]

    return tuple(Bearing(*one) for one in kept("bearing", make))


def source_digest(source: Path) -> str:
    """A digest of a notebook's source and of the data files beside it."""
    beside = (os.path.join(at, name) for at, _, names in os.walk(source.parent) for name in names)
    there = sorted(p for p in beside if "__pycache__" not in p and os.path.isfile(p))
    files = ((p, os.stat(p)) for p in there)
    state = tuple((p, s.st_mtime_ns, s.st_ctime_ns, s.st_size, s.st_ino) for p, s in files)
    return _source_digest(source.parent, state)


@functools.lru_cache(maxsize=64)
def _source_digest(folder: Path, state: tuple[tuple[str, int, int, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path in (Path(name) for name, *_ in state):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
