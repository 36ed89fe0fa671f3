"""Bounds for a student's code in the student's own process: on its time, and on what it prints.

The limit on time holds on every system and in any thread. Where there is an alarm clock of the
system's (POSIX, main thread), it also ends a sleep. Elsewhere a second thread asks the interpreter
to raise in the first. Neither ends one long call of NumPy.
"""

import ctypes
import io
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO, TypeVar

from autograder.exercises.script import TooLong

Result = TypeVar("Result")

MOST = 1500
"""Characters that student code may print during a check."""
AGAIN_SECONDS = 0.05
"""After so long it is raised again: a bare `except:` in a loop may have swallowed the first."""


def limited(seconds: float, work: Callable[[], Result]) -> Result:
    """Return what `work()` returns; not limited where a debugger is at work, nor in a browser.

    Raises:
        TooLong: It took longer. Never later: whatever was on its way is over by then.
    """
    if sys.gettrace() is not None or sys.platform == "emscripten":  # it has no thread and no alarm
        return work()
    limit = _Limit(threading.get_ident())
    in_main = threading.current_thread() is threading.main_thread()
    alarm = in_main and hasattr(signal, "setitimer")
    start = _by_alarm if alarm and signal.getsignal(signal.SIGALRM) is not None else _by_thread
    _running.append(limit)
    stop = start(seconds, limit)
    try:
        try:
            limit.over = False
            return work()
        finally:
            _end(limit, stop)
    except TooLong:
        _end(limit, stop)  # it may have come between the end of the work and that of the limit
        raise
    finally:
        _running.remove(limit)


@dataclass(eq=False)
class _Limit:
    """One limit in force, in one thread."""

    thread: int
    over: bool = True  # until the work begins: if it rang before, nobody would stop the clock
    ringing: bool = False
    deadline: float = 0.0
    kind: type[TooLong] = TooLong


_running: list[_Limit] = []


def _end(limit: _Limit, stop: Callable[[], None]) -> None:
    while True:
        try:
            limit.over = True
            stop()
            return
        except TooLong:
            continue


def lift_limit() -> None:
    """Let the call that runs now take as long as it likes: somebody is debugging it."""
    here = [limit for limit in _running if limit.thread == threading.get_ident()]
    if here:
        here[-1].over = True


def _by_alarm(seconds: float, limit: _Limit) -> Callable[[], None]:
    def ring(number: int, frame: Any) -> None:
        if not limit.over:
            raise TooLong(seconds)

    handler = signal.signal(signal.SIGALRM, ring)
    stopped = False
    began = time.monotonic()
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)

    def stop() -> None:
        nonlocal stopped
        if stopped:
            return
        stopped = True
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
        if left:  # an alarm that was set before rings when it should have rung, or at once
            over = time.monotonic() - began
            signal.setitimer(signal.ITIMER_REAL, max(left - over, 1e-6), interval)

    return stop


def _by_thread(seconds: float, limit: _Limit) -> Callable[[], None]:
    """Have the watching thread raise in this one, which takes no lock: it might never be freed."""
    global _watcher
    limit.deadline = time.monotonic() + seconds
    limit.kind = type(
        "Late", (TooLong,), {"__init__": lambda self: TooLong.__init__(self, seconds)}
    )
    _watched.append(limit)
    if _watcher is None:
        _watcher = threading.Thread(target=_watch, daemon=True)
        _watcher.start()

    def stop() -> None:
        while limit.ringing:
            time.sleep(0)
        # What was asked for and did not come yet comes here. Taking it back instead would leave
        # Python 3.11 with its flag up, and a profiled call would never get past it.
        for _ in range(10):
            pass
        if limit in _watched:
            _watched.remove(limit)

    return stop


_watched: list[_Limit] = []
_watcher: threading.Thread | None = None
_raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc


def _watch() -> None:
    while True:
        time.sleep(AGAIN_SECONDS)
        for limit in list(_watched):
            limit.ringing = True  # from here on, whoever ends the limit waits for us
            if not limit.over and time.monotonic() > limit.deadline:
                _raise_in(ctypes.c_ulong(limit.thread), ctypes.py_object(limit.kind))
            limit.ringing = False


class _Capped(io.TextIOBase):
    """Passes the first characters on to a stream and drops the rest.

    Every case calls the student's functions anew, so one `print` comes out dozens of times.
    """

    def __init__(self, stream: TextIO, most: int) -> None:
        self.stream = stream
        self.left: float = most
        self.dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: int(min(self.left, len(text)))]
        if kept:
            self.stream.write(kept)
            self.left -= len(kept)
        self.dropped += len(text) - len(kept)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()


@contextmanager
def bounded_output(most: int = MOST) -> Iterator[None]:
    """Send stdout and stderr of student code to stdout, cut after `most` characters.

    stderr stays empty, because nbgrader gives no points to a cell that wrote to it. A student who
    sets a breakpoint sees all of it.
    """
    out, error, hook = sys.stdout, sys.stderr, sys.breakpointhook
    capped = _Capped(out, most)

    def breakpointhook(*args: Any, **kwargs: Any) -> Any:
        capped.left = float("inf")
        lift_limit()
        return hook(*args, **kwargs)

    sys.stdout = sys.stderr = capped
    sys.breakpointhook = breakpointhook
    try:
        yield
    finally:
        sys.stdout, sys.stderr, sys.breakpointhook = out, error, hook
        if capped.dropped and most:
            out.write(f"\n… {capped.dropped} more characters printed during the check are cut\n")
