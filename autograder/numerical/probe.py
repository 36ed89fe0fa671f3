"""Lines through a point: directional derivatives on one side, the projected gradient on the other.

Everything here is scaled by powers of two before it is squared: an array by its own size, the
outputs by theirs, a gradient by both. So x², 1e76 and 1e-300 give the same numbers as x², 1 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.numerical.directions import exponent, signs_and_sizes
from autograder.numerical.evaluate import DOUBLE, Array, Evaluator, flat, resolution
from autograder.numerical.slope import OFFSETS, Slope, merge, slope_with_error_bar

Exponents = Callable[[Array], Any]
CHUNK = 2**19
NONE = -(2**20)  # the exponent of zero
LEAST = -1074  # two to this power is the smallest number above zero


class Point:
    """An input, its outputs, and the gradients that are judged there.

    Args:
        arrays: The checked arrays.
        parts: The outputs; entries that are not finite must have a zero upstream.
        upstreams: Upstream gradients, one vector of all outputs each.
        gradients: For each upstream, the gradients of all arrays in one vector.
        gradient_epsilon: Relative rounding error of the gradients.

    Attributes:
        x: All entries of all arrays in one vector, shape (p,).
        exponents: The scale of each array, as a power of two.
        owner: To which array an entry belongs, shape (p,).
        heard: Which outputs have an upstream gradient.
        base: These outputs, scaled to about 1, shape (n,).
        weights: Upstream gradients in the scale that belongs to it, shape (k, n).
        gradients: The gradients as they were handed out, shape (k, p).
        shifts: What the scaling divides each gradient by, as powers of two, shape (k, 1).
        loudest: The largest number of each upstream gradient, as a power of two, shape (k, 1).
        epsilon: Relative rounding error of the outputs.
    """

    def __init__(
        self,
        arrays: Sequence[Array],
        parts: Sequence[Array],
        upstreams: Sequence[Array],
        gradients: Array,
        gradient_epsilon: float = DOUBLE,
    ) -> None:
        self.arrays = list(arrays)
        self.x = flat(arrays)
        self.exponents = [exponent(array) for array in arrays]
        self.owner = np.repeat(np.arange(len(arrays)), [array.size for array in arrays])
        self.scale = np.array(self.exponents)[self.owner]
        self.gradients = gradients
        self.epsilon, self.gradient_epsilon = DOUBLE, gradient_epsilon
        self.input_epsilon = max(float(np.finfo(array.dtype).eps) for array in arrays)
        raw = np.array(upstreams)
        shifts = claims = _tops(gradients, self.scale)
        own, start = [], 0
        for part in parts:
            loud = _tops(raw[:, start : start + part.size])
            top = int(_tops(part.reshape(1, -1))[0])
            if top == NONE:  # an output of zeros is as large as the gradient says
                top = int(claims[0] - loud[0]) if claims[0] > NONE < loud[0] else 0
            own.append(top)
            shifts = np.maximum(shifts, loud + top)
            start += part.size
        self.shifts = np.where(shifts < NONE // 2, 0, shifts)[:, None]
        self.loudest = _tops(raw)[:, None]
        powers = np.repeat(own, [part.size for part in parts])
        self.heard = np.flatnonzero((raw != 0).any(axis=0))
        self.powers = powers[self.heard]
        self.base = np.ldexp(flat(parts)[self.heard], -self.powers)
        self.weights = np.ldexp(raw[:, self.heard], self.powers - self.shifts)
        self.least = np.ldexp(1.0, LEAST - self.powers)

    def scaled(self, gradients: Array, scale: Array) -> Array:
        """Gradients as they act on steps of that scale, shape (k, p); 0 where they are infinite."""
        g = np.ldexp(gradients, scale - self.shifts)
        return g if np.isfinite(g).all() else np.where(np.isfinite(g), g, 0.0)

    def norms(self, values: Array) -> Array:
        """The norm of each array's part, shape (k, number of arrays)."""
        count = len(self.arrays)
        return np.sqrt([np.bincount(self.owner, row * row, count) for row in values])


