"""Where is it wrong? One line per axis finds a wrong entry among hundreds of thousands.

Take a line along which the gradient of an array is off by r, and weigh its direction with a ramp
along one axis: 1, 1 + 1/n, 1 + 2/n, ... If everything that is wrong sits at one position p of this
axis, the line is now off by r·(1 + p/n), and p can be read off. (Halving the axis again and again
finds it too, in log₂ n lines instead of one.) Is the error spread along the axis, p is some average
and no whole number. A last line, through the place that was found alone, confirms it.
"""

import math

import numpy as np

from autograder.numerical.judge import Judge
from autograder.numerical.probe import Probe
from autograder.numerical.report import Place


def localised(judge: Judge) -> dict[int, Place]:
    """Where the failed arrays are wrong, as far as the evaluations reach."""
    places = {}
    for i, probe in list(judge.guilty.items())[:2]:
        k = int(np.argmax((probe.residual / np.maximum(probe.bar, 1e-300)).max(axis=1)))
        place = _locate(judge, probe, i, k)
        if place is not None:
            places[i] = place
    return places


def _locate(judge: Judge, probe: Probe, i: int, k: int) -> Place | None:
    """Find the entry or the slab that explains an objection.

    Args:
        judge: Who heard it.
        probe: Its line moves only array ``i`` and objects.
        i: Which array.
        k: Which upstream gradient.

    Returns:
        The place, or None when the error is spread everywhere or the evaluations are used up.
    """
    shape = probe.point.arrays[i].shape
    power = min(probe.telling_powers())
    weights = [
        np.ones(shape),
        *(_ramp(shape, axis) + np.zeros(shape) for axis in range(len(shape))),
    ]
    ramps = probe.weighted(i, np.array(weights))
    if not ramps.measure(judge.evaluator, power):
        return None
    (whole, *others), (bar, *bars) = _signed(ramps, k), ramps.bar[k]
    index = tuple(
        _position((ramp, blur), (whole, bar), n) for ramp, blur, n in zip(others, bars, shape)
    )
    if shape and all(isinstance(p, slice) for p in index):
        return None
    mask = np.zeros(shape)
    mask[index] = 1.0
    only = probe.weighted(i, mask[None])
    if not only.measure(judge.evaluator, power):
        return None
    error, blur = float(_signed(only, k)[0]), float(only.bar[k, 0])
    if not abs(error - whole) <= 8.0 * (blur + bar) + 1e-3 * abs(whole):
        return None
    if not abs(error) > 8.0 * blur:
        return None
    if any(isinstance(p, slice) for p in index):
        return Place(index, None, None)
    point = probe.point
    entry = int(np.flatnonzero(only.directions[0])[0])
    measured = float(only.value[k, 0] / only.directions[0, entry])
    expected = float(np.ldexp(measured, int(point.shifts[k, 0] - only.scale[entry])))
    got = float(point.gradients[k, entry])
    return Place(index, got, expected)


def _ramp(shape: tuple[int, ...], axis: int) -> np.ndarray:
    n = shape[axis]
    return (1.0 + np.arange(n) / n).reshape([n if a == axis else 1 for a in range(len(shape))])


def _signed(probe: Probe, k: int) -> np.ndarray:
    return np.asarray(probe.projection[k] - probe.value[k])


def _position(ramp: tuple[float, float], whole: tuple[float, float], length: int) -> int | slice:
    if whole[0] == 0:
        return slice(None)
    where = length * (ramp[0] / whole[0] - 1.0)
    blur = length * (ramp[1] + 2.0 * whole[1]) / abs(whole[0])
    if not (math.isfinite(where) and blur < 0.2 and -0.5 < where < length - 0.5):
        return slice(None)
    nearest = round(where)
    return nearest if abs(where - nearest) <= 0.01 + blur else slice(None)
