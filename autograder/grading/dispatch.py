"""Hand submissions to a pool and take what comes back, whatever happens to the workers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait

from autograder.errors import CourseError, DeclarationError, GradingError, IsolationError
from autograder.grading.grade import Graded
from autograder.grading.pool import Pool
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms

START_SECONDS = 120.0
LOOK_SECONDS = 0.2

Receive = Callable[[Handin, Graded | Exception], None]


def dispatch(handins: Iterable[Handin], terms: Terms, pool: Pool, receive: Receive) -> None:
    """Have every submission graded; call `receive` once for each, as they come.

    A worker that dies takes those with it that were under way; they are graded again one by one,
    so only the one that kills its worker again is lost. Whatever ran out of time is graded again
    at the end, alone, before it counts.

    Raises:
        IsolationError: Student code cannot be contained on a worker.
        CourseError: The source of an assignment is wrong.
    """
    waiting = deque(handins)
    slow: list[Handin] = []

    def first(handin: Handin, outcome: Graded | Exception) -> None:
        if isinstance(outcome, Graded) and outcome.timed_out:
            slow.append(handin)
        else:
            receive(handin, outcome)

    while waiting:
        suspects = _crowd(waiting, terms, pool, first)
        for handin in suspects:
            first(handin, _alone(handin, terms, pool))
    for handin in slow:
        receive(handin, _alone(handin, terms, pool))


def _crowd(waiting: deque[Handin], terms: Terms, pool: Pool, receive: Receive) -> list[Handin]:
    """Work through `waiting` until it is empty or a worker dies; return who was under way then."""
    under_way: dict[Future[Graded], Handin] = {}
    news = time.monotonic()
    while waiting or under_way:
        try:
            while waiting and len(under_way) < 2 * pool.width:
                under_way[pool.submit(waiting[0], terms)] = waiting[0]
                waiting.popleft()
        except BrokenExecutor:
            return _abandon(under_way, pool)
        done, _ = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        lost = False
        for future in [f for f in under_way if f in done]:  # in the order in which they were sent
            outcome = _outcome(future)
            if isinstance(outcome, BrokenExecutor):
                lost = True
                continue
            receive(under_way.pop(future), outcome)
            news = time.monotonic()
        if lost or time.monotonic() - news > _patience(terms):
            return _abandon(under_way, pool)
    return []


def _alone(handin: Handin, terms: Terms, pool: Pool) -> Graded | Exception:
    """Grade one submission while nothing else runs."""
    try:
        future = pool.submit(handin, terms)
    except BrokenExecutor:
        pool.renew()
        future = pool.submit(handin, terms)
    done, _ = wait([future], timeout=_patience(terms))
    outcome = _outcome(future) if done else GradingError("the worker did not come to an end")
    if not done or isinstance(outcome, BrokenExecutor):
        pool.renew()
        why = "did not come to an end" if not done else "ended in the midst of it"
        return GradingError(f"the worker process that graded this submission {why}")
    return outcome


def _abandon(under_way: dict[Future[Graded], Handin], pool: Pool) -> list[Handin]:
    pool.renew()
    return list(under_way.values())


def _patience(terms: Terms) -> float:
    """Seconds without news after which a worker itself must be stuck."""
    return START_SECONDS + 4 * terms.limits.submission_seconds


def _outcome(future: Future[Graded]) -> Graded | Exception:
    try:
        return future.result()
    except (IsolationError, CourseError, DeclarationError):
        raise  # it holds for all that are still to come
    except CancelledError:
        return BrokenExecutor("its worker was ended")
    except Exception as error:
        return error
