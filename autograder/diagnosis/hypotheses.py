"""General hypotheses: what a wrong output looks like when no known mistake of the exercise fits.

Each turns the expected value into what a common slip would have given. A hypothesis is named only
when it predicts the student's output on every case, among them at least two on which it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.checks.compare import difference
from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.script import Strided

ENOUGH = 2
TELLING = 6
"""So many entries, all cases together, show a constant factor."""


@dataclass(frozen=True)
class Hypothesis:
    """A slip that any output may show.

    Args:
        predict: From the expected array and the batch size, what the slip gives; None where it
            makes no sense.
    """

    name: str
    says: str
    predict: Callable[[np.ndarray, int], np.ndarray | None]


def _transposed(e: np.ndarray, n: int) -> np.ndarray | None:
    return e.T if e.ndim == 2 else None


def _without(part: slice, axis: int) -> Callable[[np.ndarray, int], np.ndarray | None]:
    """The right value with zeros at the first or the last place along an axis."""

    def predict(e: np.ndarray, n: int) -> np.ndarray | None:
        if e.ndim <= axis:
            return None
        rest = e.copy()
        rest[(slice(None),) * axis + (part,)] = 0
        return rest

    return predict


def _reversed(e: np.ndarray, n: int) -> np.ndarray | None:
    return e[:, ::-1] if e.ndim >= 2 else None


def _last_step(e: np.ndarray, n: int) -> np.ndarray | None:
    if e.ndim < 3:
        return None
    only = np.zeros_like(e)
    only[:, -1] = e[:, -1]
    return only


def _scaled(factor: float) -> Callable[[np.ndarray, int], np.ndarray | None]:
    return lambda e, n: e * factor


HYPOTHESES: tuple[Hypothesis, ...] = (
    Hypothesis(
        "sign",
        "It is exactly the negative of the right value: a sign is lost.",
        _scaled(-1.0),
    ),
    Hypothesis("zero", "It is zero everywhere; was the result never stored?", _scaled(0.0)),
    Hypothesis(
        "divided_by_n",
        "It is the right value divided by the batch size N. The mean over the batch belongs into "
        "the loss; a gradient with respect to a parameter is a sum.",
        lambda e, n: e / n if n > 0 else None,
    ),
    Hypothesis(
        "times_n",
        "It is the right value times the batch size N; a division by N is missing, or a sum is "
        "taken where a mean belongs.",
        lambda e, n: e * n,
    ),
    Hypothesis("twice", "It is twice the right value; is something counted twice?", _scaled(2.0)),
    Hypothesis("half", "It is half the right value; is a factor 2 missing?", _scaled(0.5)),
    Hypothesis("transposed", "It is the transpose of the right value.", _transposed),
    Hypothesis(
        "reversed_in_time",
        "It is right, but reversed along the second axis (time).",
        _reversed,
    ),
    Hypothesis(
        "last_step_only",
        "Only the last step in time is right; the others are 0.",
        _last_step,
    ),
    *(
        Hypothesis(
            f"{name}_left_out",
            f"It is right, but 0 at the {name} place along axis {axis}: a loop is one turn short.",
            _without(part, axis),
        )
        for name, part in (("first", slice(0, 1)), ("last", slice(-1, None)))
        for axis in (0, 1)
    ),
    Hypothesis(
        "absolute",
        "It has the right size, but never a negative sign.",
        lambda e, n: np.abs(e),
    ),
)


def hypothesised(result: RowResult, trials: Sequence[Trial]) -> RowResult:
    """Name the slip that explains an output for which no known mistake was found."""
    nameless = {
        f.output for f in result.findings if f.costs and f.output is not None and not f.mistake
    }
    names = {output: _explain(result.id, output, trials) for output in nameless}

    def label(finding: Finding) -> Finding:
        told = names.get(finding.output or "") if finding.costs and not finding.mistake else None
        if told is None or finding.advice:
            return finding
        return replace(finding, mistake=told[0], advice=told[1])

    return result.with_findings(tuple(label(finding) for finding in result.findings))


def _explain(row: str, output: str, trials: Sequence[Trial]) -> tuple[str, str] | None:
    pairs = []
    for trial in trials:
        seen = trial.observed.get(row)
        expected = trial.expectation.outputs.get(row, {}).get(output)
        if seen is None or expected is None or trial.case.tie:
            continue
        got = as_array(seen.outputs[output]) if seen.outputs is not None else None
        if got is None or not isinstance(expected.value, (np.ndarray, float, np.generic)):
            return None
        if np.asarray(expected.value).dtype.kind == "b":  # truth values have no size or sign
            return None
        pairs.append((trial, got, expected))
    fitting = [h for h in HYPOTHESES if _holds(h, pairs)]
    if len(fitting) == 1:
        return fitting[0].name, fitting[0].says
    if not fitting:
        return _mistaken_identity(row, output, trials) or _constant(pairs)
    return None


def _holds(hypothesis: Hypothesis, pairs: Sequence[tuple[Trial, np.ndarray, Any]]) -> bool:
    wrong = 0
    for trial, got, expected in pairs:
        value = np.asarray(expected.value, float)
        predicted = hypothesis.predict(value, _batch(trial))
        if predicted is None:
            return False
        if difference(got, replace(expected, value=predicted)) is not None:
            return False
        wrong += difference(got, expected) is not None
    return wrong >= ENOUGH


def _mistaken_identity(row: str, output: str, trials: Sequence[Trial]) -> tuple[str, str] | None:
    """Whether it is another output of the same function, returned in this one's place."""
    others: set[str] | None = None
    judged = 0
    for trial in trials:
        seen = trial.observed.get(row)
        expected = trial.expectation.outputs.get(row, {})
        if seen is None or output not in expected or trial.case.tie:
            continue
        if seen.outputs is None:
            return None
        got = seen.outputs[output]
        same = {
            name
            for name, other in expected.items()
            if name != output and difference(got, other) is None
        }
        others = same if others is None else others & same
        judged += 1
    if judged >= ENOUGH and others and len(others) == 1:
        other = others.pop()
        return f"is_{other}", f"It is {other}, returned in the place of {output}."
    return None


def _constant(pairs: Sequence[tuple[Trial, np.ndarray, Any]]) -> tuple[str, str] | None:
    """Whether it is the right value times one and the same number on every case."""
    ratios = []
    for _, got, expected in pairs:
        value = np.asarray(expected.value, float)
        if got.shape != value.shape or not np.isfinite(value).all() or got.dtype.kind not in "iuf":
            return None
        size = float(np.sum(value * value))
        ratio = float(np.sum(got * value)) / size if size > 0 else 0.0
        if difference(got, replace(expected, value=ratio * value)) is not None:
            return None
        ratios.append(ratio)
    telling = [r for r in ratios if np.isfinite(r) and abs(r) > 1e-6]
    entries = sum(np.size(expected.value) for _, _, expected in pairs)
    if len(telling) < ENOUGH or len(telling) < len(ratios) or entries < TELLING:
        return None
    ratio = telling[0]
    if abs(ratio - 1) < 1e-3 or any(abs(r - ratio) > 1e-6 * abs(ratio) for r in telling):
        return None
    return "factor", (
        f"It is exactly {ratio:.6g} times the right value, in every case: a factor on the way "
        "is another number."
    )


def _batch(trial: Trial) -> int:
    for value in trial.case.inputs.values():
        array = value.array if isinstance(value, Strided) else value
        if isinstance(array, np.ndarray) and array.ndim:
            return len(array)
    return 0
