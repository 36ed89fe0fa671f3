"""One worker: a zygote process and the conversation with it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence

import msgspec

from autograder.sandbox import bubblewrap
from autograder.sandbox.dialogue import ChildFault, Frames, ZygoteFault, milliseconds_left
from autograder.sandbox.inside import landlock
from autograder.sandbox.inside.lockdown import LAYERS
from autograder.sandbox.inside.wire import Notice, Order, own_namespaces
from autograder.sandbox.limits import MIB, Limits

START_SECONDS = 60.0
ANSWER_SECONDS = 10.0
_READ_BYTES = 1 << 16


class Worker:
    """Starts a zygote and has it fork children.

    Args:
        wrapper: The command in which the zygote is started (bubblewrap), or nothing.
        newest_landlock: Use no Landlock ABI above this one.

    Raises:
        ZygoteFault: It did not start.
    """

    def __init__(self, wrapper: Sequence[str] = (), newest_landlock: int = landlock.NEWEST) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ended: dict[int, Notice] = {}
        self.is_spoilt = False  # a process stayed behind: the zygote killed it, but trust is gone
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        settings = {"control_fd": theirs.fileno(), "newest_landlock": newest_landlock}
        variables = bubblewrap.environment()
        command = list(wrapper)
        if wrapper:
            for name, value in variables.items():
                command += ["--setenv", name, value]
            command.append("--")
        command += [bubblewrap.base_python(), *bubblewrap.boot("zygote", **settings)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                pass_fds=[theirs.fileno()],
                env=variables,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise ZygoteFault(f"the sandbox could not start: {error}") from error
        finally:
            theirs.close()
        try:
            warm, _ = self._next("warm", time.monotonic() + START_SECONDS)
        except ZygoteFault:
            self.close()
            raise
        self.landlock_abi = warm.landlock_abi
        self._namespaces = warm.namespaces

    def fork(self, limits: Limits, layers: Sequence[str] = LAYERS) -> LockedChild:
        """Have the zygote fork a locked child.

        Raises:
            ZygoteFault: It could not.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        output = os.memfd_create("output", os.MFD_CLOEXEC)
        order = Order(
            limits.memory_mb * MIB,
            int(limits.submission_seconds) + 5,
            limits.output_bytes,
            list(layers),
        )
        try:
            message = [msgspec.msgpack.encode(order)]
            socket.send_fds(self._control, message, [theirs.fileno(), output])
            notice, fds = self._next("forked", time.monotonic() + ANSWER_SECONDS)
        except (OSError, ZygoteFault) as error:
            ours.close()
            os.close(output)
            raise ZygoteFault(f"the zygote did not fork: {error}") from error
        finally:
            theirs.close()
        return LockedChild(self, ours, output, fds[0], notice.pid)

    def ended(self, pid: int, seconds: float) -> Notice | None:
        """The notice that this child has ended, if it comes in time."""
        deadline = time.monotonic() + seconds
        while pid not in self._ended:
            try:
                self._pump(deadline)
            except TimeoutError:
                return None
        return self._ended.pop(pid)

    def own_namespaces(self) -> list[str]:
        """The kinds of namespace that the zygote does not share with this process."""
        here = own_namespaces()
        return [kind for kind, name in self._namespaces.items() if here.get(kind) != name]

    def close(self) -> None:
        """End the zygote and all its children."""
        self._control.close()
        try:
            self._process.wait(2.0)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        self._complaints.close()

    def _next(self, what: str, deadline: float) -> tuple[Notice, list[int]]:
        while True:
            try:
                notice, fds = self._pump(deadline)
            except TimeoutError:
                raise ZygoteFault("the zygote does not answer") from None
            if notice.what == what:
                if notice.error:
                    raise ZygoteFault(notice.error)
                return notice, fds

    def _pump(self, deadline: float) -> tuple[Notice, list[int]]:
        """Take one notice off the socket."""
        left = max(0.0, deadline - time.monotonic())
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        if not poller.poll(int(left * 1000)):
            raise TimeoutError
        data, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 1)
        if not data:
            self._complaints.seek(0)
            said = self._complaints.read(2000).decode("utf-8", "replace").strip()
            raise ZygoteFault(f"the zygote ended: {said or 'it said nothing'}")
        notice = msgspec.msgpack.decode(data, type=Notice)
        if notice.what == "ended":
            self._ended[notice.pid] = notice
            self.is_spoilt = self.is_spoilt or notice.leftover
        return notice, fds


class LockedChild:
    """A child of the zygote, as the grader sees it; see `conversation.ChildProcess`."""

    def __init__(
        self, worker: Worker, conversation: socket.socket, output: int, pidfd: int, pid: int
    ) -> None:
        self._worker = worker
        self._socket = conversation
        self._socket.setblocking(False)
        self._space = memoryview(bytearray(_READ_BYTES))
        self._frames = Frames(self._read)
        self._news = select.poll()
        self._news.register(conversation, select.POLLIN)
        self._output = output
        self._pidfd = pidfd
        self._pid = pid

    def send(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        poller = select.poll()
        poller.register(self._socket, select.POLLOUT)
        while view:
            if not poller.poll(milliseconds_left(deadline)):
                continue
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                continue
            except OSError:
                raise ChildFault("ended", "the process ended") from None

    def receive(self, deadline: float, max_bytes: int) -> bytes:
        return self._frames.next(deadline, max_bytes)

    def _read(self, deadline: float) -> memoryview:
        while True:
            left = milliseconds_left(deadline)
            try:
                return self._space[: self._socket.recv_into(self._space)]
            except BlockingIOError:
                self._news.poll(left)
            except OSError:
                return self._space[:0]

    def has_unsolicited(self) -> bool:
        return bool(self._frames.received or self._news.poll(0))

    def output(self) -> bytes:
        return os.pread(self._output, _READ_BYTES, 0)

    def end(self, patience: float = 0.0) -> int | None:
        if self._pidfd < 0:
            return None
        try:
            dead = select.poll()  # of the kernel: the zygote may be late to tell
            dead.register(self._pidfd, select.POLLIN)
            by_itself = bool(dead.poll(int(patience * 1000)))
            if not by_itself:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            notice = self._worker.ended(self._pid, ANSWER_SECONDS)
            if notice is None:
                raise ZygoteFault("a child could not be ended")
            return notice.status if by_itself else None
        finally:
            self._socket.close()
            os.close(self._output)
            os.close(self._pidfd)
            self._pidfd = -1
