"""The verdict at one point: does any line object, and is every array certified?

1. Two lines that move all arrays together. On plain inputs this already decides.
2. An objection is looked into before it is believed (`objection`).
3. The arrays that are not certified yet are moved without the others: a small gradient cannot be
   seen beside a large one.
4. Where each line says something but two don't say enough, more lines are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.gradcheck.arguments import Array
from autograder.gradcheck.directions import common_scale, entry_scale, scale
from autograder.gradcheck.evaluate import Evaluator
from autograder.gradcheck.evidence import Evidence, Tremble
from autograder.gradcheck.lines import Line, Point
from autograder.gradcheck.objection import Accusation, examine
from autograder.gradcheck.report import Verdict
from autograder.gradcheck.steps import refine, telling_steps


@dataclass
class Opinion:
    """What is known of one array at one point.

    Attributes:
        verdict: As in the report.
        certified: Relative error that is excluded.
        found: Largest relative disagreement seen.
        empty: The gradient is below the forward's resolution: nothing to see here.
        idle: The forward does not depend on the array at all.
        suspected: A line objected, but the objection could not be confirmed.
        kinked: The lines met kinks too near to be avoided.
        hollow: The gradient is exactly zero. Right here, perhaps, but no evidence for elsewhere.
    """

    verdict: Verdict
    certified: float
    found: float
    empty: bool = False
    idle: bool = False
    suspected: bool = False
    kinked: bool = False
    hollow: bool = False


class Judge:
    """Judges the gradients at one point.

    Args:
        evaluator: Evaluates the forward.
        point: Input, outputs and gradients.
        rng: Where directions come from.
        tolerance: Relative error to exclude.
        probability: Chance of missing one that is allowed.
        tremble: Returns the gradients at an input moved by so many rounding errors, or None.
        share: Evaluations may reach this before the judge gives up on certainty here.
        focus: The arrays in question; None means all.

    Attributes:
        evidence: All that was measured.
        accusation: What came of an objection, if there was one.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        point: Point,
        rng: np.random.Generator,
        tolerance: float,
        probability: float,
        tremble: Tremble | None = None,
        share: int | None = None,
        focus: Sequence[int] | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.point = point
        self.rng = rng
        self.share = evaluator.limit if share is None else share
        self.evidence = Evidence(evaluator, point, tolerance, probability, tremble)
        if focus is not None:
            self.evidence.focus = [i for i in self.evidence.focus if i in focus]
        self.accusation = Accusation()
        self.kinked = False

    def run(self) -> list[Opinion]:
        """Measure until every array has a verdict, or the evaluations are used up."""
        evidence = self.evidence
        every = evidence.focus
        self.evaluator.share = self.share
        if every:
            lines = self._draw(every, 2)
            self._measure(lines)
            hindered = [line for line in lines if line.slopes and not self._good_enough(line)]
            if not self.accused:
                self.kinked |= any(self._limited_by_structure(line) for line in hindered)
            if not all(evidence.empty(i) for i in every):
                self._settle()
        self.evaluator.share = self.evaluator.limit
        return [self._opinion(i) for i in evidence.every]

    def _settle(self) -> None:
        """Certify what two lines for all did not."""
        if not self.kinked:
            self.evaluator.share = max(self.share, int(0.8 * self.evaluator.limit))
        self._more_lines()
        if self.kinked and self.share < self.evaluator.limit:
            return  # a point nearby will do better
        self._peel(common_scale)
        if any(_uneven(self.point.arrays[i]) for i in self.evidence.open()):
            self._peel(entry_scale)

    def _good_enough(self, line: Line) -> bool:
        readings = self.evidence.readings(line)
        return readings[0].bar <= 4.0 * self.evidence.goal(line)

    def _limited_by_structure(self, line: Line) -> bool:
        """Whether kinks or bends, and not rounding, keep the bar long at every step."""
        reading = self.evidence.readings(line)[0]
        return reading.smooth > 64.0 * reading.rounding

    @property
    def accused(self) -> bool:
        return bool(self.accusation.guilty or self.accusation.suspected)

    def _hopeless(self) -> bool:
        """A line objects, or would but for rounding errors in the gradient."""
        return self.accused or self.evidence.moved is not None

    def _draw(
        self, arrays: Sequence[int], count: int, scaling: Callable[[Array], Array] = common_scale
    ) -> list[Line]:
        return [Line.random(self.rng, self.point.arrays, arrays, scaling) for _ in range(count)]

    def _measure(self, lines: Sequence[Line], plan: Sequence[float] = ()) -> None:
        evidence = self.evidence
        tries = 3 if self.share < self.evaluator.limit else 5  # other points may be easier
        refine(self.evaluator, self.point, lines, evidence.goal, plan, 0 if plan else tries)
        measured = [line for line in lines if line.slopes]
        evidence.lines += measured
        if any(evidence.objects(line) for line in measured):
            self.evaluator.share = self.evaluator.limit  # to be sure is worth all there is
            accusation = examine(evidence, self.rng, measured)
            if accusation is not None:
                self.accusation = accusation
                self.kinked |= accusation.kinked
                if accusation.guilty:
                    self._acquit(set(accusation.guilty))

    def _acquit(self, guilty: set[int]) -> None:
        """Judge the arrays that nobody objects to without those that are wrong."""
        innocent = [i for i in self.evidence.focus if i not in guilty]
        self.evidence.lines = [line for line in self.accusation.guilty.values() if line.slopes]
        if innocent:
            lines = self._draw(innocent, 2)
            refine(self.evaluator, self.point, lines, self.evidence.goal)
            measured = [line for line in lines if line.slopes]
            if any(self.evidence.objects(line) for line in measured):
                self.accusation.suspected |= set(innocent)
            self.evidence.lines += measured

    def _peel(self, scaling: Callable[[Array], Array]) -> None:
        """Move what is not certified without the rest, as long as that certifies something."""
        unsettled = self.evidence.open()
        while unsettled and not self._hopeless() and self.evaluator.affords(12):
            if scaling is entry_scale and all(self.evidence.empty(i) for i in unsettled):
                return
            if scaling is common_scale and len(unsettled) == len(self.point.arrays) == 1:
                return
            self._measure(self._draw(unsettled, 2, scaling))
            self._more_lines()
            left = self.evidence.open()
            if len(left) == len(unsettled):
                if len(left) > 1 and scaling is common_scale and not self._hopeless():
                    self._alone(left)
                return
            unsettled = left

    def _alone(self, arrays: Sequence[int]) -> None:
        """Last resort: each array by itself."""
        for i in arrays:
            if not self._hopeless() and self.evaluator.affords(12):
                self._measure(self._draw([i], 2))
                self._more_lines()

    def _more_lines(self) -> None:
        """Where each line says something but two do not say enough, draw more like the best."""
        evidence = self.evidence
        for i in evidence.focus:
            missing = evidence.miss(i)
            mine = [line for line in evidence.lines if line.moves(i)]
            if self._hopeless() or missing <= evidence.probability or not mine:
                continue
            gains = [evidence.miss(i, [line]) / 2.0 for line in mine]
            donor, gain = mine[int(np.argmin(gains))], float(np.median(gains))
            sizes = evidence.readings(donor)[0].sizes
            drowned = sizes[i] < max(sizes) / 16.0  # then lines without the others tell more
            if gain > (0.05 if drowned else 0.3):
                continue
            count = math.ceil(math.log(evidence.probability / missing) / math.log(gain))
            plan = telling_steps(donor)
            cost = 6 * count * len(plan)
            if self.evaluator.affords(cost):
                self._measure(
                    self._draw([j for j in evidence.every if donor.moves(j)], count), plan
                )

    def _opinion(self, i: int) -> Opinion:
        evidence, accusation = self.evidence, self.accusation
        if not np.any(np.isfinite(self.point.arrays[i])):
            return Opinion("pass", 0.0, 0.0, idle=True)
        if i not in evidence.focus:
            return Opinion("inconclusive", math.inf, 0.0)
        if i in accusation.guilty:
            return Opinion("fail", math.inf, evidence.found(i))
        suspected = i in accusation.suspected
        passed = not suspected and evidence.miss(i) <= evidence.probability
        return Opinion(
            "pass" if passed else "inconclusive",
            evidence.certified(i),
            evidence.found(i),
            evidence.empty(i),
            evidence.idle(i),
            suspected,
            self.kinked,
            not any(np.any(gradients[i]) for gradients in self.point.gradients),
        )


def _uneven(array: Array) -> bool:
    """Whether many entries are much smaller than the array's scale."""
    small = np.abs(array[np.isfinite(array)]) < 2.0**-5 * scale(array)
    return bool(small.size and np.mean(small) > 0.2)
