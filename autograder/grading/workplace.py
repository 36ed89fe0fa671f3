"""What a worker process keeps between submissions: the course, the questions and a sandbox."""

import functools
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path

from autograder.course.secret import secret_seed
from autograder.errors import AutograderError, GradingError
from autograder.grading import submission
from autograder.grading.grade import Graded, grade, lined
from autograder.grading.lines import Lined
from autograder.grading.papers import Basis, Paper, bearings, paper, some
from autograder.grading.result import writable_name
from autograder.grading.submission import Handin
from autograder.sandbox import Limits, Sandbox


@dataclass(frozen=True)
class Terms:
    """The terms of a class run, the same for every submission."""

    root: Path  # the course
    submitted: Path  # the folder of submissions
    timeout: float = 10.0  # wall seconds per call; a submission gets six times that
    memory: int = 1024  # MB above the zygote
    isolated: bool = True  # False only where isolation was given up by hand
    per_student: bool = False  # every student gets hidden cases of their own
    # work_seconds, work_mb: processor time and memory that the grader itself may spend on one
    # submission, whatever is in it; an ordinary one takes a hundredth
    work_seconds: float = 20.0
    work_mb: int = 1024

    @property
    def limits(self) -> Limits:
        """The limits of one submission."""
        return Limits(
            call_seconds=self.timeout, submission_seconds=6 * self.timeout, memory_mb=self.memory
        )

    def basis(self, assignment: str, content: str) -> Basis:
        """What a grade depends on.

        Args:
            content: The digest of what was handed in.

        Raises:
            CourseError: The source of the assignment is wrong.
        """
        conditions = f"{self.timeout}s {self.memory}MB isolated={self.isolated}"
        conditions += " per student" if self.per_student else ""
        bearing = bearings(self.root, assignment)
        return Basis(secret_seed(self.root), content, conditions, bearing)


Watch = Callable[[Terms], AbstractContextManager[None]]


def grade_handin(
    handin: Handin, terms: Terms, watched: Watch = lambda terms: nullcontext()
) -> Graded | Lined:
    """Grade one submission in this process, one at a time; or look for lines in one that is.

    Args:
        watched: Watches what the grader does for the submission; what it keeps for all
            submissions is made before.

    Raises:
        AutograderError: The grader's own failure, with a text that says where.
        MemoryError: The memory that it may use is full.
    """
    try:
        with ThreadPoolExecutor(1) as beside:  # a sandbox ends with the thread that started it
            student = writable_name(handin.student) if terms.per_student else None
            prepared = beside.submit(paper, terms.root, handin.assignment, student)
            sandbox = _sandbox(terms.isolated)
            questions = prepared.result()
        with watched(terms):
            return _grade(handin, terms, questions, sandbox)
    except (AutograderError, MemoryError):
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise GradingError(
            f"a fault in the grader ({Path(place.filename).name}, line {place.lineno}): "
            f"{type(error).__name__}: {error}"
        ) from None


def _grade(handin: Handin, terms: Terms, questions: Paper, sandbox: Sandbox) -> Graded | Lined:
    assert handin.path is not None
    folder = terms.submitted / handin.student
    found = submission.read(handin.path, folder)
    if handin.sought:
        return lined(handin, found, questions, sandbox, terms.limits)
    basis = terms.basis(handin.assignment, found.digest)
    if holding := basis.holding(handin.holding):
        rows = set(basis.rows) - set(holding)
        questions = some(questions, rows, basis.asked(rows))
    return grade(handin, found, questions, sandbox, terms.limits, basis)


@functools.cache
def _sandbox(isolated: bool) -> Sandbox:
    sandbox = Sandbox(isolation="auto" if isolated else "none")
    Finalize(sandbox, sandbox.close, exitpriority=10)
    return sandbox
