"""How the grader talks to one child: frames out, frames in, each by an absolute deadline."""

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

    def output(self) -> bytes:
        """What it printed: of a child that does not start, why."""

    def end(self, patience: float = 0.0) -> int | None:
        """Wait `patience` seconds, kill, reap; return the wait status if it ended by itself."""


class Frames:
    """Takes the bytes that come apart into frames; memory grows only with bytes received.

    Args:
        read: Gives the next bytes by a deadline; none when the child hung up.

    Attributes:
        received: What came and was not taken yet.
    """

    def __init__(self, read: Callable[[float], bytes | memoryview]) -> None:
        self._read = read
        self.received = bytearray()

    def next(self, deadline: float, max_bytes: int) -> bytes:
        """The body of the next frame.

        Raises:
            ChildFault: The frame is too large, late, or the child hung up.
        """
        self._wait_for(HEADER.size, deadline)
        size = HEADER.unpack_from(self.received)[0]
        if size > max_bytes:
            said = f"an answer of {size} bytes; at most {max_bytes} are allowed"
            raise ChildFault("protocol", said)
        end = HEADER.size + size
        self._wait_for(end, deadline)
        body = bytes(memoryview(self.received)[HEADER.size : end])
        del self.received[:end]
        return body

    def _wait_for(self, size: int, deadline: float) -> None:
        while len(self.received) < size:
            part = self._read(deadline)
            if not part:
                raise ChildFault("ended", "the process ended")
            self.received += part


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
