"""What a worker process keeps between submissions: the course, the questions and a sandbox."""

from __future__ import annotations

import functools
import hashlib
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path

from autograder.course import Course, Notebook, load_course
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.secret import secret_seed
from autograder.errors import AutograderError, GradingError
from autograder.grading import submission
from autograder.grading.digest import keyed_digest
from autograder.grading.grade import Graded, Paper, grade
from autograder.grading.submission import Handin
from autograder.sandbox import Limits, Sandbox


@dataclass(frozen=True)
class Terms:
    """The terms of a class run, the same for every submission.

    Args:
        root: The course.
        submitted: The folder of submissions.
        timeout: Wall seconds per call; a submission gets six times that.
        memory: MB above the zygote.
        isolated: False only where isolation was given up by hand.
    """

    root: Path
    submitted: Path
    timeout: float = 10.0
    memory: int = 1024
    isolated: bool = True

    @property
    def limits(self) -> Limits:
        """The limits of one submission."""
        return Limits(
            call_seconds=self.timeout,
            submission_seconds=6 * self.timeout,
            memory_mb=self.memory,
        )

    def digest(self, secret: str, exercises: str, content: str) -> str:
        """The keyed digest of a grade: all that it depends on."""
        conditions = f"{self.timeout}s {self.memory}MB isolated={self.isolated}"
        return keyed_digest(secret, content, exercises, conditions)


def students_folder(terms: Terms, student: str) -> Path:
    """The folder out of which no link may lead."""
    return terms.submitted.resolve() / student


def notebook_digest(notebook: Notebook) -> str:
    """A digest of an assignment's source and of the data files beside it."""
    digest = hashlib.sha256()
    folder = notebook.path.parent
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def grade_handin(handin: Handin, terms: Terms) -> Graded:
    """Grade one submission in this process; what workers are called with.

    Raises:
        AutograderError: The grader's own failure, with a text that says where.
    """
    try:
        with _LOCK:  # a sandbox serves one submission at a time, whatever threads a cluster uses
            return _grade(handin, terms)
    except AutograderError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise GradingError(
            f"a fault in the grader ({Path(place.filename).name}, line {place.lineno}): "
            f"{type(error).__name__}: {error}"
        ) from None


def _grade(handin: Handin, terms: Terms) -> Graded:
    assert handin.path is not None
    folder = students_folder(terms, handin.student)
    found = submission.read(handin.path, folder)
    paper, secret = _paper(terms.root, handin.assignment)
    digest = terms.digest(secret, paper.digest, found.digest)
    return grade(handin, found, paper, _sandbox(terms.isolated), terms.limits, digest)


@functools.cache
def _course(root: Path) -> Course:
    return load_course(root)


@functools.cache
def _paper(root: Path, assignment: str) -> tuple[Paper, str]:
    notebook = _course(root).assignment(assignment)
    secret = secret_seed(root)
    return make_paper(notebook, secret), secret


def make_paper(notebook: Notebook, secret: str) -> Paper:
    """All that grading an assignment takes."""
    public, hidden = public_questions(notebook), hidden_questions(notebook, secret)
    questions = [[*open_, *secret_] for open_, secret_ in zip(public, hidden, strict=True)]
    return Paper(
        notebook.assignment, notebook.cells, notebook.rows, questions, notebook_digest(notebook)
    )


@functools.cache
def _sandbox(isolated: bool) -> Sandbox:
    sandbox = Sandbox(isolation="auto" if isolated else "none")
    Finalize(sandbox, sandbox.close, exitpriority=10)
    return sandbox


_LOCK = threading.Lock()
