"""Where submissions are graded: processes here, or Dask's workers elsewhere."""

from __future__ import annotations

import contextlib
import os
import queue
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Protocol

from autograder.errors import GradingError
from autograder.grading.desk import Desk, grade_at_desk
from autograder.grading.grade import Graded
from autograder.grading.lines import Lined
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms


class Pool(Protocol):
    """Takes submissions; every one gives a future."""

    @property
    def width(self) -> int:
        """How many submissions it works on at a time."""

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


class ClusterPool:
    """Dask's workers; they must see the course and the submissions under the same paths.

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
            self._client = Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise GradingError(
                f"no Dask scheduler answers at {address} ({error}). Start one with "
                "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`."
            ) from error
        self._executor: Executor = self._client.get_executor(pure=False, retries=0)

    @property
    def width(self) -> int:
        return max(1, sum(self._client.nthreads().values()))

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        return self._executor.submit(grade_at_desk, handin, terms)

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close(timeout=5)
