"""What grading an assignment takes: the instructor's cells and the questions."""

from __future__ import annotations

import ast
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.course import Notebook, SourceCell, load_course
from autograder.course.cells import EXECUTED, classify
from autograder.course.percent import read_percent
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.secret import secret_seed
from autograder.exercises import Row
from autograder.explain import Keep, Question
from autograder.grading.digest import keyed_digest
from autograder.grading.kept import Kept


@dataclass(frozen=True)
class Paper:
    """What grading an assignment takes.

    Args:
        cells: The cells as released, check cells included.
        rows: The lines of the rubric, in order.
        questions: For every exercise, in order, its public and its hidden questions.
        per_student: The hidden cases are one student's own.
    """

    notebook: Notebook
    cells: Sequence[SourceCell]
    rows: Sequence[Row]
    questions: Sequence[Sequence[Question]]
    per_student: bool = False


def paper(root: Path, assignment: str, student: str | None = None) -> Paper:
    """The paper of an assignment, made once in a process as long as its source does not change.

    What running the references and the mistakes gave is kept on disk for other processes and runs.

    Args:
        student: Given, the hidden cases are this student's own, and made anew.

    Raises:
        CourseError: The assignment is unknown or its source is wrong.
    """
    source = load_course(root).sources.get(assignment)
    secret = secret_seed(root)
    common = _paper(root, assignment, secret, source_digest(source) if source else "")
    return common if student is None else _of_student(common, secret, student)


def _of_student(common: Paper, secret: str, student: str) -> Paper:
    hidden = hidden_questions(common.notebook, secret, student)
    public = ([q for q in asked if not q.hidden] for asked in common.questions)
    questions = [[*known, *own] for known, own in zip(public, hidden, strict=True)]
    return replace(common, questions=questions, per_student=True)


@functools.lru_cache(maxsize=32)
def _paper(root: Path, assignment: str, secret: str, made_from: str) -> Paper:
    kept = Kept(root, assignment, keyed_digest(secret, made_from), secret)
    return make_paper(load_course(root).assignment(assignment), secret, kept)


def make_paper(notebook: Notebook, secret: str, keep: Keep = lambda name, make: make()) -> Paper:
    """Prepare the questions of a notebook."""
    public = public_questions(notebook, keep)
    hidden = hidden_questions(notebook, secret, keep=keep)
    questions = [[*known, *unknown] for known, unknown in zip(public, hidden, strict=True)]
    return Paper(notebook, notebook.released_cells, notebook.rows, questions)


def source_digest(source: Path) -> str:
    """A digest of a notebook's source and of the data files beside it."""
    digest = hashlib.sha256()
    folder = source.parent
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


_PROSE = frozenset({".md", ".txt", ".rst"})
_WITH_DOCSTRINGS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def graded_digest(source: Path) -> str:
    """A digest of what bears on a grade in a notebook's source and in the files beside it.

    That is the code of the cells that run before an answer is judged, with the declarations of
    exercises, and data. Explanations, model answers, experiments, comments and docstrings may
    change without a grade becoming out of date.

    Raises:
        CourseError: The source is wrong.
    """
    return _graded_digest(source, source_digest(source))


@functools.lru_cache(maxsize=64)
def _graded_digest(source: Path, made_from: str) -> str:
    digest = hashlib.sha256()
    cells = (classify(raw, source) for raw in read_percent(source))
    for cell in cells:
        if cell.kind in EXECUTED:
            digest.update(f"{cell.kind}\0{_code(cell.source)}\0".encode())
    folder = source.parent
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p != source):
        if "__pycache__" not in path.parts and path.suffix not in _PROSE:
            content = path.read_bytes()
            if path.suffix == ".py":
                content = _code(content.decode()).encode()
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + content)
    return digest.hexdigest()


def _code(python: str) -> str:
    """The code without comments, docstrings and layout."""
    try:
        tree = ast.parse(python)
    except SyntaxError:
        return python  # whoever runs it will say so
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRINGS) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
