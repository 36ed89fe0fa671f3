"""From opinions at one or more points to the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.gradcheck.lines import Line
from autograder.gradcheck.localise import Place, locate
from autograder.gradcheck.report import ArrayReport, GradientReport, Verdict, show_index
from autograder.gradcheck.verdict import Judge, Opinion


@dataclass
class Outcome:
    """What has been found so far, and at which point.

    Attributes:
        opinions: One per checked array.
        judge: Who saw what is reported; its point is where wrong entries are located.
        moved: How the deciding point differs from the one given: "", "nudged" or "far".
    """

    opinions: list[Opinion]
    judge: Judge
    moved: str = ""

    def needs_nudge(self) -> bool:
        """Kinks and ties: a move by one per cent leaves them."""
        return self.judge.kinked and any(o.verdict != "pass" for o in self.opinions)

    def needs_far(self) -> bool:
        """Saturation: only a long way off there is something to see."""
        verdicts = {o.verdict for o in self.opinions}
        return "inconclusive" in verdicts and "fail" not in verdicts

    def hear(self, others: Sequence[Opinion], judge: Judge, far: bool) -> None:
        """Weigh what another point says, array by array."""
        merged = [_weigh(own, other) for own, other in zip(self.opinions, others)]
        accused = any(o.verdict == "fail" for o in self.opinions)
        if accused and all(o.verdict == "pass" and not o.hollow for o in others):
            # an objection only across a kink: where backwards differ and all are right
            merged = [replace(o, verdict=p.verdict) for o, p in zip(self.opinions, others)]
        elif not accused and any(o.verdict == "fail" for o in merged):
            self.judge = judge
        if not accused or merged != self.opinions:
            self.moved = "far" if far else "nudged"
        self.opinions = merged


def _weigh(own: Opinion, other: Opinion) -> Opinion:
    if own.verdict != "inconclusive":
        return own
    if own.suspected and other.verdict == "pass" and not own.kinked:
        return own  # something was seen here that a move does not explain
    if other.verdict == "fail" or (other.verdict == "pass" and not other.hollow):
        return replace(
            own,
            verdict=other.verdict,
            certified=other.certified,
            idle=False,
            found=other.found if other.verdict == "fail" else own.found,
        )
    if own.idle and other.idle:
        return replace(own, verdict="pass")
    return own


def localised(judge: Judge) -> dict[int, Place]:
    """Where the failed arrays are wrong, as far as the evaluations reach."""
    places = {}
    for i, line in list(judge.accusation.guilty.items())[:2]:
        k = max(judge.evidence.upstreams, key=lambda k: _weight(judge, line, k))
        place = locate(judge.evaluator, judge.point, line, i, k, judge.accusation.gross)
        if place is not None:
            places[i] = place
    return places


def _weight(judge: Judge, line: Line, k: int) -> float:
    reading = judge.evidence.readings(line)[k]
    return reading.difference / (reading.bar or 1e-300)


def summarise(
    outcome: Outcome,
    names: Sequence[str],
    places: dict[int, Place],
    tolerance: float,
    probability: float,
    evaluations: int,
    notes: Sequence[str],
) -> GradientReport:
    """Write the report."""
    arrays = {}
    for i, (name, opinion) in enumerate(zip(names, outcome.opinions)):
        place = places.get(i) if opinion.verdict == "fail" else None
        arrays[name] = ArrayReport(
            opinion.verdict,
            opinion.certified,
            opinion.found,
            place.where if place else None,
            place.got if place else None,
            place.expected if place else None,
            _note(opinion),
        )
    verdicts = {o.verdict for o in outcome.opinions}
    verdict: Verdict = (
        "fail" if "fail" in verdicts else "inconclusive" if "inconclusive" in verdicts else "pass"
    )
    all_notes = list(notes)
    if outcome.moved:
        all_notes.append(
            "the input given could not decide; judged also at an input "
            + ("of ordinary size" if outcome.moved == "far" else "moved by one per cent")
        )
    reason = {"pass": _passed, "fail": _failed, "inconclusive": _open}[verdict](
        arrays, tolerance, probability
    )
    return GradientReport(verdict, reason, arrays, evaluations, tuple(all_notes))


def _note(opinion: Opinion) -> str:
    if opinion.idle:
        return "the output does not depend on it"
    if opinion.empty:
        return "its gradient is below the forward's resolution"
    return ""


def _passed(arrays: dict[str, ArrayReport], tolerance: float, probability: float) -> str:
    if not arrays:
        return "there is no floating-point array to check"
    worst = max(a.certified for a in arrays.values())
    idle = [name for name, a in arrays.items() if math.isinf(a.certified)]
    text = (
        f"the gradient{'s agree' if len(arrays) > 1 else ' agrees'} with the forward: a relative "
        f"error above {tolerance:.0e} would have been missed with probability "
        f"{probability:.0e} at most"
    )
    if idle and math.isinf(worst):
        text += f"; the output does not depend on {', '.join(idle)}"
    return text


def _failed(arrays: dict[str, ArrayReport], tolerance: float, probability: float) -> str:
    parts = []
    for name, array in arrays.items():
        if array.verdict != "fail":
            continue
        text = f"the gradient of {name} is off by {_percent(array.found)} of its size"
        if array.worst_index is not None:
            text += f", at {show_index(array.worst_index)}"
            if array.got is not None and array.expected is not None:
                text += f": got {array.got:z.6g}, expected {array.expected:z.6g}"
        parts.append(text)
    return "; ".join(parts)


def _open(arrays: dict[str, ArrayReport], tolerance: float, probability: float) -> str:
    parts = []
    for name, array in arrays.items():
        if array.verdict == "inconclusive":
            sure = (
                f"certified only below {array.certified:.0e}"
                if math.isfinite(array.certified)
                else "nothing could be certified"
            )
            parts.append(f"{name}: {sure}{', ' + array.note if array.note else ''}")
    return "the forward does not tell finely enough here (" + "; ".join(parts) + ")"


def _percent(error: float) -> str:
    return f"{100 * error:.3g} %" if math.isfinite(error) else "more than all"
