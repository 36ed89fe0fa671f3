"""Hand submissions to a pool (processes, or Dask's workers: `cluster`) and take what comes back.

Whatever happens to the workers, and on Ctrl-C and SIGTERM, what was begun is finished or told.
"""

import contextlib
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from autograder.errors import CourseError, DeclarationError, GradingError, IsolationError
from autograder.grading.desk import START_SECONDS, Desk, LostError, Terms
from autograder.grading.grade import Graded
from autograder.grading.lines import Lined
from autograder.grading.submission import Handin


class DesertedError(GradingError):
    """Nobody is left to grade: it holds for all that is still to come."""


class Pool(Protocol):
    """Takes submissions; every one gives a future."""

    @property
    def width(self) -> int:
        """How many submissions it works on at a time, by now."""

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        """Have one submission graded."""

    def close(self) -> None:
        """End what still runs."""


def usable_cores() -> int:
    """How many cores this process may use."""
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalPool:
    """Processes on this machine, each with a sandbox of its own, and a thread that waits for it.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._desks = [Desk() for _ in range(width)]
        self._free: queue.SimpleQueue[Desk] = queue.SimpleQueue()
        for desk in self._desks:
            self._free.put(desk)
        self._threads = ThreadPoolExecutor(width)

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        return self._threads.submit(self._grade, handin, terms)

    def _grade(self, handin: Handin, terms: Terms) -> Graded | Lined:
        desk = self._free.get()
        try:
            return desk.grade(handin, terms)
        finally:
            self._free.put(desk)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for desk in self._desks:
            desk.close()
        self._threads.shutdown()


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM stop a run as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Finish what must be finished: further signals wait until it is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


LOOK_SECONDS = 0.2

Receive = Callable[[Handin, Graded | Lined | Exception], None]


def dispatch(handins: Iterable[Handin], terms: Terms, pool: Pool, receive: Receive) -> None:
    """Have every submission graded; call `receive` once for each, as they come.

    What ran out of time, and what was lost with the process that worked on it, is graded again at
    the end, alone, before it counts.

    Raises:
        IsolationError: Student code cannot be contained on a worker.
        CourseError: The source of an assignment is wrong.
        DesertedError: Nobody is left to grade.
    """
    again: list[Handin] = []

    def first(handin: Handin, outcome: Graded | Lined | Exception) -> None:
        slow = isinstance(outcome, Graded) and outcome.timed_out
        if slow or isinstance(outcome, LostError):
            again.append(handin)
        else:
            receive(handin, outcome)

    _crowd(deque(handins), terms, pool, lambda: 2 * pool.width, first)
    _crowd(deque(again), terms, pool, lambda: 1, receive)


def look(
    handins: Iterable[Handin], terms: Terms, pool: Pool, receive: Receive, until: float
) -> None:
    """Have lines sought in graded submissions, as long as there is time.

    Args:
        until: By the clock of `time.monotonic`; what was not begun by then is left out.
    """
    waiting = deque(handins)

    def take(handin: Handin, outcome: Graded | Lined | Exception) -> None:
        if time.monotonic() > until:
            waiting.clear()
        receive(handin, outcome)

    with contextlib.suppress(DesertedError):  # what was found until then is told
        _crowd(waiting, terms, pool, lambda: pool.width, take)


def _crowd(
    waiting: deque[Handin], terms: Terms, pool: Pool, abreast: Callable[[], int], receive: Receive
) -> None:
    """Work through `waiting`, as many at a time as there are places by then."""
    under_way: dict[Future[Graded | Lined], Handin] = {}
    news = time.monotonic()
    patience = 2 * START_SECONDS + 8 * terms.limits.submission_seconds
    while waiting or under_way:
        while waiting and len(under_way) < max(1, abreast()):
            under_way[pool.submit(waiting[0], terms)] = waiting[0]
            waiting.popleft()
        done, _ = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        for future in [f for f in under_way if f in done]:  # in the order in which they were sent
            receive(under_way.pop(future), _outcome(future))
            news = time.monotonic()
        if under_way and time.monotonic() - news > patience:  # nobody can be at work any more
            if not pool.width:
                raise DesertedError(
                    "no worker was there for some minutes. What was graded is kept. Start workers, "
                    "then run the same command again: it goes on from there."
                )
            for future, handin in under_way.items():  # all workers are stuck
                future.cancel()
                receive(handin, GradingError("no worker answered"))
            under_way.clear()


def _outcome(future: Future[Graded | Lined]) -> Graded | Lined | Exception:
    try:
        return future.result()
    except (IsolationError, CourseError, DeclarationError, DesertedError):
        raise  # it holds for all that are still to come
    except Exception as error:
        return error
