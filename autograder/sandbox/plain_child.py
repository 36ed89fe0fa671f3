"""A plain subprocess behind the interface of a child: limited in time, contained in nothing."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time

from autograder.sandbox.bubblewrap import boot
from autograder.sandbox.conversation import ChildFault, Frames
from autograder.sandbox.limits import MIB, Limits


class PlainChild:
    """Runs code without isolation; see `conversation.ChildProcess`."""

    def __init__(self, limits: Limits) -> None:
        executable = getattr(sys, "_base_executable", None) or sys.executable
        variables = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [executable, *boot("plain", memory_bytes=limits.memory_mb * MIB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env=variables,
            start_new_session=True,
        )
        self._parts: queue.Queue[bytes] = queue.Queue()
        self._frames = Frames(self._read)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Take what comes, so that reading can have a deadline on every system.

        The pipe is closed here and nowhere else: closed by another, its number might be given to
        the next child's pipe, and what that says would be read here.
        """
        assert self._process.stdout is not None
        with self._process.stdout as pipe, contextlib.suppress(OSError):
            while part := os.read(pipe.fileno(), 1 << 18):
                self._parts.put(part)
        self._parts.put(b"")

    def send(self, data: bytes, deadline: float) -> None:
        assert self._process.stdin is not None
        # A child that does not read would keep us here for ever: it is killed in time.
        late = threading.Timer(max(0.0, deadline - time.monotonic()), self._process.kill)
        late.start()
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError:
            raise ChildFault("ended", "the process ended") from None
        finally:
            late.cancel()

    def receive(self, deadline: float, max_bytes: int) -> bytes:
        return self._frames.next(deadline, max_bytes)

    def _read(self, deadline: float) -> bytes:
        try:
            part = self._parts.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise ChildFault("timeout", "time is up") from None
        if not part:
            self._parts.put(b"")  # it stays ended
        return part

    def has_unsolicited(self) -> bool:
        return bool(self._frames.received) or not self._parts.empty()

    def output(self) -> bytes:
        # The child writes through the same file: its own offset is not to be moved.
        with contextlib.suppress(OSError, AttributeError):
            return os.pread(self._printed.fileno(), 1 << 16, 0)
        return b""

    def end(self, patience: float = 0.0) -> int | None:
        status: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(patience)
            crashed = code >= 0xC0000000  # Windows: an exception that nobody handled
            status = int(signal.SIGSEGV) if crashed else -code if code < 0 else code << 8
        if hasattr(os, "killpg"):  # what it may have started, too
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if status is None:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._printed.close()
        return status
