"""Where is it wrong? One line per axis finds a wrong entry among hundreds of thousands.

Take a line along which the gradient of an array is off by r, and weigh its direction with a ramp
along one axis: 1, 1 + 1/n, 1 + 2/n, ... If everything that is wrong sits at one position p of this
axis, the line is now off by r·(1 + p/n), and p can be read off. (Halving the axis again and again
finds it too, in log₂ n lines instead of one.) Is the error spread along the axis, p is some average
and no whole number. A last line, through the place that was found alone, confirms it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from autograder.gradcheck.evaluate import Evaluator
from autograder.gradcheck.lines import Line, Point, measure, read


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


def locate(
    evaluator: Evaluator, point: Point, line: Line, i: int, k: int = 0, rough: bool = False
) -> Place | None:
    """Find the entry or the slab that explains an objection.

    Args:
        evaluator: Evaluates the forward.
        point: Where the gradient is wrong.
        line: A measured line that moves only array ``i`` and objects.
        i: Which array.
        k: Which upstream gradient.
        rough: The error is gross: two evaluations for each ramp will do.

    Returns:
        The place, or None when the error is spread everywhere or the evaluations are used up.
    """
    shape = point.arrays[i].shape
    step = min(slope.step for slope in line.slopes)
    whole_line = _weigh(line, i, np.ones(shape))
    ramps = [_weigh(line, i, _ramp(shape, axis)) for axis in range(len(shape))]
    if not measure(evaluator, point, [whole_line, *ramps], [step] * (len(shape) + 1), rough):
        return None
    whole = _signed(whole_line, point, k)
    index = tuple(
        _position(_signed(ramp, point, k), whole, n, rough) for ramp, n in zip(ramps, shape)
    )
    if shape and all(isinstance(p, slice) for p in index):
        return None
    mask = np.zeros(shape)
    mask[index] = 1.0
    only = _weigh(line, i, mask)
    if not measure(evaluator, point, [only], [step]):
        return None
    error, bar = _signed(only, point, k)
    if not abs(error - whole[0]) <= 8.0 * (bar + whole[1]) + 1e-3 * abs(whole[0]):
        return None
    if not abs(error) > 8.0 * bar:
        return None
    if any(isinstance(p, slice) for p in index):
        return Place(index, None, None)
    return Place(index, *_values(only, point, i, k, index))


def _ramp(shape: tuple[int, ...], axis: int) -> np.ndarray:
    n = shape[axis]
    return (1.0 + np.arange(n) / n).reshape([n if a == axis else 1 for a in range(len(shape))])


def _weigh(line: Line, i: int, weights: np.ndarray) -> Line:
    def weigh(parts: list[np.ndarray]) -> list[np.ndarray]:
        return [part * weights if j == i else part for j, part in enumerate(parts)]

    return Line(weigh(line.direction), weigh(line.scales))


def _signed(line: Line, point: Point, k: int) -> tuple[float, float]:
    reading = read(line, point, k)
    return reading.projection - reading.slope, reading.bar


def _position(
    ramp: tuple[float, float], whole: tuple[float, float], length: int, rough: bool
) -> int | slice:
    if whole[0] == 0:
        return slice(None)
    where = length * (ramp[0] / whole[0] - 1.0)
    # A rough bar is far too wide here; that a whole number comes out is the better evidence.
    blur = 0.04 if rough else length * (ramp[1] + 2.0 * whole[1]) / abs(whole[0])
    if not (math.isfinite(where) and blur < 0.2 and -0.5 < where < length - 0.5):
        return slice(None)
    nearest = round(where)
    return nearest if abs(where - nearest) <= 0.01 + blur else slice(None)


def _values(
    line: Line, point: Point, i: int, k: int, index: tuple[int | slice, ...]
) -> tuple[float, float]:
    """The gradient of one entry, as it was returned and as it was measured."""
    got = float(point.gradients[k][i][index])
    return got, read(line, point, k).slope / float(line.direction[i][index])
