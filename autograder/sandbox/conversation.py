"""How the grader talks to one child: frames out, frames in, each by an absolute deadline."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Literal, Protocol

from autograder.errors import GradingError
from autograder.exercises.script import Failure, FailureKind
from autograder.sandbox.inside.orders import BROKEN_STATUS, OUT_OF_MEMORY_STATUS
from autograder.sandbox.inside.wire import HEADER


class ChildFault(Exception):
    """The conversation with a child is over; the child must be ended.

    Args:
        kind: `"timeout"`, `"protocol"`, or `"ended"` when it hung up.
    """

    def __init__(self, kind: Literal["timeout", "protocol", "ended"], message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class ZygoteFault(GradingError):
    """The zygote did not do what it was asked; the worker must be replaced."""


class ChildProcess(Protocol):
    """A child, locked or plain."""

    def send(self, data: bytes, deadline: float) -> None:
        """Send a frame. Raises `ChildFault`."""

    def receive(self, deadline: float, max_bytes: int) -> bytes:
        """Return the body of the next frame. Raises `ChildFault`."""

    def has_unsolicited(self) -> bool:
        """Whether bytes came that nobody asked for, or the child hung up."""

    def output(self, start: int) -> bytes:
        """What student code printed, from the byte `start` on."""

    def end(self, patience: float = 0.0) -> int | None:
        """Wait `patience` seconds, kill, reap; return the wait status if it ended by itself."""


def read_frame(read: Callable[[int, float], bytes], deadline: float, max_bytes: int) -> bytes:
    """Read one frame through `read(size, deadline)`; memory grows only with bytes received.

    Raises:
        ChildFault: The frame is too large, late, or the child hung up.
    """
    size = HEADER.unpack(_exactly(read, HEADER.size, deadline))[0]
    if size > max_bytes:
        raise ChildFault("protocol", f"an answer of {size} bytes; at most {max_bytes} are allowed")
    return _exactly(read, size, deadline)


def _exactly(read: Callable[[int, float], bytes], size: int, deadline: float) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = read(min(size - len(received), 1 << 18), deadline)
        if not part:
            raise ChildFault("ended", "the process ended")
        received += part
    return bytes(received)


def milliseconds_left(deadline: float) -> int:
    """Milliseconds until the deadline, rounded up.

    Raises:
        ChildFault: It has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise ChildFault("timeout", "time is up")
    return int(left * 1000) + 1


def explain_death(status: int | None) -> Failure:
    """The failure that a child's end stands for, when it ended by itself.

    Args:
        status: As `os.waitpid` gives it; None when it had to be killed.
    """
    kind: FailureKind
    if status is None or status == BROKEN_STATUS << 8:
        kind, message = "protocol", "it cut the connection to the grader, or spoke out of turn"
    elif status & 0x7F:
        kind, message = _explain_signal(status & 0x7F)
    elif status >> 8 == OUT_OF_MEMORY_STATUS:
        kind, message = "memory", "it ran out of memory"
    else:
        kind, message = "exit", f"it ended the whole process (exit status {status >> 8})"
    return Failure(kind, message)


def _explain_signal(number: int) -> tuple[FailureKind, str]:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if name == "SIGXCPU":
        return "timeout", "it used up its processor time"
    if name == "SIGKILL":
        return "memory", "the system killed it, most likely because memory ran out"
    return "crash", f"it crashed the Python process ({name})"