class Probe:
    """Random lines that all move the same arrays, and what was measured along them.

    Args:
        point: Where the lines start.
        directions: Their directions without the scale, shape (m, p); 0 for what is held.
        scale: The scale of each entry, as powers of two, shape (p,).
        scaling: How the scale came about; None when it is that of the arrays.

    Attributes:
        moved: Which arrays move.
        sizes: ‖s∘G‖, shape (k, number of arrays); 0 for what does not move.
        total: The same of all arrays, shape (k, 1).
        projection: ⟨v, G⟩, shape (k, m).
        slopes: Slopes of all outputs, one entry per step tried.
        value: Directional derivatives of ⟨upstream, y⟩, shape (k, m), after `measure`.
        residual: How far they are from the projection.
        bend, jump, rounding: Their error bars, from curvature, kinks and rounding.
    """

    def __init__(
        self, point: Point, directions: Array, scale: Array, scaling: Exponents | None = None
    ) -> None:
        self.point, self.directions, self.scale, self.scaling = point, directions, scale, scaling
        self.lines = len(directions)
        moving = directions[0] != 0.0
        g = np.where(moving, point.scaled(point.gradients, scale), 0.0)
        self.moved = np.flatnonzero(np.bincount(point.owner, moving, len(point.arrays))).tolist()
        self.projection = g @ directions.T
        self.sizes = point.norms(g)
        self.total = np.sqrt((g * g).sum(axis=1, keepdims=True))
        # Rounding of the input: relative, or that of the smallest numbers.
        lifted = g * (np.abs(np.ldexp(point.x, -scale)) + np.ldexp(1.0, LEAST + 52 - scale))
        if not np.isfinite(lifted).all():
            lifted = np.where(np.isfinite(lifted), lifted, 0.0)
        self.lifted = np.sqrt((lifted * lifted).sum(axis=1, keepdims=True))
        # A gradient below the smallest number is 0, and so is a slope before an upstream lifts it.
        least = LEAST + int(scale.max(initial=0)) + np.maximum(point.loudest, 0)
        self.lost = point.x.size * np.ldexp(1.0, least - point.shifts)
        self.slopes: list[Slope] = []

    @classmethod
    def random(
        cls,
        point: Point,
        rng: np.random.Generator,
        moved: Sequence[int],
        lines: int,
        scaling: Exponents | None = None,
        only: Callable[[Array], Array] | None = None,
    ) -> Probe:
        """Draw lines that move the arrays at the positions ``moved`` together.

        Args:
            point: Where they start.
            rng: Random numbers.
            moved: Which arrays.
            lines: How many.
            scaling: The scale of an array, or of each entry; by default the array's size.
            only: Which entries of an array move; by default all that are finite.
        """
        v = signs_and_sizes(rng, (lines, point.x.size))
        if len(moved) < len(point.arrays):
            v *= np.isin(point.owner, moved)
        if not np.isfinite(point.x).all():
            v *= np.isfinite(point.x)
        if only is not None:
            v *= flat([only(array) for array in point.arrays])
        if scaling is None:
            return cls(point, v, point.scale)
        powers = [np.broadcast_to(scaling(array), array.shape) for array in point.arrays]
        return cls(point, v, flat(powers).astype(int), scaling)

    def moves(self, i: int) -> bool:
        """Whether array ``i`` moves."""
        return i in self.moved

    def weighted(self, i: int, weights: Array) -> Probe:
        """The first line again, the direction of array ``i`` times each of some weights."""
        v = np.zeros((len(weights), self.point.x.size))
        mine = self.point.owner == i
        v[:, mine] = self.directions[0, mine] * weights.reshape(len(weights), -1)
        return Probe(self.point, v, self.scale)

    def line(self, number: int) -> Probe:
        """One of the lines by itself, with what was measured along it."""
        pick = slice(number, number + 1)
        one = Probe(self.point, self.directions[pick], self.scale, self.scaling)
        one.slopes = [Slope(s[0], *(part[pick] for part in s[1:])) for s in self.slopes]
        one.read()
        return one

    # --- measuring -----------------------------------------------------------

    def measure(self, evaluator: Evaluator, power: int) -> bool:
        """Measure all lines with the step two to the ``power``.

        Returns:
            False when the evaluations left are too few; then nothing was measured.
        """
        point = self.point
        if not evaluator.affords(len(OFFSETS) * self.lines):
            return False
        values = self.outputs(evaluator, [(power, offset) for offset in OFFSETS])
        self.slopes.append(
            slope_with_error_bar(point.base, values, power, point.epsilon, point.least)
        )
        self.read()
        return True

    def outputs(self, evaluator: Evaluator, steps: Sequence[tuple[int, float]]) -> Array:
        """The scaled outputs at steps given as (power of two, factor), shape (steps, m, n)."""
        point = self.point
        powers, factors = (np.repeat(part, self.lines)[:, None] for part in zip(*steps))
        chunk = max(1, CHUNK // max(1, point.x.size))
        rows = []
        for start in range(0, len(powers), chunk):
            some = np.arange(start, min(start + chunk, len(powers)))
            moves = factors[some] * self.directions[some % self.lines]
            x = point.x + np.ldexp(moves, self.scale + powers[some])
            rows.append(evaluator.many(_cut(x, point.arrays)))
        values = rows[0] if len(rows) == 1 else np.concatenate(rows)
        if len(point.heard) < values.shape[1]:
            values = values[:, point.heard]
        point.epsilon = max(point.epsilon, resolution(values, evaluator.dtypes))
        return np.ldexp(values, -point.powers).reshape(len(steps), self.lines, -1)

    def read(self) -> None:
        """Compare the directional derivatives with the gradients, for every upstream."""
        best, self.chosen = merge(self.slopes)
        self.best = best
        weights = self.point.weights[:, None, None, :]
        terms = weights * np.array([best.value, best.bend, best.jump, best.rounding])
        sums = np.abs(terms.sum(axis=-1))
        if not np.isfinite(sums).all():
            terms = np.where(weights == 0.0, 0.0, terms)
            sums = np.abs(terms.sum(axis=-1))
        norms = np.sqrt(np.einsum("kpln,kpln->kpl", terms, terms))
        self.terms = terms
        self.value = terms[:, 0].sum(axis=-1)
        bars = np.fmax(sums, norms)
        self.bend, self.jump = bars[:, 1], bars[:, 2]
        steep = math.ldexp(1.0, -self.slopes[0].power)
        if len(self.slopes) > 1:
            share = np.abs(terms[:, 0]) + np.abs(terms[:, 3])
            total = np.sqrt(np.einsum("kln,kln->kl", share, share))
            total[total == 0.0] = 1.0
            steep = 0.0
            for number, slope in enumerate(self.slopes):
                part = np.where(self.chosen == number, share, 0.0)
                part = np.sqrt(np.einsum("kln,kln->kl", part, part))
                steep = steep + part / total * math.ldexp(1.0, -slope.power)
        point = self.point
        self.rounding = norms[:, 3] + 2.0 * point.input_epsilon * steep * self.lifted
        self.rounding = self.rounding + 8.0 * point.gradient_epsilon * self.total + self.lost
        self.residual = np.abs(self.value - self.projection)

    @property
    def smooth(self) -> Array:
        return np.asarray(self.bend + self.jump)

    @property
    def bar(self) -> Array:
        return np.asarray(self.bend + self.jump + self.rounding)

    def kinks(self) -> tuple[Array, Array]:
        """What kinks may do to a right gradient.

        Where the slope of an output jumps by the same amount at a much shorter step, the point lies
        on the kink, and a right backward may take any slope between both sides: half the jump from
        the middle, and all outputs may do so with one sign.

        Returns:
            known: The sum over outputs on a kink, shape (k, m).
            unknown: Bar for the kinks that are only near, shape (k, m).
        """
        on = self.ties()
        jumps = self.terms[:, 2]
        known = np.abs(np.where(on, jumps, 0.0)).sum(axis=-1)
        near = np.where(on, 0.0, jumps)
        return known, np.sqrt(np.einsum("kln,kln->kl", near, near))

    def ties(self) -> Array:
        """Which outputs are on a kink, shape (m, n)."""
        shortest, *others = sorted(self.slopes, key=lambda slope: slope.power)
        longer = next((s for s in others if s.power >= shortest.power + 5), None)
        if longer is None:
            return np.zeros(shortest.value.shape, dtype=bool)
        clear = np.abs(longer.jump) > 64.0 * (shortest.rounding + shortest.floor)
        return clear & (np.abs(shortest.jump - longer.jump) < 2.0**-7 * np.abs(longer.jump))

    def telling_powers(self) -> list[int]:
        """The steps that some output was best served by."""
        return [s.power for r, s in enumerate(self.slopes) if np.any(self.chosen == r)]


def _cut(rows: Array, arrays: Sequence[Array]) -> list[tuple[Any, ...]]:
    """For each row, arrays of their own shapes and kinds."""
    columns, start = [], 0
    for array in arrays:
        column = rows[:, start : start + array.size].reshape(-1, *array.shape)
        column = column.astype(array.dtype, copy=False)
        columns.append(column if array.ndim else [np.array(number) for number in column])
        start += array.size
    return list(zip(*columns))


def _tops(values: Array, scale: Array | int = 0) -> Array:
    """The exponent of the largest finite entry of each row; NONE where there are only zeros."""
    powers = np.frexp(values)[1] + scale
    known = (values != 0.0) & np.isfinite(values)
    return powers.max(axis=1, initial=NONE, where=known)
