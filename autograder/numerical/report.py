"""What a check hands back: a verdict for the whole, and one for every array.

Errors that the *caller* makes (an upstream of the wrong shape, say) raise `GradcheckError`. What is
wrong with the *backward* never raises: it is a verdict with a reason.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from autograder.language import Told, counted, tr
from autograder.numerical.certainty import MISSED

Verdict = Literal["pass", "fail", "inconclusive"]


class GradcheckError(ValueError):
    """The checker was called in a way that cannot be answered; gaps are those of the text."""

    def __init__(self, text: str, **gaps: Any) -> None:
        super().__init__(Told(text, **gaps))


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
        certified: Relative error that the gradient stays below, but for a chance of
            `certainty.MISSED`; ``inf`` when nothing could be certified.
        found: Relative error that was seen: the largest residual along a line, over the size of
            the gradient along such lines.
        bar: Error bar of the directional derivative, relative in the same way.
        worst_index: Index of the wrong entry, or of the wrong slab (``slice(None)`` along an axis
            along which the error is spread), when it could be located; otherwise None.
        got: The gradient's value there (one entry only).
        expected: The numerical value there (one entry only).
        remark: A short remark for a person.
    """

    verdict: Verdict
    certified: float = math.inf
    found: float = 0.0
    bar: float = math.inf
    worst_index: tuple[int | slice, ...] | None = None
    got: float | None = None
    expected: float | None = None
    remark: Told = Told("")

    @property
    def note(self) -> str:
        """The remark in words."""
        return str(self.remark)

    def __str__(self) -> str:
        said = [tr(self.verdict)]
        if math.isfinite(self.certified):
            said.append(tr("certified below {error:.1e}").format(error=self.certified))
        if self.verdict == "fail" and math.isfinite(self.found):
            said.append(tr("off by {size}").format(size=_percent(self.found)))
        if math.isfinite(self.bar):
            said.append(tr("error bar {bar:.0e}").format(bar=self.bar))
        if self.worst_index:
            said.append(tr("at {index}").format(index=show_index(self.worst_index)))
        return tr(", ").join(said) + (f"{tr('; ')}{self.note}" if self.note else "")


@dataclass(frozen=True)
class GradientReport:
    """The verdict on a backward pass. True exactly when it passed.

    Its words are looked up when it is shown.

    Attributes:
        verdict: "pass", "fail" or "inconclusive".
        arrays: Name of each checked array -> what is known of its gradient.
        evaluations: How often the forward was evaluated.
        remarks: What costs nothing (arguments changed in place, integers left out ...).
        tolerance: The relative error that would not have been missed.
        stopped: Why nothing could be measured; None where it was.
        curve: Measures the V-curve, see `inquiry`; None when there was no slope to compare.
    """

    verdict: Verdict
    arrays: dict[str, ArrayReport]
    evaluations: int
    remarks: tuple[Told, ...] = ()
    tolerance: float = 0.0
    stopped: object = None
    curve: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        first = tr("{verdict}: {reason} ({spent})")
        lines = [first.format(verdict=tr(self.verdict), reason=self.reason, spent=self.spent)]
        lines += [f"  {name}: {array}" for name, array in self.arrays.items()]
        return "\n".join(lines + [f"  {tr('note: ')}{note}" for note in self.notes])

    __repr__ = __str__

    @property
    def spent(self) -> str:
        """What it took, in words."""
        return counted(self.evaluations, "evaluation")

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks in words."""
        return tuple(map(str, self.remarks))

    @property
    def reason(self) -> str:
        """One or two sentences for a person."""
        if self.stopped is not None:
            return str(self.stopped)
        if self.verdict == "pass":
            several = tr(
                "the gradients agree with the forward: a relative error above {tolerance:.0e} "
                "would have been missed with probability {probability:.0e} at most"
            )
            one = tr(
                "the gradient agrees with the forward: a relative error above {tolerance:.0e} "
                "would have been missed with probability {probability:.0e} at most"
            )
            text = several if len(self.arrays) > 1 else one
            return text.format(tolerance=self.tolerance, probability=MISSED)
        tell = _failed if self.verdict == "fail" else _open
        told = (tell(name, a) for name, a in self.arrays.items() if a.verdict == self.verdict)
        reason = tr("; ").join(told)
        if self.verdict == "fail":
            return reason
        return tr("the forward does not tell finely enough here ({reason})").format(reason=reason)


def summarise(
    opinions: Mapping[str, Opinion],
    places: Mapping[int, Place],
    tolerance: float,
    evaluations: int,
    notes: Sequence[Told],
    curve: Callable[[], Any],
) -> GradientReport:
    """Write the report."""
    arrays = {}
    for i, (name, opinion) in enumerate(opinions.items()):
        place = places.get(i) if opinion.verdict == "fail" else None
        note = (
            Told("its gradient is below the forward's resolution")
            if opinion.saturated
            else Told("")
        )
        if opinion.idle and opinion.verdict == "pass":
            note = Told("the output does not depend on it")
        elif opinion.contradicted and opinion.verdict == "inconclusive":
            note = Told("what was seen at the input given contradicts it")
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
    return GradientReport(
        verdict, arrays, evaluations, tuple(notes), tolerance=tolerance, curve=curve
    )


def _failed(name: str, array: ArrayReport) -> str:
    gaps = {"name": name, "size": _percent(array.found)}
    if array.worst_index is None:
        return tr("the gradient of {name} is off by {size}").format(**gaps)
    gaps["index"] = show_index(array.worst_index)
    if array.got is None or array.expected is None:
        return tr("the gradient of {name} is off by {size}, at {index}").format(**gaps)
    gaps["got"], gaps["expected"] = apart(array.got, array.expected)
    text = tr("the gradient of {name} is off by {size}, at {index}: got {got}, expected {expected}")
    return text.format(**gaps)


def _open(name: str, array: ArrayReport) -> str:
    sure = tr("nothing could be certified")
    if math.isfinite(array.certified):
        sure = tr("certified only below {error:.0e}").format(error=array.certified)
    return f"{name}: {sure}{tr(', ') + array.note if array.note else ''}"


def _percent(error: float) -> str:
    if not math.isfinite(error):
        return tr("more than all its size")
    return tr("{percent:g} % of its size").format(percent=float(f"{100 * error:.2g}"))


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
