"""Where submissions are graded: a pool of processes here, or Dask's workers elsewhere."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Protocol

from autograder.errors import GradingError
from autograder.grading.grade import Graded
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms, grade_handin


class Pool(Protocol):
    """Takes submissions; every one gives a future."""

    @property
    def width(self) -> int:
        """How many submissions it works on at a time."""

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded]:
        """Have one submission graded."""

    def renew(self) -> None:
        """End what still runs and begin anew."""

    def close(self) -> None:
        """End what still runs."""


def usable_cores() -> int:
    """How many cores this process may use."""
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalPool:
    """Worker processes on this machine, each with a sandbox of its own.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._executor: Executor | None = None
        self._others = set(multiprocessing.active_children())

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded]:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self.width,
                # A forked worker would inherit this process's threads and locks.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=begin_worker,
            )
        with _deaf():
            return self._executor.submit(grade_handin, handin, terms)

    def renew(self) -> None:
        self.close()

    def close(self) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        workers = [p for p in multiprocessing.active_children() if p not in self._others]
        executor.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(2.0)
            if worker.is_alive():
                worker.kill()
                worker.join()


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Hold Ctrl-C back while workers may be started: they inherit that, from their first moment.

    Another thread may still be told of it, so what is done about it waits too: a worker that was
    half started would complain.
    """
    held: list[int] = []
    listens = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, lambda n, _: held.append(n)) if listens else None
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if listens:
            signal.signal(signal.SIGINT, handler)
            if held:
                signal.raise_signal(signal.SIGINT)


def begin_worker() -> None:
    """Prepare a worker process: only the parent listens to Ctrl-C; nobody outlives the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # the sandbox ends with the process that started it


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
                "--scheduler needs Dask; install it with: pip install 'autograder[cluster]'"
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

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded]:
        return self._executor.submit(grade_handin, handin, terms)

    def renew(self) -> None:
        """Dask replaces its workers by itself."""

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close(timeout=5)
