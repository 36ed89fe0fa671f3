"""A process in which the grader works on one submission at a time, within a budget of its own.

Whatever the grader does for a submission (reading, decoding, comparing, explaining, writing the
verdict down) can be made to take long by whoever wrote it. The kernel ends the process when the
processor time is used up, whatever code it is in, and refuses memory above the budget; that costs
the one submission, and a fresh process goes on with the next. What student code itself uses is
counted elsewhere: it runs in the sandbox, and waiting for it takes no processor time.
"""

import contextlib
import functools
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, ClassVar

from autograder.course.folder import secret_seed
from autograder.errors import AutograderError, GradingError
from autograder.grading import submission
from autograder.grading.far_end import PROGRAM, started
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


START_SECONDS = 120.0
_OUT_OF_MEMORY = 3


class OverloadError(AutograderError):
    """A submission made the grader work beyond its budget: it needs a person."""


class LostError(GradingError):
    """The process ended while it graded a submission, and nobody knows why."""


class Desk:
    """The near end: starts the process when it is needed, and again after it ended."""

    program: ClassVar[str] = PROGRAM

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lock = threading.Lock()  # one submission at a time, whatever threads a cluster uses

    def grade(self, handin: Handin, terms: Terms) -> Graded | Lined:
        """Have a submission graded.

        Raises:
            OverloadError: It used up the grader's budget.
            LostError: The process ended, or did not come to an end.
            AutograderError: The grader's own failure, with a text that says where.
        """
        with self._lock:
            process = self._process or self._start()
            stuck = START_SECONDS + 4 * terms.limits.submission_seconds
            late = threading.Timer(stuck, process.kill)
            late.daemon = True
            late.start()
            try:
                pickle.dump((handin, terms), process.stdin)  # type: ignore[arg-type]
                process.stdin.flush()  # type: ignore[union-attr]
                answer = pickle.load(process.stdout)  # type: ignore[arg-type]
            except (OSError, EOFError, pickle.UnpicklingError):
                raise _explained(self._end(), terms) from None
            finally:
                late.cancel()
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, (Graded, Lined))
        return answer

    def close(self) -> None:
        """End the process for good; whoever waits for its answer gets an error."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()
        with self._lock:
            self._end()

    def _end(self) -> int:
        """End the process if it did not end by itself; return its status."""
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            status = process.wait(1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not sent any more
                pipe.close()  # type: ignore[union-attr]
        return status

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = started(self.program)
        if self._closed:
            self._process.kill()
        return self._process


def grade_at_desk(handin: Handin, terms: Terms) -> Graded | Lined:
    """Grade one submission at this process's own desk; what Dask's workers are called with."""
    return _desk().grade(handin, terms)


@functools.cache
def _desk() -> Desk:
    return Desk()


def _explained(status: int, terms: Terms) -> AutograderError:
    """The error that the end of the process stands for."""
    budget = f"its budget of {terms.work_seconds:g} s and {terms.work_mb} MB for one submission"
    advice = "Look at the notebook before you grade it by hand: it may be meant to do that."
    if status == _OUT_OF_MEMORY or (hasattr(signal, "SIGPROF") and status == -signal.SIGPROF):
        used = "memory" if status == _OUT_OF_MEMORY else "processor time"
        return OverloadError(f"it made the grader use more {used} than {budget}. {advice}")
    return LostError(f"the process that graded this submission ended in the midst of it ({status})")


# The far end ----------------------------------------------------------------------------------


def serve() -> None:
    """Grade what comes on standard input; answers leave on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get in between
    requests: queue.Queue[tuple[Handin, Terms]] = queue.Queue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        try:
            answer: Any = grade_handin(*requests.get(), watched=budget)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        except Exception as error:
            answer = error
        answers.write(pickle.dumps(answer))
        answers.flush()


def _listen(requests: queue.Queue[tuple[Handin, Terms]]) -> None:
    """Take requests; nobody outlives the parent."""
    while True:
        try:
            requests.put(pickle.load(sys.stdin.buffer))
        except EOFError:
            os._exit(1)  # the sandbox ends with the process that started it


@contextlib.contextmanager
def budget(terms: Terms) -> Iterator[None]:
    """Spend no more than the terms allow: the kernel ends this process at the last second."""
    if sys.platform == "win32":  # where classes are graded only by those who gave up all limits
        yield
        return
    import resource

    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(OSError, ValueError):  # macOS does not count address space
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + (terms.work_mb << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, unlimited[1]))
    signal.setitimer(signal.ITIMER_PROF, terms.work_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, unlimited)
