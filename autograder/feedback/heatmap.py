"""Where an array is wrong: |got − expected| as a picture, and its pattern in words.

A wrong column, a transpose or a missing factor shows at one glance what a list of numbers hides.
Only public cases get here: a picture of a hidden case would give its expected values away.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

LARGEST_SIDE = 16
WRONG = 1e-5
SAME_RATIO = 1e-4
EXACT = 1e-6
ALL_ZERO = "every entry is 0"


@dataclass(frozen=True, eq=False)
class Grid:
    """An output of one public case, beside what was expected.

    Args:
        got, expected: Arrays of the same shape, any number of axes.
    """

    output: str
    case: str
    got: np.ndarray
    expected: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """|got − expected|; inf where `got` is not finite."""
        with np.errstate(all="ignore"):
            off = np.abs(self.got - self.expected)
        return np.where(np.isfinite(off), off, np.inf)

    @property
    def mask(self) -> np.ndarray:
        """Where the array is wrong."""
        with np.errstate(all="ignore"):
            rms = float(np.sqrt(np.mean(np.square(self.expected)))) if self.expected.size else 0.0
            return ~(self.errors <= WRONG * np.maximum(np.abs(self.expected), rms) + 1e-9)

    @property
    def wrong(self) -> bool:
        """Whether any entry is."""
        return bool(self.mask.any())

    @property
    def teaches(self) -> bool:
        """Whether a picture says more than a sentence: a small matrix that is partly right."""
        return (
            self.got.ndim == 2
            and min(self.got.shape) > 1
            and max(self.got.shape) <= LARGEST_SIDE
            and bool(self.mask.any())
            and not bool(self.mask.all())
        )


def grid(output: str, case: str, got: object, expected: object) -> Grid | None:
    """A `Grid`, or None where the two are not number arrays of one shape."""
    if not isinstance(got, np.ndarray) or not isinstance(expected, np.ndarray):
        return None
    if got.shape != expected.shape or got.dtype.kind not in "fiub" or not got.size:
        return None
    return Grid(output, case, got.astype(float), expected.astype(float))


def pattern(grid: Grid) -> str:
    """What the wrong entries have in common, in words; `""` when nothing stands out.

    Example:
        >>> want = np.arange(1.0, 7.0).reshape(2, 3)
        >>> got = want.copy()
        >>> got[:, 1] = 0
        >>> pattern(Grid("dw", "plain", got, want))
        'only dw[:, 1] is wrong'
        >>> pattern(Grid("dw", "plain", want / 4, want))
        'every entry is 1/4 of what is expected'
        >>> pattern(Grid("dw", "plain", -want, want))
        'every entry has the wrong sign'
    """
    if not grid.wrong or not np.isfinite(grid.got).all() or grid.got.size < 2:
        return ""
    if not grid.got.any():
        return ALL_ZERO
    return _transposed(grid) or _multiple(grid) or _slab(grid)


def _transposed(grid: Grid) -> str:
    got, expected = grid.got, grid.expected
    if got.ndim != 2 or got.shape[0] != got.shape[1]:
        return ""
    if np.allclose(got, expected.T, rtol=WRONG, atol=1e-9):
        return "it is the transpose of what is expected"
    return ""


def _multiple(grid: Grid) -> str:
    """One factor for all entries."""
    got, expected = grid.got.ravel(), grid.expected.ravel()
    size = np.abs(expected).max()
    if not size:
        return ""
    tested = np.abs(expected) > 1e-6 * size
    factor = float(np.median(got[tested] / expected[tested]))
    if not np.allclose(got, factor * expected, rtol=SAME_RATIO, atol=1e-6 * size):
        return ""
    if abs(factor + 1) < SAME_RATIO:
        return "every entry has the wrong sign"
    sign = "minus " if factor < 0 else ""
    size_text = _nice(abs(factor))
    if size_text.startswith("1/"):
        return f"every entry is {sign}{size_text} of what is expected"
    return f"every entry is {sign}{size_text} times what is expected"


def _nice(factor: float) -> str:
    """A factor as a person would write it: 1/5, 3, √(4/5), or just its digits.

    Example:
        >>> _nice(0.2), _nice(3.0), _nice(0.8**0.5), _nice(0.3217)
        ('1/5', '3', '√(4/5)', '0.3217')
    """
    if factor <= 0:
        return f"{factor:.4g}"
    for value, form in ((factor, "{}"), (factor**2, "√({})")):
        ratio = Fraction(value).limit_denominator(100 if form == "{}" else 20)
        simple = ratio.denominator == 1 or ratio.numerator == 1 or form != "{}"
        if simple and abs(float(ratio) - value) < EXACT * value:
            return form.format(ratio)
    return f"{factor:.4g}"


def _slab(grid: Grid) -> str:
    """All the wrong entries, or all the right ones, at one index of one axis."""
    wrong = grid.mask
    if wrong.all():
        return ""
    best = ""
    smallest = wrong.size
    for axis in range(wrong.ndim):
        length = wrong.shape[axis]
        if length < 2:
            continue
        others = tuple(k for k in range(wrong.ndim) if k != axis)
        touched = np.flatnonzero(wrong.any(axis=others))
        spoilt = np.flatnonzero(wrong.all(axis=others))
        clean = [i for i in range(length) if i not in touched]
        if len(touched) == 1 and smallest > 1:
            best = f"only {_place(grid.output, wrong.ndim, axis, int(touched[0]))} is wrong"
            smallest = 1
        elif len(clean) == 1 and len(spoilt) == length - 1 and smallest > 2 and length > 2:
            best = f"only {_place(grid.output, wrong.ndim, axis, clean[0])} is right"
            smallest = 2
    if best or wrong.ndim != 2 or wrong.shape[0] != wrong.shape[1]:
        return best
    diagonal = np.eye(len(wrong), dtype=bool)
    if np.array_equal(wrong, diagonal):
        return "only the diagonal is wrong"
    return "only the diagonal is right" if np.array_equal(wrong, ~diagonal) else ""


def _place(output: str, axes: int, axis: int, index: int) -> str:
    """`dw[:, 2]`, as one would write it in NumPy."""
    return f"{output}[{', '.join([':'] * axis + [str(index)])}]"
