"""Where to look: random directions, random upstream gradients, and small moves of the input.

A direction has independent entries ±U[1/2, 3/2], times the scale of its array. Such entries have a
density of at most 1/2, which is what the bound in `certainty` needs; with plain random signs, two
swapped entries of a gradient would cancel on every second line. Scales and steps are powers of two
and are kept as exponents: multiplying by one is exact, and nothing overflows on the way.
"""

import math
from collections.abc import Sequence

import numpy as np

from autograder.numerical.evaluate import Array

GRID = 2.0**20


def signs_and_sizes(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Independent ±U[1/2, 3/2], rounded to multiples of 2⁻²⁰."""
    odd = rng.integers(int(GRID) + 1, 3 * int(GRID), shape)  # the last bit is the sign
    return np.asarray((odd >> 1) * np.where(odd & 1, 1.0 / GRID, -1.0 / GRID))


def exponent(array: Array) -> int:
    """The power of two nearest to the rms of the finite entries; 0 for an array of zeros.

    Example:
        >>> exponent(np.array([3e200, 4e200])), exponent(np.zeros(3)), exponent(np.array([5e-324]))
        (666, 0, -1074)
    """
    flat = array.ravel()
    with np.errstate(all="ignore"):
        square = float(flat @ flat) if flat.dtype == np.float64 else math.nan
    if 1e-280 < square < 1e280:
        return round(0.5 * math.log2(square / flat.size))
    size = np.abs(flat[np.isfinite(flat)]).astype(np.float64)
    largest = float(size.max(initial=0.0))
    if largest == 0.0:
        return 0
    top = math.frexp(largest)[1]
    return round(top + 0.5 * math.log2(float(np.mean(np.ldexp(size, -top) ** 2))))


def entry_exponents(array: Array) -> Array:
    """An exponent for each entry by itself; entries that are zero or not finite get the common."""
    known = np.isfinite(array) & (array != 0)
    own = np.frexp(np.where(known, array, 1.0))[1] - 1
    return np.where(known, own, exponent(array))


def tiny(array: Array) -> Array:
    """Which entries are next to nothing against the rest of the array."""
    return (np.abs(array) < np.ldexp(1.0, exponent(array) - 10)) & (array != 0)


def random_upstream(rng: np.random.Generator, outputs: Sequence[Array]) -> Array:
    """A signed random upstream gradient for all outputs, in one vector.

    With several outputs, each gets a weight against its own size, or the largest would drown the
    others.
    """
    exponents = [exponent(output) for output in outputs]
    return np.concatenate(
        [  # not on the grid: products with whole numbers would look like float32
            np.ldexp(rng.uniform(0.5, 1.5, output.size), max(exponents) - own)
            * rng.choice([-1.0, 1.0], output.size)
            for output, own in zip(outputs, exponents, strict=True)
        ]
        or [np.zeros(0)]
    )


def nudge(rng: np.random.Generator, array: Array) -> Array:
    """Move every entry by about one per cent of the array's scale, away from zero.

    Away from zero keeps the input of a logarithm positive; different moves part ties.
    """
    move = np.ldexp(signs_and_sizes(rng, array.shape), exponent(array) - 7)
    away = np.where(array == 0, move, np.copysign(move, array))
    return np.asarray(np.where(np.isfinite(array), array + away, array))


def far(rng: np.random.Generator, arrays: Sequence[Array]) -> list[list[Array]]:
    """Inputs a long way off, signs kept: midway to an ordinary size, and of ordinary size.

    One of them may be out of the saturation, or out of the decay, that hides a gradient.
    """
    wide = [rng.uniform(0.5, 1.5, array.shape) for array in arrays]
    ordinary = [-1 - exponent(array) for array in arrays]
    midway = [power // 2 for power in ordinary]
    rows = [midway, ordinary]
    return [
        [
            nudge(rng, np.where(np.isfinite(a), np.ldexp(a, power) * w, a))
            for a, power, w in zip(arrays, row, wide)
        ]
        for row in rows
    ]
