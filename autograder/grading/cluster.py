"""Grading on Dask's workers, wherever they are: submissions and the course travel as data.

A worker needs this package and nothing else: no folder of the course, no gradebook, no shared disk.
It keeps an assignment in a private temporary folder for as long as it lives.
"""

import atexit
import math
import os
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.course import load_course
from autograder.course.folder import ASSIGNMENTS, PRIVATE, secret_seed, source_of
from autograder.errors import AutograderError, GradingError, IsolationError
from autograder.exercises.public import SUFFIX
from autograder.grading import submission
from autograder.grading.desk import LostError, Terms, grade_at_desk
from autograder.grading.dispatch import DesertedError
from autograder.grading.grade import Graded, without_answers
from autograder.grading.lines import Lined
from autograder.grading.notebook_json import UnreadableError
from autograder.grading.papers import keyed_digest, source_digest
from autograder.grading.submission import Handin

ANSWER_SECONDS = 10.0
"""So long a scheduler is waited for."""
COUNT_SECONDS = 1.0
"""So often workers are counted."""
REFUSAL_SECONDS = 30.0
"""So long another worker is waited for when all that are there refuse: they come one by one."""


@dataclass(frozen=True)
class Order:
    """A submission to grade, as it travels."""

    handin: Handin
    terms: Terms
    raw: bytes  # the notebook
    course: str  # names the state of the assignment that is meant
    # path -> content, of all that grading takes of the course; None where the worker may have it
    files: dict[str, bytes] | None = None


@dataclass(frozen=True)
class Unknown:
    """A worker's answer: it does not have the course yet."""

    worker: str


@dataclass(frozen=True)
class Refused:
    """A worker's answer: it cannot contain student code, and grades nothing."""

    worker: str
    why: str


