"""The verdict at one point: does any line object, and is every array certified?

1. Two lines that move all arrays together. On plain inputs this already decides.
2. An objection is believed only when it comes again on a fresh line of the array alone, at a
   much shorter step, and with steps in proportion to each entry.
3. An array that nobody objects to, but that is not certified, gets lines of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.gradcheck.certainty import certified_error, miss_probability
from autograder.gradcheck.directions import common_scale, entry_scale
from autograder.gradcheck.evaluate import SINGLE, Evaluator
from autograder.gradcheck.lines import Line, Point, Reading, measure, read
from autograder.gradcheck.report import Verdict
from autograder.gradcheck.steps import refine, telling_steps

GROSS_STEP = 2.0**-26


@dataclass
class Opinion:
    """What is known of one array at one point.

    Attributes:
        verdict: As in the report.
        certified: Relative error that is excluded.
        found: Largest relative disagreement seen.
        empty: The gradient is below the forward's resolution: nothing to see here.
        idle: The forward does not depend on the array at all.
    """

    verdict: Verdict
    certified: float
    found: float
    empty: bool = False
    idle: bool = False


class Judge:
    """Judges the gradients at one point.

    Args:
        evaluator: Evaluates the forward.
        point: Input, outputs and gradients.
        rng: Where directions come from.
        tolerance: Relative error to exclude.
        probability: Chance of missing one that is allowed.
        tremble: Returns, per array, how far the gradient moves when its input moves by a rounding
            error; None when only values are known.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        point: Point,
        rng: np.random.Generator,
        tolerance: float,
        probability: float,
        tremble: Callable[[], list[list[np.ndarray]]] | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.point = point
        self.rng = rng
        self.asked = tolerance
        self.probability = probability
        self.tremble = tremble
        self.lines: list[Line] = []
        self.kinked = False
        self.failed: set[int] = set()
        self.suspected: set[int] = set()
        self._witness: dict[int, Line] = {}
        self._moved: list[list[np.ndarray]] | None = None

    @property
    def tolerance(self) -> float:
        """What was asked for, or what the precision of the numbers allows."""
        return max(self.asked, 2.0**16 * self.point.epsilon, 2.0**13 * self.point.gradient_epsilon)

    def run(self) -> list[Opinion]:
        """Measure until every array has a verdict, or the evaluations are used up."""
        every = list(range(len(self.point.arrays)))
        together = [Line.random(self.rng, self.point.arrays, every) for _ in range(2)]
        if not every or not np.any([line.moves(i) for line in together for i in every]):
            return self._opinions()
        self._measure(together)
        if self.accused:
            return self._opinions()
        self._more_lines()
        if len(every) > 1 and not self.accused:
            self._own_lines(2, common_scale)
            self._more_lines()
        if not self.accused:
            self._own_lines(2, entry_scale)
        return self._opinions()

    @property
    def accused(self) -> bool:
        return bool(self.failed or self.suspected)

    def witness(self, i: int) -> Line | None:
        """A line of array ``i`` alone that objects."""
        return self._witness.get(i)

    # --- measuring -----------------------------------------------------------------------------

    def _measure(self, lines: Sequence[Line], plan: Sequence[float] = ()) -> None:
        refine(self.evaluator, self.point, lines, [self._goal(line) for line in lines], plan)
        measured = [line for line in lines if line.slopes]
        self.lines += measured
        if any(self._objects(line) for line in measured):
            self._accuse(measured)

    def _goal(self, line: Line) -> float:
        """The error bar with which two lines are enough."""
        per_line = math.sqrt(self.probability / 2.0)
        sizes = np.array([self._sizes(line, k) for k in range(len(self.point.upstreams))])[0]
        telling = sizes[sizes > sizes.max(initial=0.0) * 2.0**-10]
        smallest = float(telling.min()) if telling.size else 0.0
        least = (
            8.0
            * self.point.epsilon
            * float(np.linalg.norm(self.point.upstreams[0] * self.point.base))
        )
        return max(least, per_line * self.tolerance * smallest / (3.0 * math.sqrt(2.0)))

    def _sizes(self, line: Line, k: int) -> list[float]:
        return [
            float(np.linalg.norm(np.where(s > 0, s * g, 0.0)))
            for s, g in zip(line.scales, self.point.gradients[k])
        ]

    def _own_lines(self, count: int, scaling: Callable[[np.ndarray], np.ndarray]) -> None:
        """Give every array that is not certified lines of its own, all in one batch."""
        open_arrays = [
            i
            for i in self._every()
            if self._miss(i) > self.probability and not (scaling is entry_scale and self._empty(i))
        ]
        lines = [
            Line.random(self.rng, self.point.arrays, [i], scaling)
            for i in open_arrays
            for _ in range(count)
        ]
        if lines:
            self._measure(lines)

    def _more_lines(self) -> None:
        """Where each line says something but two do not say enough, draw more like the best."""
        for i in self._every():
            missing = self._miss(i)
            mine = [line for line in self.lines if line.moves(i)]
            if self.accused or missing <= self.probability or not mine:
                continue
            gains = [self._miss(i, [line]) / 2.0 for line in mine]
            donor, gain = mine[int(np.argmin(gains))], float(np.median(gains))
            if gain > 0.3:
                continue
            count = math.ceil(math.log(self.probability / missing) / math.log(gain))
            plan = telling_steps(donor)
            if self.evaluator.affords(6 * count * len(plan)):
                moved = [j for j in self._every() if donor.moves(j)]
                self._measure(
                    [Line.random(self.rng, self.point.arrays, moved) for _ in range(count)], plan
                )

    # --- judging -------------------------------------------------------------------------------

    def _every(self) -> list[int]:
        return list(range(len(self.point.arrays)))

    def _readings(self, line: Line) -> list[Reading]:
        return [read(line, self.point, k) for k in range(len(self.point.upstreams))]

    def _agreements(self, i: int, lines: Sequence[Line], k: int = 0) -> list:
        return [read(line, self.point, k).agreement(i) for line in lines if line.moves(i)]

    def _miss(self, i: int, lines: Sequence[Line] | None = None) -> float:
        lines = self.lines if lines is None else lines
        return max(
            miss_probability(self._agreements(i, lines, k), self.tolerance)
            for k in range(len(self.point.upstreams))
        )

    def _allowance(self, line: Line, k: int) -> float:
        """Eight times the gradient's own tremble, but never more than a small part of it."""
        sizes = np.linalg.norm(self._sizes(line, k))
        coarse = max(self.point.epsilon, self.point.gradient_epsilon) >= SINGLE
        if self._moved is None:
            return float(sizes) * 2.0**-7 if coarse else 0.0
        moved = np.linalg.norm(
            [
                np.linalg.norm(np.where(s > 0, s * (h - g), 0.0))
                for s, g, h in zip(line.scales, self.point.gradients[k], self._moved[k])
            ]
        )
        return float(min(8.0 * moved, (1e-2 if coarse else 1e-5) * sizes))

    def _objects(self, line: Line) -> bool:
        return any(
            reading.objects(self._allowance(line, k))
            for k, reading in enumerate(self._readings(line))
        )

    def _accuse(self, lines: Sequence[Line]) -> None:
        """Look again, array by array, before an objection is believed."""
        self.suspected |= {0}  # until cleared below
        affordable = self.evaluator.affords(len(self.point.upstreams))
        if self.tremble is not None and self._moved is None and affordable:
            self._moved = self.tremble()
        objecting = [line for line in lines if self._objects(line)]
        self.suspected.clear()
        if not objecting:
            return
        first = max(objecting, key=self._worst_difference)
        plan = telling_steps(first)
        arrays = [i for i in self._every() if first.moves(i)]
        self.kinked |= any(
            r.kinked > 1e-3 * r.difference for r in self._readings(first) if r.objects()
        )
        fresh = {i: Line.random(self.rng, self.point.arrays, [i]) for i in arrays}
        enough = [self._worst_difference(first) / 32.0] * len(arrays)
        if not (
            measure(self.evaluator, self.point, [first], [self._short_step(first)])
            and self._objects(first)
            and self.evaluator.affords(6 * len(arrays) * len(plan))
        ):
            self.suspected |= set(arrays)  # seen once, not seen again: nobody is blamed
            return
        refine(self.evaluator, self.point, list(fresh.values()), enough, plan, tries=2)
        guilty = [i for i in arrays if self._objects(fresh[i])]
        again = {i: Line.random(self.rng, self.point.arrays, [i], entry_scale) for i in guilty}
        enough = [self._worst_difference(fresh[i]) / 32.0 for i in guilty]
        refine(self.evaluator, self.point, list(again.values()), enough, tries=3)
        self.failed |= {i for i in again if again[i].slopes and self._objects(again[i])}
        self.suspected |= set(guilty or arrays) - self.failed
        self._witness.update({i: fresh[i] for i in self.failed})
        if self.failed:
            self._acquit([i for i in arrays if i not in guilty], list(fresh.values()))

    def _acquit(self, innocent: list[int], own: list[Line]) -> None:
        """Judge the arrays that nobody objects to without those that are wrong."""
        self.lines = [line for line in own if line.slopes]
        line = Line.random(self.rng, self.point.arrays, innocent)
        if innocent:
            refine(self.evaluator, self.point, [line], [self._goal(line)])
            if line.slopes and not self._objects(line):
                self.lines.append(line)

    def _worst_difference(self, line: Line) -> float:
        """The largest difference of a line, scaled to what it would be with the first upstream."""
        readings = self._readings(line)
        sizes = [float(np.linalg.norm(r.sizes)) or 1.0 for r in readings]
        return max(r.difference * sizes[0] / size for r, size in zip(readings, sizes))

    def _short_step(self, line: Line) -> float:
        """The shortest step at which rounding would still leave the objection standing."""
        reading = max(self._readings(line), key=lambda r: r.difference / (r.bar or 1e-300))
        step = min(s.step for s in line.slopes)
        if not np.isfinite(reading.rounding) or reading.difference == 0:
            return step
        shortest = 64.0 * reading.rounding * step / reading.difference
        if shortest == 0 or not np.isfinite(shortest):
            return max(GROSS_STEP, step * 2.0**-12)
        return float(np.clip(2.0 ** math.ceil(math.log2(shortest)), min(GROSS_STEP, step), step))

    # --- the result ----------------------------------------------------------------------------

    def _opinions(self) -> list[Opinion]:
        return [self._opinion(i) for i in self._every()]

    def _opinion(self, i: int) -> Opinion:
        if self.point.arrays[i].size == 0 or not np.any(np.isfinite(self.point.arrays[i])):
            return Opinion("pass", 0.0, 0.0, idle=True)
        mine = [line for line in self.lines if line.moves(i)]
        alone = [line for line in mine if not any(line.moves(j) for j in self._every() if j != i)]
        readings = self._own_readings(i)
        found = max((self._relative(r, i) for r in readings), default=0.0)
        certified = max(
            certified_error(self._agreements(i, mine, k), self.probability)
            for k in range(len(self.point.upstreams))
        )
        if i in self.failed:
            return Opinion("fail", math.inf, found)
        empty = self._empty(i)
        idle = empty and bool(alone) and all(self._still(line) for line in alone)
        if i in self.suspected or not mine:
            return Opinion("inconclusive", certified, found, empty, idle)
        passed = self._miss(i) <= self.probability
        return Opinion("pass" if passed else "inconclusive", certified, found, empty, idle)

    def _own_readings(self, i: int) -> list[Reading]:
        mine = [line for line in self.lines if line.moves(i)]
        alone = [line for line in mine if not any(line.moves(j) for j in self._every() if j != i)]
        return [r for line in (alone or mine) for r in self._readings(line)]

    def _empty(self, i: int) -> bool:
        """Whether the gradient drowns in rounding on every line."""
        readings = self._own_readings(i)
        return bool(readings) and all(r.sizes[i] <= 8.0 * r.rounding for r in readings)

    def _relative(self, reading: Reading, i: int) -> float:
        size = max(reading.sizes[i], abs(reading.slope))
        return (
            reading.difference / size if size > 0 else 0.0 if reading.difference == 0 else math.inf
        )

    def _still(self, line: Line) -> bool:
        """Whether the outputs stay put even along steps as long as the input itself."""
        longest = max(line.slopes, key=lambda s: s.step)
        moved = float(np.sqrt(np.mean(longest.value**2))) if longest.value.size else 0.0
        return longest.step >= 0.5 and moved <= 2.0**12 * longest.floor
