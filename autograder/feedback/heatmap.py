"""Where an array is wrong: |got − expected| as a picture, and which entries are wrong, in words.

A wrong column shows at one glance what a list of numbers hides. What the numbers look like,
whatever their place, is a general slip and stands in `explain.general`.
Only public cases get here: a picture of a hidden case would give its expected values away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.language import tr

LARGEST_SIDE = 16
WRONG = 1e-5


@dataclass(frozen=True, eq=False)
class Grid:
    """An output of one public case, beside what was expected."""

    output: str
    case: str
    # got, expected: arrays of the same shape, any number of axes
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


def grids(result: RowResult, trials: Sequence[Trial]) -> list[Grid]:
    """The wrong outputs of a row beside what was expected, in the case that is told first.

    None of an output that was judged by something else, such as the student's own mask.
    """
    told: dict[str, Finding] = {}
    for finding in result.findings:
        wrong = finding.difference
        if finding.costs and finding.output and wrong is not None and wrong.kind == "value":
            told.setdefault(finding.output, finding)
    found = []
    for trial in trials:
        seen = trial.observed.get(result.id)
        for output, expected in trial.expectation.outputs.get(result.id, {}).items():
            first = told.get(output)
            if first is None or first.case != trial.case.name or trial.hidden:
                continue
            if seen is not None and seen.outputs is not None and first.difference is not None:
                drawn = grid(output, first.case, seen.outputs[output], expected.value)
                if drawn and drawn.expected[first.difference.index] == first.difference.expected:
                    found.append(drawn)
    return found


def pattern(grid: Grid) -> str:
    """Which entries are wrong, in words; `""` when nothing stands out.

    All the wrong entries, or all the right ones, lie at one index of one axis, or on the diagonal.

    Example:
        >>> want = np.arange(1.0, 7.0).reshape(2, 3)
        >>> got = want.copy()
        >>> got[:, 1] = 0
        >>> pattern(Grid("dw", "plain", got, want))
        'only dw[:, 1] is wrong'
    """
    if not grid.wrong or not np.isfinite(grid.got).all() or grid.got.size < 2:
        return ""
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
            where = _place(grid.output, wrong.ndim, axis, int(touched[0]))
            best = tr("only {place} is wrong").format(place=where)
            smallest = 1
        elif len(clean) == 1 and len(spoilt) == length - 1 and smallest > 2 and length > 2:
            where = _place(grid.output, wrong.ndim, axis, clean[0])
            best = tr("only {place} is right").format(place=where)
            smallest = 2
    if best or wrong.ndim != 2 or wrong.shape[0] != wrong.shape[1]:
        return best
    diagonal = np.eye(len(wrong), dtype=bool)
    if np.array_equal(wrong, diagonal):
        return tr("only the diagonal is wrong")
    return tr("only the diagonal is right") if np.array_equal(wrong, ~diagonal) else ""


def _place(output: str, axes: int, axis: int, index: int) -> str:
    """`dw[:, 2]`, as one would write it in NumPy."""
    return f"{output}[{', '.join([':'] * axis + [str(index)])}]"
