"""The sandbox: one worker that runs submissions one after the other, contained and measured."""

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
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from autograder.errors import AutograderError, GradingError, IsolationError
from autograder.sandbox.bubblewrap import boot
from autograder.sandbox.dialogue import ChildFault, ChildProcess, Frames, ZygoteFault
from autograder.sandbox.limits import DEFAULT_LIMITS, MIB, Cell, Limits
from autograder.sandbox.measure import Measured, how_to_improve, measure
from autograder.sandbox.session import Session


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


Asked = Literal["auto", "full", "kernel", "none"]


class Sandbox:
    """Runs submissions; a context manager.

    Args:
        isolation: The least that is accepted. `"auto"`: the best that works here, but never
            none. `"none"`: a plain subprocess with a time limit, for one's own code only.
        newest_landlock: Use no Landlock ABI above this one (to show how an older kernel behaves).

    Raises:
        IsolationError: What was asked for does not hold on this machine; the text says what to do.
    """

    def __init__(self, *, isolation: Asked = "auto", newest_landlock: int = 6) -> None:
        self._worker: Worker | None = None
        self.measured: Measured
        if isolation == "none":
            self.measured = Measured("none")
            return
        refuse_elsewhere()
        errors: list[str] = []
        for level, make in _ways(isolation, newest_landlock):
            worker = None
            try:
                worker = make()
                self.measured = measure(worker)
                if self.measured.reaches(level):
                    self._worker, self._make = worker, make
                    return
                errors.append(f"{level}: {self.measured.shortfall()}")
            except (GradingError, OSError, ImportError) as error:  # a child could not be locked
                errors.append(f"{level}: {error}")
            if worker is not None:
                worker.close()
        wanted = "at any level" if isolation == "auto" else f"at level {isolation!r}"
        said = [f"Student code can't be contained here {wanted}.", *(f"  {e}" for e in errors)]
        said += how_to_improve("kernel" if isolation == "full" else "none")
        raise IsolationError("\n".join(said))

    @property
    def isolation(self) -> str:
        """The level in force, as measured: `"full"`, `"kernel"` or `"none"`."""
        return self.measured.level

    def open(self, cells: Sequence[Cell], limits: Limits = DEFAULT_LIMITS) -> Session:
        """Run a submission's cells; return its session.

        Args:
            cells: The cells in order; one that raises keeps what it defined, and the next runs.
        """
        return Session(self._start, cells, limits)

    def _start(self, limits: Limits) -> ChildProcess:
        if self.isolation == "none":
            return PlainChild(limits)
        if self._worker is not None:
            try:
                if not self._worker.is_spoilt:
                    return self._worker.fork(limits)
            except ZygoteFault:
                pass
            self._worker.close()
        self._worker = self._make()  # once more, on a fresh zygote
        return self._worker.fork(limits)

    def close(self) -> None:
        """End the worker and whatever still runs in it."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def measure_isolation() -> tuple[Measured, tuple[str, ...]]:
    """Measure the best level that works here; never raises.

    Returns:
        measured: What the probe found; at level `"none"` student code can't be contained here.
        advice: What to do for a better level, line by line.
    """
    try:
        with Sandbox() as sandbox:
            return sandbox.measured, tuple(how_to_improve(sandbox.isolation))
    except AutograderError as error:
        return Measured("none"), tuple(str(error).splitlines())


def refuse_elsewhere() -> None:
    """Refuse on systems that can't contain student code.

    Raises:
        IsolationError: This is not Linux.
    """
    if not sys.platform.startswith("linux"):
        system = {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)
        raise IsolationError(
            f"Student code can't be contained on {system}; a Linux kernel is needed.\n"
            "Grade in a Linux container (Docker, Podman) or a virtual machine"
            + (", or in WSL2" if sys.platform == "win32" else "")
            + ". `autograder check` works here, for your own code."
        )


def _ways(isolation: str, newest_landlock: int) -> Iterable[tuple[str, Callable[[], Worker]]]:
    """Level -> how to start a worker of that level, the best first."""
    bwrap = bubblewrap.find()
    if isolation in ("auto", "full"):
        if bwrap is None and isolation == "full":
            raise IsolationError(
                "Level 'full' needs bubblewrap, and bwrap was not found. Install it "
                "(apt install bubblewrap, dnf install bubblewrap) or ask for level 'kernel'."
            )
        for wrapper in bubblewrap.variants(bwrap) if bwrap else ():
            yield "full", lambda wrapper=wrapper: Worker(wrapper, newest_landlock)  # type: ignore[misc]
    if isolation in ("auto", "kernel"):
        yield "kernel", lambda: Worker((), newest_landlock)


if sys.platform.startswith("linux"):
    from autograder.sandbox import bubblewrap
    from autograder.sandbox.worker import Worker
