"""Keeping what student code prints, during a check, within bounds and off stderr."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from autograder.exercises.time_limit import lift_limit

MOST = 1500


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
