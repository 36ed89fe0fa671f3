"""Where to look: random directions, random upstream gradients, and small moves of the input.

A direction has independent entries ±U[1/2, 3/2], times the scale of its array. Such entries have a
density of at most 1/2, which is what the bound in `certainty` needs; with plain random signs, two
swapped entries of a gradient would cancel on every second line. Entries and scales are multiples of
powers of two, so that x ± h·v is nearly free of rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.gradcheck.arguments import Array

GRID = 2.0**20


def signs_and_sizes(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Independent ±U[1/2, 3/2], rounded to multiples of 2⁻²⁰."""
    size = rng.integers(int(GRID) // 2, 3 * int(GRID) // 2, shape, endpoint=True) / GRID
    return np.asarray(np.where(rng.random(shape) < 0.5, -size, size))


def scale(array: Array) -> float:
    """The power of two nearest to the rms of the finite entries; 1 for an array of zeros."""
    size = np.abs(np.asarray(array, dtype=np.float64))
    size = size[np.isfinite(size)]
    largest = float(size.max()) if size.size else 0.0
    if largest == 0.0:
        return 1.0
    rms = largest * float(np.sqrt(np.mean((size / largest) ** 2)))
    return float(2.0 ** np.clip(np.round(np.log2(rms)), -1000, 1000))


def common_scale(array: Array) -> Array:
    """One scale for all entries of an array; 0 (held fixed) where an entry is not finite."""
    return np.where(np.isfinite(array), scale(array), 0.0)


def entry_scale(array: Array) -> Array:
    """A scale for each entry in proportion to it, a power of two; zeros get the common scale."""
    size = np.abs(np.asarray(array, dtype=np.float64))
    known = np.isfinite(size) & (size > 0)
    own = 2.0 ** np.round(np.log2(np.where(known, size, 1.0)))
    return np.where(known, own, common_scale(array))


def tiny_scale(array: Array) -> Array:
    """One scale for the entries that are tiny against the rest; 0 (held) for the rest."""
    tiny = (np.abs(array) < 2.0**-10 * scale(array)) & (array != 0)
    return np.where(tiny, scale(array[tiny]) if tiny.any() else 0.0, 0.0)


def random_upstream(rng: np.random.Generator, outputs: Sequence[Array]) -> Array:
    """A signed random upstream gradient for all outputs, in one vector.

    With several outputs, each gets a weight against its own size, or the largest would drown the
    others.
    """
    scales = [scale(output) for output in outputs]
    return np.concatenate(
        [
            np.copysign(rng.uniform(0.5, 1.5, output.size), rng.random(output.size) - 0.5)
            * (max(scales) / own)
            for output, own in zip(outputs, scales, strict=True)
        ]
        or [np.zeros(0)]
    )


def nudge(rng: np.random.Generator, array: Array) -> Array:
    """Move every entry by about one per cent of the array's scale, away from zero.

    Away from zero keeps the input of a logarithm positive; different moves part ties.
    """
    move = np.abs(signs_and_sizes(rng, array.shape)) * common_scale(array) * 2.0**-7
    sign = np.where(array == 0, np.sign(signs_and_sizes(rng, array.shape)), np.sign(array))
    return np.asarray(np.where(np.isfinite(array), array + sign * move, array))


def far(rng: np.random.Generator, arrays: Sequence[Array]) -> list[list[Array]]:
    """Inputs a long way off, signs kept: midway to an ordinary size, of ordinary size, and others.

    One of them may be out of the saturation, or out of the decay, that hides a gradient.
    """
    wide = [rng.uniform(0.5, 1.5, array.shape) for array in arrays]
    ordinary = [0.5 / scale(array) for array in arrays]
    midway = [float(np.sqrt(factor)) for factor in ordinary]
    rows = [midway, ordinary, [2.0] * len(arrays), [0.5] * len(arrays)]
    return [
        [nudge(rng, np.where(np.isfinite(a), a * f * w, a)) for a, f, w in zip(arrays, row, wide)]
        for row in rows
    ]
