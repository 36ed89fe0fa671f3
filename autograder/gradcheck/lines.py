"""Lines through a point: measured slopes on one side, the projected gradient on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from autograder.gradcheck.arguments import Array
from autograder.gradcheck.certainty import Agreement
from autograder.gradcheck.directions import common_scale, signs_and_sizes
from autograder.gradcheck.evaluate import DOUBLE, Evaluator, resolution
from autograder.gradcheck.slope import (
    OFFSETS,
    Slope,
    combine,
    merge,
    rough_slope,
    slope_with_error_bar,
)

Scaling = Callable[[Array], Array]


@dataclass
class Point:
    """An input, its output, and the gradients that are judged there.

    Attributes:
        arrays: The checked arrays.
        base: All outputs in one vector, shape (n,).
        upstreams: Upstream gradients, each of shape (n,).
        gradients: For each upstream, one gradient per checked array.
        epsilon: Relative rounding error of the outputs.
        gradient_epsilon: Relative rounding error of the gradients.
    """

    arrays: list[Array]
    base: Array
    upstreams: list[Array]
    gradients: list[list[Array]]
    epsilon: float = DOUBLE
    gradient_epsilon: float = DOUBLE

    @property
    def input_epsilon(self) -> float:
        return max([float(np.finfo(a.dtype).eps) for a in self.arrays] + [DOUBLE])


@dataclass
class Line:
    """A random direction at a point, and what was measured along it.

    Attributes:
        direction: One direction per checked array, zero where an array is held.
        scales: The scales s in direction = s ∘ (±U[1/2, 3/2]), per array.
        slopes: Slopes of all outputs, one entry per step tried.
        readings: What was read so far, by upstream and number of slopes.
    """

    direction: list[Array]
    scales: list[Array]
    slopes: list[Slope] = field(default_factory=list)
    readings: dict[tuple[int, int], Reading] = field(default_factory=dict)

    @classmethod
    def random(
        cls,
        rng: np.random.Generator,
        arrays: Sequence[Array],
        moved: Sequence[int],
        scaling: Scaling = common_scale,
    ) -> Line:
        """Draw a line that moves the arrays at the positions ``moved`` together."""
        scales = [
            scaling(array) if i in moved else np.zeros(array.shape)
            for i, array in enumerate(arrays)
        ]
        return cls([s * signs_and_sizes(rng, s.shape) for s in scales], scales)

    def moves(self, i: int) -> bool:
        return bool(np.any(self.scales[i]))

    def points(
        self, arrays: Sequence[Array], step: float, offsets: Sequence[float]
    ) -> list[list[Array]]:
        """The inputs at the given multiples of a step."""
        return [
            [(a + offset * step * v).astype(a.dtype) for a, v in zip(arrays, self.direction)]
            for offset in offsets
        ]


def measure(
    evaluator: Evaluator,
    point: Point,
    lines: Sequence[Line],
    steps: Sequence[float],
    rough: bool = False,
) -> bool:
    """Measure each line at one more step, all in one batch.

    Args:
        evaluator: Counts and limits the evaluations: six per line, or two if ``rough``.
        point: Where the lines start.
        lines: Which lines.
        steps: One step per line.
        rough: Two values per line, and a wide error bar.

    Returns:
        False when the evaluations left are too few; then nothing was measured.
    """
    offsets = (1.0, -1.0) if rough else OFFSETS
    if not lines:
        return True
    if not evaluator.affords(len(offsets) * len(lines)):
        return False
    inputs = [
        p for line, step in zip(lines, steps) for p in line.points(point.arrays, step, offsets)
    ]
    values = evaluator.many(inputs).reshape(len(lines), 2, len(offsets) // 2, -1)
    point.epsilon = max(point.epsilon, resolution(values, evaluator.dtypes))
    for line, step, (plus, minus) in zip(lines, steps, values):
        line.slopes.append(
            rough_slope(point.base, plus[0], minus[0], step, point.epsilon)
            if rough
            else slope_with_error_bar(point.base, plus, minus, step, point.epsilon)
        )
    return True


@dataclass(frozen=True)
class Reading:
    """A line read with one upstream gradient.

    Attributes:
        slope: The numerical slope of ⟨upstream, y⟩.
        projection: ⟨v, G⟩, which should equal it.
        smooth: Error bar from curvature and kinks.
        rounding: Error bar from rounding, of outputs, inputs and gradient.
        sizes: ‖s∘G‖ per array.
        kinked: How much of ``smooth`` comes from kinks.
    """

    slope: float
    projection: float
    smooth: float
    rounding: float
    sizes: list[float]
    kinked: float

    @property
    def difference(self) -> float:
        return abs(self.slope - self.projection)

    @property
    def bar(self) -> float:
        return self.smooth + self.rounding

    def agreement(self, i: int) -> Agreement:
        return Agreement(self.difference, self.bar, self.sizes[i])

    def objects(self, allowance: float = 0.0) -> bool:
        """Whether the gradient is off by more than eight error bars."""
        return not self.difference <= 8.0 * self.bar + allowance


def read(line: Line, point: Point, k: int) -> Reading:
    """Compare the measured slope along a line with the gradients of upstream ``k``."""
    key = (k, len(line.slopes))
    if key not in line.readings:
        line.readings[key] = _read(line, point, k)
    return line.readings[key]


def _read(line: Line, point: Point, k: int) -> Reading:
    upstream, gradients = point.upstreams[k], point.gradients[k]
    best, chosen = merge(line.slopes)
    value, smooth, rounding = combine(upstream, best)
    projection = sum(_dot(v, g) for v, g in zip(line.direction, gradients))
    sizes = [_size(s * g) for s, g in zip(line.scales, gradients)]
    lifted = [
        _size(np.where(s > 0, a, 0.0) * g) for s, a, g in zip(line.scales, point.arrays, gradients)
    ]
    share = np.abs(upstream * best.value)
    total = float(np.linalg.norm(share)) or 1.0
    inverse_step = sum(
        float(np.linalg.norm(share[chosen == r])) / total / slope.step
        for r, slope in enumerate(line.slopes)
    )
    rounding += 2.0 * point.input_epsilon * inverse_step * _size(np.array(lifted))
    rounding += 8.0 * point.gradient_epsilon * _size(np.array(sizes))
    kinked = abs(float(upstream @ best.jump)) + float(np.linalg.norm(upstream * best.jump))
    return Reading(value, projection, smooth, rounding, sizes, kinked)


def _dot(v: Array, g: Array) -> float:
    moved = v != 0  # entries that are held may hold anything, inf included
    return float(np.sum(v[moved] * g[moved], dtype=np.float64))


def _size(values: Array) -> float:
    finite = np.asarray(values, dtype=np.float64)[np.isfinite(values)]
    return float(np.linalg.norm(finite))
