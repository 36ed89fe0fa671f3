"""What a submission may use, the cells it consists of, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.exercises.script import Failure

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission.

    Args:
        call_seconds: Wall time of one call or one cell.
        submission_seconds: Wall time of all cells and calls together, replays included.
        memory_mb: Address space above what the zygote itself uses, in MiB.
        output_bytes: What is kept of the output; the rest is cut.
        reply_bytes: The largest answer to one call.
    """

    call_seconds: float = 10.0
    submission_seconds: float = 60.0
    memory_mb: int = 1024
    output_bytes: int = 64 * 1024
    reply_bytes: int = 16 * MIB


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Cell:
    """One code cell of a submission.

    Args:
        source: As it was handed in, magics and all.
        name: Stands in tracebacks in place of a file name, such as `"cell 7"`.
        seconds: A limit of its own, below the call limit.
        counts: False when the cell costs nothing if it fails and its time is not charged.
    """

    source: str
    name: str
    seconds: float | None = None
    counts: bool = True


@dataclass(frozen=True)
class CellOutcome:
    """What came of one cell.

    Args:
        failure: Why it did not run to its end; None when it did.
        output: What it printed, cut at the limit.
        skipped: It was never started, because the time was used up.
    """

    failure: Failure | None = None
    output: str = ""
    skipped: bool = False
