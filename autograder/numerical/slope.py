"""The slope of a function along a line, with an error bar.

Six values, at ±h, ±h/2 and ±h/4, give three central differences. Richardson's extrapolation makes
two values of fourth order of them, and one of sixth order of these two. The two of fourth order
also disagree by more than the error of the best one, so their difference is an honest error bar as
long as the function is smooth.

When it is not, the even part tells: (y(h) + y(-h) - 2·y(0)) / h of a smooth function vanishes as h
shrinks. Across a kink at 0 it does not: it tends to the jump of the slope. A central difference
alone cannot see this: at ReLU(0) it returns 1/2, calmly, at every step. Rounding has a bar of its
own. All of this is linear in the values, so one small matrix does it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autograder.numerical.evaluate import Array

OFFSETS = np.array([1.0, 0.5, 0.25, -1.0, -0.5, -0.25])

_CENTRAL = np.hstack([np.diag([0.5, 1.0, 2.0]), -np.diag([0.5, 1.0, 2.0])])
_EVEN = np.array([1.0, -10.0 * 2.0, 16.0 * 4.0]) / 7.0
_COARSE = (4.0 * _CENTRAL[1] - _CENTRAL[0]) / 3.0
_FINE = (4.0 * _CENTRAL[2] - _CENTRAL[1]) / 3.0
STENCIL = np.vstack(
    [
        (16.0 * _FINE - _COARSE) / 15.0,  # the slope
        _FINE - _COARSE,  # how it bends
        0.5 * np.concatenate([_EVEN, _EVEN]),  # half the jump of the slope
        _CENTRAL,
    ]
)


class Slope(NamedTuple):
    """Slopes of n outputs along m lines, from one step."""

    power: int  # the largest step h is two to this power
    value: Array  # the slope, shape (m, n)
    bend: Array  # signed error bar from the two extrapolated values, shape (m, n)
    jump: Array  # signed error bar from a kink: half the jump of the slope, shape (m, n)
    rounding: Array  # error bar from rounding in the outputs, shape (m, n)
    # what rounding does to an output of ordinary size, shape (m, 1): an output near zero may carry
    # the rounding errors of large numbers that cancelled
    floor: Array

    @property
    def bar(self) -> Array:
        return np.asarray(np.abs(self.bend) + np.abs(self.jump) + self.rounding)


def slope_with_error_bar(
    base: Array, values: Array, power: int, epsilon: float, least: Array | float = 0.0
) -> Slope:
    """Estimate slopes at 0 from values on both sides.

    Args:
        base: Values at 0, shape (n,).
        values: Values at the step times each of `OFFSETS`, shape (6, m, n).
        power: The largest step is two to this power.
        epsilon: Relative rounding error of the values.
        least: Smallest difference that the values can have at all (they may be subnormal).

    Returns:
        Slopes with their error bars; a bar is infinite where values are not finite, or where the
        slope still grows as the step shrinks, as it does across a jump.

    Example:
        >>> t = OFFSETS[:, None, None] / 256
        >>> s = slope_with_error_bar(np.ones(1), np.exp(t), -8, 2.2e-16)
        >>> bool(abs(s.value[0, 0] - 1) < s.bar[0, 0] < 1e-10)
        True
    """
    steep = np.ldexp(1.0, -power)
    flat = (values - base).reshape(6, -1)
    results = (STENCIL @ flat).reshape(6, *values.shape[1:]) * steep
    value, bend, jump, *_ = results
    central = np.abs(results[3:])
    size = np.maximum(np.abs(values).max(axis=0), np.abs(base))
    rounding = 3.0 * steep * (epsilon * size + least)
    floor = np.sqrt(np.mean(rounding**2, axis=1, keepdims=True))
    grows = (central[2] > 1.5 * central[1]) & (central[1] > 1.5 * central[0])
    if grows.any():
        grows &= central[1] > 50.0 * (rounding + floor)
    hopeless = grows | ~np.isfinite(value + bend + jump + rounding)
    if hopeless.any():
        value, jump, rounding = (np.where(hopeless, 0.0, a) for a in (value, jump, rounding))
        bend = np.where(hopeless, np.inf, bend)
        floor = np.sqrt(np.mean(rounding**2, axis=1, keepdims=True))
    return Slope(power, value, bend, jump, rounding, floor)


def merge(slopes: Sequence[Slope]) -> tuple[Slope, Array]:
    """Take for every output the step with the shortest bar.

    Two steps that contradict each other beyond their bars show that a bar is too short: then the
    gap between them becomes the bar. A slope that goes on growing as the step shrinks is that of a
    jump, or of chaos: what it is in the end is not known, so the bar is infinite.

    Returns:
        best: One slope per output (its ``power`` is that of the first).
        chosen: Index of the step taken, shape (m, n).
    """
    if len(slopes) == 1:
        return slopes[0], np.zeros(slopes[0].value.shape, dtype=int)
    values, bends, jumps, noise = (
        np.array([getattr(slope, part) for slope in slopes])
        for part in ("value", "bend", "jump", "rounding")
    )
    bars = np.abs(bends) + np.abs(jumps) + noise
    chosen = np.argmin(bars, axis=0)
    value, bend, jump, rounding, bar = (
        np.take_along_axis(a, chosen[None], axis=0)[0] for a in (values, bends, jumps, noise, bars)
    )
    floors = np.array([slope.floor for slope in slopes])
    powers = np.array([slope.power for slope in slopes])
    steep = np.abs(values) + np.abs(bends)
    grows = (steep > 4.0 * (np.abs(value) + bar) + 64.0 * (noise + floors)) & np.isfinite(steep)
    grows &= powers[:, None, None] < powers[chosen]
    gaps = np.abs(values - value)
    gap = np.max(np.where(gaps > 8.0 * (bars + bar + floors), gaps, 0.0), axis=0)
    bend = np.where(gap > np.abs(bend), np.copysign(gap, bend), bend)
    bend = np.where(np.any(grows, axis=0), np.inf, bend)
    return Slope(slopes[0].power, value, bend, jump, rounding, np.min(floors, axis=0)), chosen
