"""The slope of a function along a line, with an error bar.

Six values, at ±h, ±h/2 and ±h/4, give three central differences. Richardson's extrapolation makes
two values of fourth order of them, and one of sixth order of these two. The two of fourth order
also disagree by more than the error of the best one, so their difference is an honest error bar as
long as the function is smooth; `kinks` sees when it is not; and rounding has a bar of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autograder.gradcheck.arguments import Array
from autograder.gradcheck.kinks import slope_jump

OFFSETS = (1.0, 0.5, 0.25, -1.0, -0.5, -0.25)


class Slope(NamedTuple):
    """Slopes of n outputs along one line, from one step.

    Attributes:
        step: The largest step h.
        value: The slope, shape (n,).
        bend: Signed error bar from the two extrapolated values, shape (n,).
        jump: Signed error bar from a kink: half the jump of the slope, shape (n,).
        rounding: Error bar from rounding in the outputs, shape (n,).
        floor: What rounding does to an output of ordinary size: an output near zero may carry the
            rounding errors of large numbers that cancelled.
    """

    step: float
    value: Array
    bend: Array
    jump: Array
    rounding: Array
    floor: float = 0.0

    @property
    def bar(self) -> Array:
        return np.asarray(np.abs(self.bend) + np.abs(self.jump) + self.rounding)


def slope_with_error_bar(
    base: Array, plus: Array, minus: Array, step: float, epsilon: float
) -> Slope:
    """Estimate slopes at 0 from values on both sides.

    Args:
        base: Values at 0, shape (n,).
        plus: Values at step, step/2, step/4, shape (3, n).
        minus: Values at -step, -step/2, -step/4, shape (3, n).
        step: The largest step.
        epsilon: Relative rounding error of the values.

    Returns:
        Slopes with their error bars; a bar is infinite where values are not finite, or where the
        slope still grows as the step shrinks, as it does across a jump.

    Example:
        >>> t = np.array([[1.0], [0.5], [0.25]]) / 256
        >>> s = slope_with_error_bar(np.exp([0.0]), np.exp(t), np.exp(-t), 1 / 256, 2.2e-16)
        >>> bool(abs(s.value[0] - 1) < s.bar[0] < 1e-10)
        True
    """
    with np.errstate(all="ignore"):
        central = (plus - minus) / (2.0 * step * np.array([[1.0], [0.5], [0.25]]))
        coarse = (4.0 * central[1] - central[0]) / 3.0
        fine = (4.0 * central[2] - central[1]) / 3.0
        value = (16.0 * fine - coarse) / 15.0
        size = np.max(np.abs(np.concatenate([base[None], plus, minus])), axis=0)
        rounding = 3.0 * epsilon * size / step
        bend = fine - coarse
        jump = slope_jump(base, plus, minus, step) / 2.0
        known = rounding[np.isfinite(rounding)]
        floor = float(np.sqrt(np.mean(known**2))) if known.size else 0.0
        grows = np.abs(central[1:]) > 1.5 * np.abs(central[:-1])
        grows &= np.abs(central[1:]) > 50.0 * (rounding + floor)
        hopeless = ~np.isfinite(value + bend + jump + rounding) | np.all(grows, axis=0)
    value, bend, jump, rounding = (
        np.where(hopeless, 0.0, a) for a in (value, bend, jump, rounding)
    )
    return Slope(step, value, np.where(hopeless, np.inf, bend), jump, rounding, floor)


def rough_slope(base: Array, plus: Array, minus: Array, step: float, epsilon: float) -> Slope:
    """Estimate slopes from two values only, with a wide bar: the whole even part.

    Enough to see a gross error at a third of the price.

    Args:
        base: Values at 0, shape (n,).
        plus: Values at step, shape (n,).
        minus: Values at -step, shape (n,).
        step: The step.
        epsilon: Relative rounding error of the values.

    Returns:
        Slopes with their error bars.
    """
    value = (plus - minus) / (2.0 * step)
    even = np.abs((plus - base) + (minus - base)) / step
    rounding = 3.0 * epsilon * np.max(np.abs([base, plus, minus]), axis=0) / step
    hopeless = ~np.isfinite(value + even + rounding)
    value, bend, rounding = (np.where(hopeless, 0.0, a) for a in (value, even, rounding))
    bend = np.where(hopeless, np.inf, bend + step * np.abs(value))
    floor = float(np.sqrt(np.mean(rounding**2))) if rounding.size else 0.0
    return Slope(step, value, bend, np.zeros_like(value), rounding, floor)


def merge(slopes: Sequence[Slope]) -> tuple[Slope, Array]:
    """Take for every output the step with the shortest bar.

    Two steps that contradict each other beyond their bars show that a bar is too short: then the
    gap between them becomes the bar. A slope that goes on growing as the step shrinks is that of a
    jump, or of chaos: what it is in the end is not known, so the bar is infinite.

    Returns:
        best: One slope per output (its ``step`` is that of the first).
        chosen: Index of the step taken, shape (n,).
    """
    if len(slopes) == 1:
        return slopes[0], np.zeros(slopes[0].value.shape, dtype=int)
    bars = np.array([slope.bar for slope in slopes])
    chosen = np.argmin(bars, axis=0)
    columns = np.arange(bars.shape[1])
    values = np.array([slope.value for slope in slopes])
    value, bar = values[chosen, columns], bars[chosen, columns]
    with np.errstate(invalid="ignore"):
        gaps = np.abs(values - value)
        floors = np.array([[slope.floor] for slope in slopes])
        steps = np.array([slope.step for slope in slopes])
        steep = np.abs(values) + np.array([np.abs(slope.bend) for slope in slopes])
        noise = np.array([slope.rounding for slope in slopes]) + floors
        grows = (steep > 4.0 * (np.abs(value) + bar) + 64.0 * noise) & np.isfinite(steep)
        grows &= steps[:, None] < steps[chosen]
        gap = np.max(np.where(gaps > 8.0 * (bars + bar + floors), gaps, 0.0), axis=0)
    bend = np.array([slope.bend for slope in slopes])[chosen, columns]
    jump = np.array([slope.jump for slope in slopes])[chosen, columns]
    rounding = np.array([slope.rounding for slope in slopes])[chosen, columns]
    bend = np.where(gap > np.abs(bend), np.copysign(gap, bend), bend)
    bend = np.where(np.any(grows, axis=0), np.inf, bend)
    return Slope(slopes[0].step, value, bend, jump, rounding), chosen


def combine(upstream: Array, slope: Slope) -> tuple[float, float, float]:
    """The slope of ⟨upstream, y⟩ and its error bars.

    Bars of single outputs may add up with their signs (one kink seen by all outputs) or at random
    (rounding): the larger of both sums counts.

    Returns:
        value: Slope of the weighted sum of the outputs.
        smooth: Error bar from curvature and kinks.
        rounding: Error bar from rounding.
    """
    heard = upstream != 0
    u = upstream[heard]
    bend, jump = slope.bend[heard], slope.jump[heard]
    value = float(u @ slope.value[heard])
    if not np.all(np.isfinite(bend)):
        return value, float("inf"), 0.0
    smooth = sum(
        max(abs(float(u @ part)), float(np.linalg.norm(u * part))) for part in (bend, jump)
    )
    return value, smooth, float(np.linalg.norm(u * slope.rounding[heard]))
