"""What a submission may use, what it used, the cells it consists of, and what came of them."""

import time
from dataclasses import dataclass

from autograder.exercises.script import Failure

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission."""

    call_seconds: float = 10.0  # wall time of one call or one cell
    submission_seconds: float = 60.0  # wall time of all cells and calls together, replays included
    memory_mb: int = 1024  # address space above what the zygote itself uses, in MiB
    output_bytes: int = 64 * 1024  # what may be printed: the rest is dropped, and nobody reads it
    reply_bytes: int = 16 * MIB  # the largest answer to one call


DEFAULT_LIMITS = Limits()


class Budget:
    """Wall time that is charged to a submission, or to its cells that cost nothing.

    Args:
        seconds: What may be used, for each of the two.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.used = 0.0
        self._spare_used = 0.0
        self._mark = time.monotonic()

    def start(self) -> None:
        """Charge from now on."""
        self._mark = time.monotonic()

    def charge(self, counts: bool = True) -> None:
        """Charge the time since the last charge."""
        now = time.monotonic()
        if counts:
            self.used += now - self._mark
        else:
            self._spare_used += now - self._mark
        self._mark = now

    def is_used_up(self, counts: bool = True) -> bool:
        """Whether nothing is left."""
        return self._left(counts) <= 0

    def deadline(self, seconds: float, counts: bool = True) -> float:
        """The moment, on the monotonic clock, by which something of `seconds` must be over."""
        return time.monotonic() + min(seconds, max(self._left(counts), 0.0))

    def message(self) -> str:
        """What a student reads when all is used up."""
        return f"the submission's {self.seconds:g} seconds are used up"

    def _left(self, counts: bool) -> float:
        return self.seconds - (self.used if counts else self._spare_used)


@dataclass(frozen=True)
class Cell:
    """One code cell of a submission."""

    source: str  # as it was handed in, magics and all
    name: str  # stands in tracebacks in place of a file name, such as `"cell 7"`
    seconds: float | None = None  # a limit of its own, below the call limit
    counts: bool = True  # False when the cell costs nothing if it fails and its time is not charged


@dataclass(frozen=True)
class CellOutcome:
    """What came of one cell."""

    failure: Failure | None = None  # why it did not run to its end; None when it did
    skipped: bool = False  # it was never started, because the time was used up
