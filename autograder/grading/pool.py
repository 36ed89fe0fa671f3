"""Where submissions are graded: processes on this machine (or Dask's workers: `cluster`)."""

from __future__ import annotations

import contextlib
import os
import queue
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from autograder.errors import GradingError
from autograder.grading.desk import Desk
from autograder.grading.grade import Graded
from autograder.grading.lines import Lined
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms


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
