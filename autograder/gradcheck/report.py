"""What a check hands back: a verdict for the whole, and one for every array.

Errors that the *caller* makes (an upstream of the wrong shape, say) raise `GradcheckError`. What is
wrong with the *backward* never raises: it is a verdict with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Verdict = Literal["pass", "fail", "inconclusive"]


class GradcheckError(ValueError):
    """The checker was called in a way that cannot be answered."""


class ArrayReport(NamedTuple):
    """What is known of the gradient of one array.

    Attributes:
        verdict: "pass", "fail" or "inconclusive".
        certified: Relative error that the gradient stays below, at the miss probability asked for;
            ``inf`` when nothing could be certified.
        found: Relative error that was seen: the largest disagreement along a line, over the size
            of the gradient along such lines.
        worst_index: Index of the wrong entry, or of the wrong slab (``slice(None)`` along an axis
            along which the error is spread), when it could be located; otherwise None.
        got: The gradient's value there (one entry only).
        expected: The numerical value there (one entry only).
        note: A short remark for a person.
    """

    verdict: Verdict
    certified: float = float("inf")
    found: float = 0.0
    worst_index: tuple[int | slice, ...] | None = None
    got: float | None = None
    expected: float | None = None
    note: str = ""


@dataclass(frozen=True)
class GradientReport:
    """The verdict on a backward pass. True exactly when it passed.

    Attributes:
        verdict: "pass", "fail" or "inconclusive".
        reason: One or two sentences for a person.
        arrays: Name of each checked array -> what is known of its gradient.
        evaluations: How often the forward was evaluated.
        notes: Remarks that cost nothing (arguments changed in place, zero gradients ...).
    """

    verdict: Verdict
    reason: str
    arrays: dict[str, ArrayReport] = field(default_factory=dict)
    evaluations: int = 0
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.reason} ({self.evaluations} evaluations)"]
        for name, array in self.arrays.items():
            where = "" if array.worst_index is None else f", at {show_index(array.worst_index)}"
            lines.append(
                f"  {name}: {array.verdict}, certified below {array.certified:.1e}, "
                f"found {array.found:.1e}{where}{'; ' + array.note if array.note else ''}"
            )
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])


def show_index(index: tuple[int | slice, ...]) -> str:
    """Write an index as in NumPy.

    Example:
        >>> show_index((3, slice(None)))
        '[3, :]'
    """
    return "[" + ", ".join(":" if isinstance(i, slice) else str(i) for i in index) + "]"
