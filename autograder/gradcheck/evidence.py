"""What the lines measured so far say: who objects, who is certified, how short a bar must be."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from autograder.gradcheck.arguments import Array
from autograder.gradcheck.certainty import Agreement, certified_error, miss_probability
from autograder.gradcheck.directions import scale
from autograder.gradcheck.evaluate import SINGLE, Evaluator
from autograder.gradcheck.lines import Line, Point, Reading, read

MOST_TREMBLE = 2.0**-4
SHAKE, NOISE = 2.0**16, 2.0**-6
COARSEST = 2.0**-5

Tremble = Callable[[float], list[list[Array]]]


class Evidence:
    """The lines through one point, and how to read them.

    Args:
        evaluator: Evaluates the forward.
        point: Input, outputs and gradients.
        tolerance: Relative error to exclude.
        probability: Chance of missing one that is allowed.
        tremble: Returns the gradients at an input moved by so many rounding errors; None when
            only values are known.

    Attributes:
        lines: Measured lines that count towards certainty.
        focus: The arrays in question; all, unless some were settled elsewhere.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        point: Point,
        tolerance: float,
        probability: float,
        tremble: Tremble | None,
    ) -> None:
        self.evaluator = evaluator
        self.point = point
        self.asked = tolerance
        self.probability = probability
        self.tremble = tremble
        self.moved: list[list[Array]] | None = None
        self.shaken: list[list[Array]] | None = None
        self.lines: list[Line] = []
        self.focus = [i for i, a in enumerate(point.arrays) if np.any(np.isfinite(a))]

    @property
    def tolerance(self) -> float:
        """What was asked for, or what the precision of the numbers allows."""
        point = self.point
        possible = max(2.0**16 * point.epsilon, 2.0**13 * point.gradient_epsilon)
        return max(self.asked, min(possible, COARSEST))

    @property
    def every(self) -> range:
        return range(len(self.point.arrays))

    @property
    def upstreams(self) -> range:
        return range(len(self.point.upstreams))

    def readings(self, line: Line) -> list[Reading]:
        """A line read with every upstream gradient."""
        return [read(line, self.point, k) for k in self.upstreams]

    def goal(self, line: Line) -> float:
        """The error bar with which two lines like this one are enough for its larger gradients.

        What is much smaller will be looked at without the large ones, with steps of its own.
        """
        sizes = np.array(self._sizes(line, 0))
        telling = sizes[sizes > sizes.max(initial=0.0) * 2.0**-4]
        smallest = float(telling.min()) if telling.size else 0.0
        per_line = math.sqrt(self.probability / 2.0)
        output = float(np.linalg.norm(self.point.upstreams[0] * self.point.base))
        least = 8.0 * self.point.epsilon * output * 2.0**-16
        return max(least, per_line * self.tolerance * smallest / (3.0 * math.sqrt(2.0)))

    def miss(self, i: int, lines: Sequence[Line] | None = None) -> float:
        """Bound the chance that an error of array ``i`` was missed."""
        mine = [line for line in (self.lines if lines is None else lines) if line.moves(i)]
        return max(
            miss_probability(self._agreements(i, mine, k), self.tolerance) for k in self.upstreams
        )

    def open(self) -> list[int]:
        """The arrays in question that are not certified."""
        return [i for i in self.focus if self.miss(i) > self.probability]

    def certified(self, i: int) -> float:
        """The relative error of array ``i`` that is excluded."""
        mine = [line for line in self.lines if line.moves(i)]
        return max(
            certified_error(self._agreements(i, mine, k), self.probability) for k in self.upstreams
        )

    def found(self, i: int) -> float:
        """The largest relative disagreement seen for array ``i``."""
        return max((_relative(reading, i) for reading in self._own_readings(i)), default=0.0)

    def empty(self, i: int) -> bool:
        """Whether the gradient of array ``i`` drowns in rounding on every line."""
        readings = self._own_readings(i)
        return bool(readings) and all(r.sizes[i] <= 8.0 * r.rounding for r in readings)

    def idle(self, i: int) -> bool:
        """Whether the outputs stay put along long steps of array ``i``."""
        alone = self._alone(i)
        return self.empty(i) and bool(alone) and all(_still(line) for line in alone)

    def objects(self, line: Line) -> bool:
        """Whether a line contradicts the gradients of some upstream."""
        return any(
            reading.objects(self._allowance(line, k) + self._unseen(line, k))
            for k, reading in enumerate(self.readings(line))
        )

    def certainly_objects(self, line: Line) -> bool:
        """Whether it would, whatever the rounding errors in the gradients."""
        return any(
            reading.objects(self._most_allowed(line, k) + self._unseen(line, k))
            for k, reading in enumerate(self.readings(line))
        )

    def shake(self) -> bool:
        """Ask for the gradients next to the input, as far as evaluations are left.

        Returns:
            Whether `noisy` can tell.
        """
        if self.tremble is not None and self.shaken is None and self.affords_tremble():
            self.shaken = self.tremble(SHAKE)
        return self.tremble is None or self.shaken is not None

    def affords_tremble(self) -> bool:
        """Whether the evaluations left allow for gradients elsewhere."""
        return self.evaluator.affords(1 + len(self.point.upstreams))

    def noisy(self, i: int) -> bool:
        """Whether the gradient of array ``i`` is made of rounding errors.

        So it is where terms cancel, as for a bias below batch norm: an input moved next to nothing
        gives quite another gradient, and to call either wrong would be chance.
        """
        return self.shaken is not None and any(
            _norm(h[i] - g[i]) > NOISE * _norm(g[i])
            for g, h in zip(self.point.gradients, self.shaken)
        )

    def difference(self, line: Line) -> float:
        """The largest difference, scaled to what it would be with the first upstream."""
        readings = self.readings(line)
        sizes = [float(np.linalg.norm(r.sizes)) or 1.0 for r in readings]
        return max(r.difference * sizes[0] / size for r, size in zip(readings, sizes))

    def _unseen(self, line: Line, k: int) -> float:
        """What can't be told from rounding errors although the whole input moves.

        It counts for gradients that are no larger themselves: where terms cancel, their rounding
        errors stay, and how large they were, the outputs and the other gradients tell. Of an output
        that is zero, one is taken for the ordinary size.
        """
        point = self.point
        upstream = point.upstreams[k]
        output = _norm(upstream * point.base) or _norm(upstream)
        moves = [scale(a) * _norm(g) for a, g in zip(point.arrays, point.gradients[k])]
        most = max([64.0 * output, *(1024.0 * size for size in moves if math.isfinite(size))])
        unseen = point.epsilon * most
        return unseen if math.hypot(*self._sizes(line, k)) <= unseen < math.inf else 0.0

    def _most_allowed(self, line: Line, k: int) -> float:
        return MOST_TREMBLE * float(np.linalg.norm(self._sizes(line, k)))

    def _allowance(self, line: Line, k: int) -> float:
        """Eight times the gradient's own tremble, but never more than a part of its size."""
        if self.moved is None:
            coarse = max(self.point.epsilon, self.point.gradient_epsilon) >= SINGLE
            return self._most_allowed(line, k) / 8.0 if coarse else 0.0
        moved = [
            float(np.linalg.norm(np.where(s > 0, s * (h - g), 0.0)))
            for s, g, h in zip(line.scales, self.point.gradients[k], self.moved[k])
        ]
        return min(8.0 * math.hypot(*moved), self._most_allowed(line, k))

    def _sizes(self, line: Line, k: int) -> list[float]:
        return [
            float(np.linalg.norm(np.where(s > 0, s * g, 0.0)))
            for s, g in zip(line.scales, self.point.gradients[k])
        ]

    def _agreements(self, i: int, lines: Sequence[Line], k: int) -> list[Agreement]:
        return [read(line, self.point, k).agreement(i) for line in lines]

    def _alone(self, i: int) -> list[Line]:
        return [
            line
            for line in self.lines
            if line.moves(i) and not any(line.moves(j) for j in self.every if j != i)
        ]

    def _own_readings(self, i: int) -> list[Reading]:
        lines = self._alone(i) or [line for line in self.lines if line.moves(i)]
        return [reading for line in lines for reading in self.readings(line)]


def _norm(values: Array) -> float:
    return float(np.linalg.norm(values))


def _relative(reading: Reading, i: int) -> float:
    size = max(reading.sizes[i], abs(reading.slope))
    if size > 0:
        return reading.difference / size
    return 0.0 if reading.difference == 0 else math.inf


def _still(line: Line) -> bool:
    longest = max(line.slopes, key=lambda s: s.step)
    moved = float(np.sqrt(np.mean(longest.value**2))) if longest.value.size else 0.0
    seen = bool(np.all(np.isfinite(longest.bend)))
    return seen and longest.step >= 0.25 and moved <= 2.0**12 * longest.floor
