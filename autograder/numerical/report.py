"""What a check hands back: a verdict for the whole, and one for every array.

Errors that the *caller* makes (an upstream of the wrong shape, say) raise `GradcheckError`. What is
wrong with the *backward* never raises: it is a verdict with a reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Verdict = Literal["pass", "fail", "inconclusive"]


class GradcheckError(ValueError):
    """The checker was called in a way that cannot be answered."""


@dataclass
class Opinion:
    """What is known of one array at one point.

    Attributes:
        verdict: As in the report.
        certified: Relative error that is excluded.
        found: Largest relative residual seen.
        bar: Largest error bar of a directional derivative, relative to the gradient.
        saturated: The gradient is below the forward's resolution: nothing to see here.
        idle: The forward does not depend on the array at all.
        contradicted: Something was seen here that no kink explains.
        hollow: The gradient is exactly zero. Right here, perhaps, but no evidence for elsewhere.
    """

    verdict: Verdict
    certified: float
    found: float
    bar: float = math.inf
    saturated: bool = False
    idle: bool = False
    contradicted: bool = False
    hollow: bool = False


class Place(NamedTuple):
    """Where a gradient is wrong.

    Attributes:
        where: Position along every axis; ``slice(None)`` along axes where the error is spread.
        got: The gradient there, when it is one entry.
        expected: The numerical value there, when it is one entry.
    """

    where: tuple[int | slice, ...]
    got: float | None
    expected: float | None


class ArrayReport(NamedTuple):
    """What is known of the gradient of one array.

    Attributes:
        verdict: "pass", "fail" or "inconclusive".
        certified: Relative error that the gradient stays below, at the miss probability asked for;
            ``inf`` when nothing could be certified.
        found: Relative error that was seen: the largest residual along a line, over the size of
            the gradient along such lines.
        bar: Error bar of the directional derivative, relative in the same way.
        worst_index: Index of the wrong entry, or of the wrong slab (``slice(None)`` along an axis
            along which the error is spread), when it could be located; otherwise None.
        got: The gradient's value there (one entry only).
        expected: The numerical value there (one entry only).
        note: A short remark for a person.
    """

    verdict: Verdict
    certified: float = math.inf
    found: float = 0.0
    bar: float = math.inf
    worst_index: tuple[int | slice, ...] | None = None
    got: float | None = None
    expected: float | None = None
    note: str = ""

    def __str__(self) -> str:
        said: list[str] = [self.verdict]
        if math.isfinite(self.certified):
            said.append(f"certified below {self.certified:.1e}")
        if self.verdict == "fail" and math.isfinite(self.found):
            said.append(f"off by {_percent(self.found)}")
        if math.isfinite(self.bar):
            said.append(f"error bar {self.bar:.0e}")
        if self.worst_index:
            said.append(f"at {show_index(self.worst_index)}")
        return ", ".join(said) + (f"; {self.note}" if self.note else "")


@dataclass(frozen=True)
class GradientReport:
    """The verdict on a backward pass. True exactly when it passed.

    Attributes:
        verdict: "pass", "fail" or "inconclusive".
        reason: One or two sentences for a person.
        arrays: Name of each checked array -> what is known of its gradient.
        evaluations: How often the forward was evaluated.
        notes: Remarks that cost nothing (arguments changed in place, integers left out ...).
        curve: Measures the V-curve, see `curve`; None when there was no slope to compare.
    """

    verdict: Verdict
    reason: str
    arrays: dict[str, ArrayReport] = field(default_factory=dict)
    evaluations: int = 0
    notes: tuple[str, ...] = ()
    curve: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        lines = [f"{self.verdict}: {self.reason} ({self.evaluations} evaluations)"]
        lines += [f"  {name}: {array}" for name, array in self.arrays.items()]
        return "\n".join(lines + [f"  note: {note}" for note in self.notes])

    __repr__ = __str__


def summarise(
    opinions: Mapping[str, Opinion],
    places: Mapping[int, Place],
    tolerance: float,
    probability: float,
    evaluations: int,
    notes: Sequence[str],
    curve: Callable[[], Any] | None = None,
) -> GradientReport:
    """Write the report."""
    arrays = {}
    for i, (name, opinion) in enumerate(opinions.items()):
        place = places.get(i) if opinion.verdict == "fail" else None
        note = "its gradient is below the forward's resolution" if opinion.saturated else ""
        if opinion.idle and opinion.verdict == "pass":
            note = "the output does not depend on it"
        elif opinion.contradicted and opinion.verdict == "inconclusive":
            note = "what was seen at the input given contradicts it"
        arrays[name] = ArrayReport(
            opinion.verdict,
            opinion.certified,
            opinion.found,
            opinion.bar,
            place.where if place else None,
            place.got if place else None,
            place.expected if place else None,
            note,
        )
    verdicts = {opinion.verdict for opinion in opinions.values()}
    verdict: Verdict = (
        "fail" if "fail" in verdicts else "inconclusive" if "inconclusive" in verdicts else "pass"
    )
    if verdict == "pass":
        agreeing = "the gradients agree" if len(arrays) > 1 else "the gradient agrees"
        reason = (
            f"{agreeing} with the forward: a relative error above {tolerance:.0e} would have been "
            f"missed with probability {probability:.0e} at most"
        )
    else:
        tell = _failed if verdict == "fail" else _open
        reason = "; ".join(tell(name, a) for name, a in arrays.items() if a.verdict == verdict)
    if verdict == "inconclusive":
        reason = f"the forward does not tell finely enough here ({reason})"
    return GradientReport(verdict, reason, arrays, evaluations, tuple(notes), curve)


def _failed(name: str, array: ArrayReport) -> str:
    size = _percent(array.found)
    if array.worst_index is None:
        return f"the gradient of {name} is off by {size}"
    index = show_index(array.worst_index)
    if array.got is None or array.expected is None:
        return f"the gradient of {name} is off by {size}, at {index}"
    got, expected = apart(array.got, array.expected)
    return f"the gradient of {name} is off by {size}, at {index}: got {got}, expected {expected}"


def _open(name: str, array: ArrayReport) -> str:
    sure = (
        f"certified only below {array.certified:.0e}"
        if math.isfinite(array.certified)
        else "nothing could be certified"
    )
    return f"{name}: {sure}{', ' + array.note if array.note else ''}"


def _percent(error: float) -> str:
    return (
        f"{float(f'{100 * error:.2g}'):g} % of its size"
        if math.isfinite(error)
        else "more than all its size"
    )


def apart(one: float, other: float) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to tell them apart, at least three.

    Example:
        >>> apart(1.34731, 1.34732), apart(0.5, 2)
        (('1.34731', '1.34732'), ('0.5', '2'))
    """
    for digits in range(3, 17):
        left, right = f"{one:z.{digits}g}", f"{other:z.{digits}g}"
        if left != right:
            break
    return left, right


def show_index(index: tuple[int | slice, ...]) -> str:
    """Write an index as in NumPy.

    Example:
        >>> show_index((3, slice(None)))
        '[3, :]'
    """
    return "[" + ", ".join(":" if isinstance(i, slice) else str(i) for i in index) + "]"
