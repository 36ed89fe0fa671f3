"""Where to look: random directions, random upstream gradients, and small moves of the input.

A direction has independent entries ±U[1/2, 3/2], times the scale of its array. Such entries have a
density of at most 1/2, which is what the bound in `certainty` needs; with plain random signs, two
swapped entries of a gradient would cancel on every second line. Scales and steps are powers of two
and are kept as exponents: multiplying by one is exact, and nothing overflows on the way.

A backward is linear in the upstream gradient. Asking with one random signed upstream and with
another that is -1024 times as large, and holding both answers against the *same* measured lines,
finds what is not (abs(dout), clipping, an upstream that is ignored) without a further evaluation.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.numerical.evaluate import Array, Evaluator, OutputError
from autograder.numerical.report import GradcheckError

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


class Upstreams:
    """One or two upstream gradients, in the form that the forward's output asks for.

    Args:
        given: What the caller gave, or None.
        rng: Source of random numbers.
        only_given: Judge the given one only.

    Attributes:
        flat: Each upstream as one vector of all outputs; zero for outputs without a gradient.
    """

    def __init__(self, given: Any, rng: np.random.Generator, only_given: bool) -> None:
        self.given = given
        self.rng = rng
        self.only_given = only_given
        self.flat: list[Array] = []

    def __len__(self) -> int:
        return len(self.flat)

    def fit(self, evaluator: Evaluator, base: Array) -> None:
        """Choose the upstream gradients for outputs of this form.

        Raises:
            GradcheckError: When the given upstream doesn't fit, or is needed and missing.
        """
        if not base.size:
            raise OutputError("the forward returns an empty array")
        loss = evaluator.shapes == [()]
        kinds = [loss or d.kind == "f" for d in evaluator.dtypes]
        if not any(kinds):
            raise integers(evaluator)
        live = np.isfinite(base)
        if not all(kinds):
            live &= np.repeat(kinds, [int(np.prod(shape)) for shape in evaluator.shapes])
        if self.given is None:
            if loss:
                self.flat = [np.ones(1)]
            elif self.only_given:
                raise GradcheckError(
                    "the forward returns arrays of shape {shapes}; expected the upstream gradient "
                    "that the gradients were computed for",
                    shapes=evaluator.shapes,
                )
            else:
                outputs = evaluator.split(np.where(live, base, 0.0))
                self.flat = [
                    random_upstream(self.rng, outputs) * live,
                    random_upstream(self.rng, outputs) * live * -1024.0,
                ]
        else:
            given = vector_of(self.given, evaluator)
            if given.size and not given.any():
                raise OutputError("the upstream gradient is all zeros, and so is every gradient")
            self.flat = [given]
            if not self.only_given and not (loss and given[0] == 1.0):
                self.flat.append(given * signs_and_sizes(self.rng, given.shape) * -1024.0)
        if not live.any() or not np.isfinite(base[self.flat[0] != 0]).all():
            raise OutputError("the forward returns inf or NaN at the given input")

    def lessen(self) -> None:
        """Let the others be a thousandth in place of a thousand times: gradients would overflow."""
        self.flat[1:] = [upstream * 2.0**-20 for upstream in self.flat[1:]]

    def handed(self, k: int, evaluator: Evaluator, factors: Array | float = 1.0) -> Any:
        """A fresh copy of upstream ``k`` times ``factors``, in the form of the output."""
        pieces: list[Any] = [
            float(piece) if plain else np.array(piece, dtype=dtype if dtype.kind == "f" else float)
            for piece, plain, dtype in zip(
                evaluator.split(self.flat[k] * factors), evaluator.plain, evaluator.dtypes
            )
        ]
        return tuple(pieces) if evaluator.several else pieces[0]


def vector_of(given: Any, evaluator: Evaluator) -> Array:
    """An upstream gradient as one vector of all outputs.

    Raises:
        GradcheckError: It has not the form of the forward's output, or is not finite.
    """
    parts = [given]
    if evaluator.several:
        if not isinstance(given, tuple | list) or len(given) != len(evaluator.shapes):
            raise GradcheckError(
                "the forward returns {count} outputs; expected a tuple of as many upstream "
                "gradients",
                count=len(evaluator.shapes),
            )
        parts = list(given)
    elif isinstance(given, tuple | list) and len(given) == 1:
        parts = [given[0]]
    parts = [
        np.zeros(shape) if part is None else part for part, shape in zip(parts, evaluator.shapes)
    ]
    shapes = [np.shape(part) for part in parts]
    if shapes != evaluator.shapes:
        raise GradcheckError(
            "the upstream gradient has shape {shape}; expected {wanted}, the shape of the "
            "forward's output",
            shape=_show(shapes),
            wanted=_show(evaluator.shapes),
        )
    flat = np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts])
    if not np.all(np.isfinite(flat)):
        raise GradcheckError("the upstream gradient contains inf or NaN; expected finite numbers")
    return flat


def whole(evaluator: Evaluator) -> bool:
    """Whether nothing that the forward returned is floating point."""
    return all(dtype.kind != "f" for dtype in evaluator.dtypes)


def integers(evaluator: Evaluator) -> OutputError:
    """The reason when nothing that the forward returns can move a little."""
    return OutputError(
        "the forward returns integers ({dtype}), which jump and have no slope (is a number cut off "
        "by astype(int), by // or by an integer buffer?)",
        dtype=evaluator.dtypes[0],
    )


def _show(shapes: list[tuple[int, ...]]) -> str:
    return str(shapes[0]) if len(shapes) == 1 else str(shapes)
