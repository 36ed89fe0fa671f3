"""The grader's side of the talk with one child: what is asked, what is believed of answers.

Frames go out and come in, each by an absolute deadline.
"""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Literal, Protocol
from weakref import WeakKeyDictionary

import msgspec

from autograder.errors import GradingError
from autograder.exercises.script import Failure, FailureKind, Outcome, Script
from autograder.explain.repair import Repairs
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.packing import MAX_ITEMS, NotAcceptable, Packer, pack_call
from autograder.sandbox.inside.unpacking import decode_answer, unpack_failure, unpack_outcome
from autograder.sandbox.inside.wire import BROKEN_STATUS, HEADER, OUT_OF_MEMORY_STATUS
from autograder.sandbox.limits import Cell, Limits


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


START_SECONDS = 60.0
_WINDOW_BYTES = 1 << 18  # of scripts that are sent at once
_REQUEST_BYTES = 64 << 20
_OURS_TO_SAY = (
    "timeout",
    "crash",
    "unstarted",
)  # a child to which that happens says nothing any more
PARTS_OF_ONE = 6  # what the wire makes of one part of a value: of an array of two axes, say
_PARTS_SLACK = 2000  # what a frame may hold besides values
_FRAME_SLACK = 1 << 18  # what a frame may hold besides values: names, texts, a traceback


class Dialogue:
    """One live child, and the strict order of questions and answers with it.

    Raises:
        ZygoteFault: The child did not say that it is locked and ready; no student code ran.
    """

    def __init__(self, child: ChildProcess, limits: Limits) -> None:
        self.child = child
        self._sent: deque[tuple[Script, bytes]] = deque()
        nonce = os.urandom(16)
        begin = wire.Begin(nonce, limits.reply_bytes, limits.output_bytes)
        deadline = time.monotonic() + START_SECONDS
        try:
            child.send(wire.frame(begin), deadline)
            ready, _ = self._answer(deadline, 0)
        except ChildFault as error:
            said = child.output()[:500].decode("utf-8", "replace").strip()
            child.end()
            raise ZygoteFault(f"a sandboxed process did not start: {error}. {said}") from error
        if type(ready) is not wire.Ready or ready.nonce != nonce:
            child.end()
            raise ZygoteFault("a sandboxed process did not start: it said something else")

    def is_ready(self, script: Script | None = None) -> bool:
        """Whether the child is there and says nothing unasked, or has this script before it."""
        if self._sent:
            return self._sent[0][0] is script
        return not self.child.has_unsolicited()

    def run_cell(self, cell: Cell, deadline: float) -> Failure | None:
        """Run a cell; why it did not run to its end, if so.

        Raises:
            ChildFault: The child must be ended.
        """
        request = wire.RunCell(os.urandom(16), cell.name, cell.source)
        answer = self._answered(request, wire.CellDone, deadline)
        try:
            return None if answer.failure is None else unpack_failure(answer.failure)
        except NotAcceptable as error:
            raise ChildFault("protocol", f"its answer is not acceptable: {error}") from error

    def begin_script(self, script: Script, ahead: Iterable[Script], deadline: float) -> bytes:
        """Send a script, and some of those ahead, unless it was sent along with an earlier one.

        All go in one message, which the child has read before it runs any: no student code can
        take one away. Their outcomes are then to be taken one by one, in order.

        Returns:
            The nonce that every answer must carry.

        Raises:
            ChildFault: The child must be ended.
            GradingError: The script holds something that does not travel.
        """
        if not self._sent:
            parts: list[msgspec.Raw] = []
            size = 0
            for one in (script, *ahead):
                nonce = os.urandom(16)
                part = nonce.join(_packed(one))
                size += len(part)
                if parts and size > _WINDOW_BYTES:
                    break
                parts.append(msgspec.Raw(part))
                self._sent.append((one, nonce))
            self._ask(wire.RunScripts(parts), deadline)  # type: ignore[arg-type]
        return self._sent.popleft()[1]

    def next_outcome(
        self, nonce: bytes, index: int, deadline: float, max_bytes: int, room: int
    ) -> tuple[Outcome, int]:
        """Return the outcome of the call number `index`, and the size of its frame.

        Args:
            room: How many parts its values may have.

        Raises:
            ChildFault: The child must be ended.
        """
        answer, size = self._answer(deadline, max_bytes, PARTS_OF_ONE * room)
        if type(answer) is not wire.WireOutcome:
            raise ChildFault("protocol", "it answered something that was not asked")
        if answer.nonce != nonce or answer.index != index:
            raise ChildFault("protocol", "it answered out of turn")
        if answer.failure is not None and answer.failure.kind in _OURS_TO_SAY:
            raise ChildFault("protocol", "it judged its own end")
        try:
            return unpack_outcome(answer), size
        except NotAcceptable as error:
            raise ChildFault("protocol", f"its answer is not acceptable: {error}") from error

    def finish_script(self, nonce: bytes, deadline: float) -> bool:
        """Wait until the child has cleared up after a script; whether it still works."""
        try:
            answer, _ = self._answer(deadline, 0)
        except ChildFault:
            return False
        return type(answer) is wire.Done and answer.nonce == nonce and answer.sound

    def mend(
        self, exercise: str, row: str, seconds: float, deadline: float, further: str
    ) -> Repairs:
        """Have the child look for the line.

        Raises:
            ChildFault: The child must be ended.
        """
        request = wire.Mend(os.urandom(16), exercise, row, seconds, further)
        answer = self._answered(request, wire.Mended, deadline)
        return msgspec.convert(answer.found, Repairs, from_attributes=True)

    def _answered(self, request: Any, kind: Any, deadline: float) -> Any:
        """What was answered to a question; it is of this kind, and bears its nonce."""
        self._ask(request, deadline)
        answer, _ = self._answer(deadline, 0)
        if not isinstance(answer, kind) or answer.nonce != request.nonce:
            raise ChildFault("protocol", "it answered something that was not asked")
        return answer

    def _ask(self, request: msgspec.Struct, deadline: float) -> None:
        if self.child.has_unsolicited():
            raise ChildFault("ended", "it spoke out of turn")
        self.child.send(wire.frame(request), deadline)

    def _answer(self, deadline: float, max_bytes: int, parts: int = 0) -> tuple[Any, int]:
        body = self.child.receive(deadline, max_bytes + _FRAME_SLACK)
        try:
            return decode_answer(body, parts + _PARTS_SLACK), len(body)
        except (ValueError, RecursionError) as error:
            raise ChildFault("protocol", "its answer could not be read") from error


def _packed(script: Script) -> tuple[bytes, bytes]:
    """A script on the wire, before and after its nonce; the same ones go to every child.

    Raises:
        GradingError: It holds something that does not travel.
    """
    if script not in _PACKED:
        mark = os.urandom(16)
        try:
            calls = [pack_call(call, _REQUEST_BYTES) for call in script.calls]
            seed = Packer(1 << 16).pack(script.seed)
            request = wire.RunScript(mark, seed, calls, min(script.room, MAX_ITEMS))
        except NotAcceptable as error:
            raise GradingError(f"a script can't be sent to the sandbox: {error}") from error
        before, _, after = wire.encode(request).partition(mark)
        _PACKED[script] = before, after
    return _PACKED[script]


_PACKED: WeakKeyDictionary[Script, tuple[bytes, bytes]] = WeakKeyDictionary()
