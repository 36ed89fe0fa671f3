"""Grade a class: what is new, on all cores, with nothing lost when something breaks."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

from autograder.course import Course
from autograder.errors import AutograderError, GradingError
from autograder.grading import submission
from autograder.grading.desk import OverloadError
from autograder.grading.discovery import discover
from autograder.grading.dispatch import dispatch
from autograder.grading.grade import Graded, without_answers
from autograder.grading.pool import Pool
from autograder.grading.result import Result
from autograder.grading.store import Store, is_current
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms, students_folder


class ResultSink(Protocol):
    """Somewhere else that results go, such as a gradebook; only ever called from one thread."""

    def write(self, handin: Handin, result: Result, fresh: bool) -> None:
        """Take one result.

        Args:
            fresh: It was made in this run; otherwise it stood already and only must be there.
        """

    def close(self) -> None:
        """Write what is still held back; called once, also after an interruption."""


class Watcher(Protocol):
    """Whoever looks on."""

    def begin(self, total: int) -> None:
        """So many submissions have to be graded."""

    def graded(self, handin: Handin, result: Result) -> None:
        """One more is done."""


@dataclass
class ClassReport:
    """What a class run did.

    Args:
        results: Of every submission, by assignment and student; those that stood included.
        fresh: How many of them were made in this run.
        strange: What lies among the submissions and belongs to no assignment.
        problems: What went wrong beside the grading, such as a locked gradebook.
        remaining: How many submissions were not reached, because the run was stopped.
    """

    results: list[Result] = field(default_factory=list)
    fresh: int = 0
    strange: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)
    remaining: int = 0
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether every submission got a grade and every place has it."""
        return not (self.stopped or self.problems) and all(r.is_grade for r in self.results)


def grade_class(
    course: Course,
    terms: Terms,
    store: Store,
    make_pool: Callable[[int], Pool],
    *,
    assignments: Sequence[str] = (),
    roster: Iterable[str] = (),
    force: bool = False,
    sinks: Sequence[ResultSink] = (),
    watcher: Watcher | None = None,
) -> ClassReport:
    """Grade every submission that is new or whose grade no longer holds.

    Args:
        make_pool: Makes the pool for so many submissions; called only when there are any.
        assignments: Which; by default those that anybody handed in.
        roster: Students known from elsewhere; who handed in nothing is `missing`.
        force: Grade anew also what stands.

    Raises:
        CourseError: An unknown assignment, or no folder of submissions.
        GradingError: Results cannot be written; what was written stands.
        IsolationError: Student code cannot be contained.
    """
    notebooks = {name: path.stem for name, path in course.sources.items()}
    found = discover(terms.submitted, notebooks, assignments, roster)
    store.probe()
    run = _Run(course, terms, store, sinks, watcher, ClassReport(strange=found.strange))
    with interruptible():
        try:
            todo = [handin for handin in found.handins if not run.settle(handin, force)]
            run.report.remaining = len(todo)
            if watcher is not None:
                watcher.begin(len(todo))
            if todo:
                pool = make_pool(len(todo))
                try:
                    dispatch(todo, terms, pool, run.receive)
                finally:
                    with _undisturbed():
                        pool.close()
        except KeyboardInterrupt:
            run.report.stopped = True
        finally:
            with _undisturbed():
                run.close_sinks()
    run.report.results.sort(key=lambda r: (r.assignment, r.student))
    return run.report


@dataclass
class _Run:
    """The parent's side of a run: the only writer of results and gradebooks."""

    course: Course
    terms: Terms
    store: Store
    sinks: Sequence[ResultSink]
    watcher: Watcher | None
    report: ClassReport
    _silent: set[int] = field(default_factory=set)

    def settle(self, handin: Handin, force: bool) -> bool:
        """Deal with a submission that needs no worker; say whether it is dealt with."""
        try:
            digest = self._digest(handin)
        except GradingError as error:
            self._failed(handin, str(error))
            return True
        old = self.store.get(handin.assignment, handin.student)
        if old is not None and is_current(old, digest) and not force:
            self._record(handin, old, fresh=False)
            return True
        if handin.path is None:
            rows = self.course.assignment(handin.assignment).rows
            self._keep(handin, without_answers(handin, rows, "missing", handin.note, "", digest))
            return True
        return False

    def receive(self, handin: Handin, outcome: Graded | Exception) -> None:
        """Write down what a worker gave back."""
        if isinstance(outcome, Graded):
            self._keep(handin, outcome.result)
        elif isinstance(outcome, OverloadError):
            rows = self.course.assignment(handin.assignment).rows
            digest = self._digest(handin)
            result = without_answers(handin, rows, "overload", str(outcome), "", digest)
            self._keep(handin, result)
        else:
            self._failed(handin, str(outcome) or type(outcome).__name__)
        self.report.remaining -= 1

    def close_sinks(self) -> None:
        """Let every sink write what it holds back."""
        for sink in self.sinks:
            try:
                sink.close()
            except Exception as error:
                self._complain(error)

    def _digest(self, handin: Handin) -> str:
        content = f"missing: {handin.note}"
        if handin.path is not None:
            folder = students_folder(self.terms, handin.student)
            content = submission.fingerprint(handin.path, folder)
        return self.terms.digest(handin.assignment, content)

    def _keep(self, handin: Handin, result: Result) -> None:
        self.store.put(result, handin.student)
        self._record(handin, result, fresh=True)

    def _failed(self, handin: Handin, message: str) -> None:
        """The grader's own fault: an old score stays, but marked."""
        old = self.store.get(handin.assignment, handin.student)
        if old is not None and (old.is_grade or old.status == "stale"):
            result = self.store.mark_stale(old, message, handin.student)
        else:
            rows = self.course.assignment(handin.assignment).rows
            result = without_answers(handin, rows, "failed", message, "", "")
            self.store.put(result, handin.student)
        self._record(handin, result, fresh=True)

    def _record(self, handin: Handin, result: Result, fresh: bool) -> None:
        self.report.results.append(result)
        self.report.fresh += fresh
        if fresh and self.watcher is not None and handin.path is not None:
            self.watcher.graded(handin, result)
        for sink in self.sinks:
            if id(sink) not in self._silent:
                try:
                    sink.write(handin, result, fresh)
                except Exception as error:
                    self._silent.add(id(sink))  # one broken gradebook must not stop the grading
                    self._complain(error)

    def _complain(self, error: Exception) -> None:
        kind = "" if isinstance(error, AutograderError) else f"{type(error).__name__}: "
        self.report.problems.append(f"{kind}{error}")


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
def _undisturbed() -> Iterator[None]:
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
