"""The sandbox: one worker that runs submissions one after the other, contained and measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from autograder.errors import AutograderError, GradingError, IsolationError
from autograder.sandbox.conversation import ChildProcess, ZygoteFault
from autograder.sandbox.limits import DEFAULT_LIMITS, Cell, Limits
from autograder.sandbox.measure import Measured, how_to_improve, measure
from autograder.sandbox.plain_child import PlainChild
from autograder.sandbox.session import Session

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