class ClusterPool:
    """Dask's workers.

    Args:
        address: Of the scheduler, such as `"tcp://10.0.0.1:8786"`.

    Raises:
        GradingError: Dask is not installed, or the scheduler does not answer.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise GradingError(
                "--scheduler needs Dask; install it with: pip install 'backprop-by-hand[cluster]'"
            ) from error
        try:
            self._client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise GradingError(
                f"no Dask scheduler answers at {address} ({error}). Start one with "
                "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`."
            ) from error
        self._refusing: dict[str, str] = {}
        self._refused = -math.inf  # when a worker did so for the first time
        self._counted = (0, -math.inf)  # how many threads, and when

    @property
    def width(self) -> int:
        width, when = self._counted
        if time.monotonic() - when > COUNT_SECONDS:  # workers come and go
            threads = self._ask(self._client.nthreads)
            width = sum(n for worker, n in threads.items() if worker not in self._refusing)
            self._counted = (width, time.monotonic())
        return width

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        answer: Future[Graded | Lined] = Future()
        try:
            self._send(answer, _order(handin, terms))
        except UnreadableError as problem:
            answer.set_result(_unreadable(handin, terms, str(problem)))
        except AutograderError as error:
            answer.set_exception(error)
        return answer

    def close(self) -> None:
        self._client.close(timeout=5)

    def _send(self, answer: Future[Graded | Lined], order: Order, to: str = "") -> None:
        able = [to] if to else None  # None: anybody, the ones to come too
        if self._refusing and not to:
            able = [w for w in self._ask(self._client.nthreads) if w not in self._refusing]
            if not able:
                self._send_later(answer, order)
                return
        how: Any = {"workers": able, "allow_other_workers": bool(to), "pure": False, "retries": 0}
        sent = self._ask(lambda: self._client.submit(grade_elsewhere, order, **how))
        sent.add_done_callback(lambda done: self._take(answer, order, done))

    def _send_later(self, answer: Future[Graded | Lined], order: Order) -> None:
        """Wait a moment for a worker that can.

        Raises:
            IsolationError: None came.
        """
        if time.monotonic() - self._refused > REFUSAL_SECONDS:
            why = next(iter(self._refusing.values()))
            raise IsolationError(f"no worker can isolate student code: {why}")

        def send() -> None:
            try:
                self._send(answer, order)
            except BaseException as error:
                answer.set_exception(error)

        timer = threading.Timer(COUNT_SECONDS, send)
        timer.daemon = True
        timer.start()

    def _ask(self, call: Callable[[], Any]) -> Any:
        """What Dask answers.

        Raises:
            DesertedError: The scheduler is gone.
        """
        try:
            return call()
        except Exception as error:
            raise _scheduler_lost(error) from error

    def _take(self, answer: Future[Graded | Lined], order: Order, done: Any) -> None:
        """Pass an answer on; where a worker could not grade, send the submission once more."""
        from distributed import CancelledError, KilledWorker

        try:
            found = done.result()
            if isinstance(found, Unknown):
                self._send(answer, replace(order, files=_files(order)), found.worker)
            elif isinstance(found, Refused):
                if found.worker not in self._refusing:
                    self._refusing[found.worker], self._refused = found.why, time.monotonic()
                self._send(answer, order)
            else:
                answer.set_result(found)
        except CancelledError as error:
            answer.set_exception(_scheduler_lost(error))
        except KilledWorker:
            answer.set_exception(LostError("each worker that had this submission died with it"))
        except BaseException as error:
            answer.set_exception(error)


def _scheduler_lost(error: Exception) -> DesertedError:
    return DesertedError(
        f"Dask's scheduler does not answer any more ({error}). What was graded is kept. Start a "
        "scheduler and workers, then run the same command again: it goes on from there."
    )


def _order(handin: Handin, terms: Terms) -> Order:
    assert handin.path is not None
    source = source_of(terms.root, handin.assignment)
    course = keyed_digest(secret_seed(terms.root), handin.assignment, source_digest(source))
    raw = submission.raw(handin.path, terms.submitted / handin.student)
    return Order(handin, terms, raw, course)


def _files(order: Order) -> dict[str, bytes]:
    """What grading an assignment takes of the course."""
    root = order.terms.root
    source = source_of(root, order.handin.assignment)
    released = root / ASSIGNMENTS / order.handin.assignment / f"{source.stem}{SUFFIX}"
    wanted = [p for p in source.parent.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    wanted += [released] if released.is_file() else []
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in wanted}
    return files | {f"{PRIVATE}/course.seed": secret_seed(root).encode("ascii")}


def _unreadable(handin: Handin, terms: Terms, problem: str) -> Graded:
    """The grade of what cannot even be sent."""
    assert handin.path is not None
    content = submission.fingerprint(handin.path, terms.submitted / handin.student)
    digest = terms.basis(handin.assignment, content).digest
    rows = load_course(terms.root).assignment(handin.assignment).rows
    return Graded(without_answers(handin, rows, "unreadable", problem, "", digest))


# On a worker ----------------------------------------------------------------------------------


@dataclass
class _Here:
    """The courses that this worker has: each lies in a folder that ends with the process."""

    folders: dict[str, tempfile.TemporaryDirectory[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, order: Order) -> Path | None:
        with self.lock:
            if order.course not in self.folders:
                if order.files is None:
                    return None
                folder = _private_folder("course-")
                for name, content in order.files.items():
                    path = Path(folder.name, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                Path(folder.name, PRIVATE, "course.seed").chmod(0o600)
                self.folders[order.course] = folder
            return Path(self.folders[order.course].name)

    def close(self) -> None:
        """Forget the courses."""
        while self.folders:
            self.folders.popitem()[1].cleanup()


_here = _Here()
atexit.register(_here.close)


def grade_elsewhere(order: Order) -> Graded | Lined | Unknown | Refused:
    """Grade a submission that came as data; what Dask's workers are called with."""
    root = _here.find(order)
    if root is None:
        return Unknown(_address())
    handin = order.handin
    assert handin.path is not None
    with _private_folder("handin-") as folder:
        path = Path(folder, handin.student, handin.assignment, handin.path.name)
        path.parent.mkdir(parents=True)
        path.write_bytes(order.raw)
        terms = replace(order.terms, root=root, submitted=Path(folder))
        try:
            return grade_at_desk(replace(handin, path=path), terms)
        except IsolationError as error:
            return Refused(_address(), str(error))


def _private_folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A folder for its owner's eyes only; of a worker that is killed, Dask removes it."""
    return tempfile.TemporaryDirectory(prefix=prefix, dir=_worker("local_directory"))


def _address() -> str:
    return str(_worker("address") or f"process {os.getpid()}")


def _worker(what: str) -> Any:
    """Something of the worker that this process is; None outside of a cluster."""
    from distributed import get_worker

    try:
        return getattr(get_worker(), what)
    except ValueError:
        return None
