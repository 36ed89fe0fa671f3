"""A runner for changed functions, which may loop without end: it gives up after a while."""

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from autograder.exercises.script import Failure, Outcome, Runner, Script

SECONDS = 2.0


class Patient:
    """A runner that gives up on a script after a while, and then on all of the same calls."""

    def __init__(self, runner: Runner, seconds: float = SECONDS) -> None:
        self.runner = runner
        self.seconds = seconds
        self.hung: set[tuple[str, ...]] = set()

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        """Run the script, or report a timeout; after the first of such calls, at once."""
        called = tuple(call.function for call in script.calls)
        if called not in self.hung:
            try:
                with _alarm(self.seconds):
                    return self.runner.run(script)
            except _TimeIsUp:
                self.hung.add(called)
        return [Outcome(failure=Failure("timeout", "no end in sight")) for _ in script.calls]


def can_wait() -> bool:
    """Whether a call can be stopped here: in the main thread of a system with alarms."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


class _TimeIsUp(KeyboardInterrupt):
    """Raised by the alarm; a KeyboardInterrupt, so that no mutant swallows it."""


@contextmanager
def armed() -> Iterator[None]:
    """Hear the alarm inside this block: set up once for many scripts, it costs them less."""
    if _armed or not can_wait():
        yield
        return
    previous = signal.signal(signal.SIGPROF, _ring)
    _armed.append(True)
    try:
        yield
    finally:
        _armed.clear()
        signal.signal(signal.SIGPROF, previous)


_armed: list[bool] = []


def _ring(number: int, frame: Any) -> None:
    raise _TimeIsUp


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt the main thread after `seconds`, where the system can."""
    if not can_wait():
        yield
        return
    with armed():
        try:
            # again: a weak reference's end swallows one
            signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
