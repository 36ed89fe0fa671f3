"""A runner for changed functions, which may loop without end: it gives up after a while."""

import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import thread_time
from typing import Any

from autograder.exercises.script import Failure, Outcome, Runner, Script

SECONDS = 2.0
LEAST = 0.25
TIMES = 500
Calls = tuple[str, ...]
"""The functions that a script calls, in order."""


class Patient:
    """A runner that gives up on a script after a while, and then on all of the same calls.

    What came of a script is kept: who asks for it again is told the same.

    Args:
        seconds: Of the processor, after which it gives up.
        limits: Those of some calls, in their place.
    """

    def __init__(
        self, runner: Runner, seconds: float = SECONDS, limits: Mapping[Calls, float] | None = None
    ) -> None:
        self.runner = runner
        self.seconds = seconds
        self.given = limits or {}
        self.took: dict[Calls, float] = {}
        self.hung: set[Calls] = set()
        self.ran: dict[Script, list[Outcome]] = {}

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        """Run the script, or report a timeout; after the first of such calls, at once."""
        if script not in self.ran:
            self.ran[script] = self._run(script)
        return self.ran[script]

    def _run(self, script: Script) -> list[Outcome]:
        called = tuple(call.function for call in script.calls)
        if called not in self.hung:
            begun = thread_time()  # that of the process goes by ticks while an alarm is set
            try:
                with _alarm(self.given.get(called, self.seconds)):
                    return self.runner.run(script)
            except _TimeIsUp:
                self.hung.add(called)
            finally:
                self.took[called] = max(self.took.get(called, 0.0), thread_time() - begun)
        return [Outcome(failure=Failure("timeout", "no end in sight")) for _ in script.calls]

    def limits(self) -> dict[Calls, float]:
        """After how long others may be given up: many times what the same calls took here."""
        return {
            called: min(max(LEAST, TIMES * took), SECONDS) for called, took in self.took.items()
        }


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
