"""General slips: what a wrong output looks like when no known mistake of the exercise fits.

Each turns the expected value into what a common slip would have given. A slip is named only when it
predicts the student's output on every case, among them at least two on which it is wrong, and when
it is the only one that does. A new slip is one entry in `SLIPS`, and serves every exercise. Of
random weights whose deviation is another one the formula in the sizes is told.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from autograder.checks.compare import Expected, difference
from autograder.checks.finding import Check, Explanation, RowResult, Source
from autograder.checks.masks import DEVIATIONS
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.fact import fact
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.script import plain
from autograder.explain.question import Asked, Explained, Outputs

ENOUGH = 2
TELLING = 6
"""So many entries, all cases together, show a constant factor."""
SAME = 1e-6
CLOSE = 1e-5
"""How near a ratio, also one of float32, comes to what it is."""
NO_FACTOR = 1e-3
POWERS = {1: "{}", -1: "1/{}", 2: "{}²", -2: "1/{}²", 0.5: "√{}", -0.5: "1/√{}"}

Slip = Callable[[np.ndarray, int], np.ndarray | None]
"""The expected array, the batch size -> what the slip gives; None where it makes no sense."""
Pair = tuple[Trial, np.ndarray, Expected]


def _scaled(factor: float) -> Slip:
    return lambda e, n: e * factor


def _without(part: slice, axis: int) -> Slip:
    """The right value with zeros at the first or the last place along an axis."""

    def slip(e: np.ndarray, n: int) -> np.ndarray | None:
        if e.ndim <= axis:
            return None
        rest = e.copy()
        rest[(slice(None),) * axis + (part,)] = 0
        return rest

    return slip


def _last_step(e: np.ndarray, n: int) -> np.ndarray | None:
    if e.ndim < 3:
        return None
    only = np.zeros_like(e)
    only[:, -1] = e[:, -1]
    return only


SLIPS: dict[str, Slip] = {
    "sign": _scaled(-1.0),
    "zero": _scaled(0.0),
    "divided_by_n": lambda e, n: e / n if n > 0 else None,
    "times_n": lambda e, n: e * n,
    "twice": _scaled(2.0),
    "half": _scaled(0.5),
    "transposed": lambda e, n: e.T if e.ndim == 2 else None,
    "reversed_in_time": lambda e, n: e[:, ::-1] if e.ndim >= 2 else None,
    "last_step_only": _last_step,
    "first_left_out.0": _without(slice(0, 1), 0),
    "first_left_out.1": _without(slice(0, 1), 1),
    "last_left_out.0": _without(slice(-1, None), 0),
    "last_left_out.1": _without(slice(-1, None), 1),
    "absolute": lambda e, n: np.abs(e),
}
"""Name -> slip. `feedback.say` has a sentence for each, under `like.<name>`."""


def general_slip(result: RowResult, asked: Asked, outputs: Outputs) -> Explained:
    """The general slip that each output looks like, where exactly one fits.

    Never of an answer: how far off a single number is would tell the right one.
    """
    if isinstance(asked.exercise, Answer):
        return {}
    return {name: _looks_like(result.id, name, asked.trials) for name in outputs if name}


def another_value(result: RowResult, asked: Asked, outputs: Outputs) -> Explained:
    """The input, or the value of another function, that each output is; said where no slip fits."""
    row, trials = result.id, asked.trials
    return {name: _mistaken_identity(row, name, trials, _around) for name in outputs if name}


def _looks_like(row: str, output: str, trials: Sequence[Trial]) -> Explanation | None:
    pairs: list[Pair] = []
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
    wrong = sum(difference(got, expected) is not None for _, got, expected in pairs)
    if wrong < ENOUGH:
        return None
    fitting = [name for name, slip in SLIPS.items() if _predicts(slip, pairs)]
    if len(fitting) == 1:
        name = fitting[0].partition(".")[0]
        return Explanation(Source.LIKE, name, fact=fact(f"like.{fitting[0]}"))
    if not fitting:
        return _mistaken_identity(row, output, trials, _beside) or _factor(pairs)
    return None


def _predicts(slip: Slip, pairs: Sequence[Pair]) -> bool:
    for trial, got, expected in pairs:
        predicted = slip(np.asarray(expected.value, float), _batch(trial))
        if predicted is None or difference(got, replace(expected, value=predicted)) is not None:
            return False
    return True


Values = Callable[[Trial, str], Mapping[str, Expected]]


def _beside(trial: Trial, row: str) -> Mapping[str, Expected]:
    """The outputs of the same function."""
    return trial.expectation.outputs.get(row, {})


def _around(trial: Trial, row: str) -> Mapping[str, Expected]:
    """What goes into the functions of the exercise, and comes out of them."""
    case, of = trial.case, trial.expectation.outputs
    inputs = {name: plain(value) for name, value in case.inputs.items()}
    found = {name: Expected(v) for name, v in inputs.items() if isinstance(v, np.ndarray)}
    first = next(iter(of.values()), {})
    found |= {f"d{name}": Expected(value) for name, value in zip(first, case.upstream)}
    for other in (*of, row):
        found |= of.get(other, {})
    return found


def _mistaken_identity(
    row: str, output: str, trials: Sequence[Trial], values: Values
) -> Explanation | None:
    """Whether it is another value, returned in this one's place."""
    others: set[str] | None = None
    judged = 0
    for trial in trials:
        seen = trial.observed.get(row)
        if seen is None or output not in _beside(trial, row) or trial.case.tie:
            continue
        if seen.outputs is None:
            return None
        got = seen.outputs[output]
        same = {
            name
            for name, other in values(trial, row).items()
            if name != output
            and (others is None or name in others)
            and _as_full(other.value, got)
            and difference(got, other) is None
        }
        others = same
        judged += 1
        if not others:
            return None
    if judged < ENOUGH or not others or len(others) > 1:
        return None
    (other,) = others
    return Explanation(
        Source.LIKE, f"is_{other}", fact=fact("like.other_output", other=other, output=output)
    )


def _as_full(value: Any, got: Any) -> bool:
    """Whether a value has an entry for all that was returned: an empty dict equals any other."""
    return not isinstance(value, dict) or (isinstance(got, dict) and value.keys() >= got.keys())


def _factor(pairs: Sequence[Pair]) -> Explanation | None:
    """Whether it is a multiple of the right value on every case, by a number or by sizes."""
    ratios: list[tuple[float, Mapping[str, int]]] = []
    entries = 0
    for trial, got, expected in pairs:
        value = np.asarray(expected.value, float)
        if got.shape != value.shape or not np.isfinite(value).all() or got.dtype.kind not in "iuf":
            return None
        if not value.any() and not got.any():
            continue  # 0 is any multiple of 0
        ratio = _ratio(got.astype(float), value)
        if difference(got, replace(expected, value=ratio * value)) is not None:
            return None
        entries += value.size
        ratios.append((ratio, trial.case.sizes))
    if len(ratios) < ENOUGH or entries < TELLING:
        return None
    if not all(np.isfinite(r) and abs(r) > SAME for r, _ in ratios):
        return None
    first = ratios[0][0]
    if all(abs(r - first) <= SAME * abs(first) for r, _ in ratios):
        if abs(first - 1) < NO_FACTOR:
            return None
        return Explanation(Source.LIKE, "factor", fact=fact("like.factor", factor=first))
    told = _in_sizes(ratios)
    return Explanation(Source.LIKE, "sizes", fact=fact("like.sizes", factor=told)) if told else None


def _in_sizes(ratios: Sequence[tuple[float, Mapping[str, int]]]) -> str:
    """The sizes of which every ratio is made; empty where not exactly one product of them fits.

    Example:
        >>> _in_sizes([(1 / 12, {"N": 4, "D": 3}), (1 / 10, {"N": 2, "D": 5})])
        '1/(N·D)'
    """
    names = [name for name in ratios[0][1] if len({sizes[name] for _, sizes in ratios}) > 1]
    for count in range(1, len(names) + 1):
        fitting = [
            text.format("·".join(some) if count == 1 or power == 1 else f"({'·'.join(some)})")
            for some in combinations(names, count)
            for power, text in POWERS.items()
            if all(
                abs(math.prod(sizes[name] for name in some) ** power - ratio) <= CLOSE * abs(ratio)
                for ratio, sizes in ratios
            )
        ]
        if fitting:
            return fitting[0] if len(fitting) == 1 else ""
    return ""


def _ratio(got: np.ndarray, value: np.ndarray) -> float:
    """The number by which `value` comes nearest to `got`; squares must not overflow."""
    peak = float(np.abs(value).max(initial=0.0))
    if not peak:
        return 0.0
    scaled = value / peak
    return float(np.sum(got / peak * scaled) / np.sum(scaled * scaled))


def _batch(trial: Trial) -> int:
    for array in map(plain, trial.case.inputs.values()):
        if isinstance(array, np.ndarray) and array.ndim:
            return len(array)
    return 0


def other_spread(result: RowResult, asked: Asked, outputs: Outputs) -> Explained:
    """The one formula that gives the deviation of what is drawn, in every case."""
    wrong = {f.output for f in result.findings if f.check is Check.MOMENTS} & outputs
    told: Explained = {}
    for name in wrong & set(asked.exercise.drawn):
        fitting: set[str] | None = None
        for trial in asked.on(result.id, name or ""):
            seen = trial.observed[result.id].outputs
            got = as_array(seen[name]) if seen is not None and name else None
            sizes = {n: v for n, v in trial.case.inputs.items() if type(v) is int}
            if got is None or not sizes or got.size < 2:
                fitting = set()
                break
            spread, room = float(got.std()), DEVIATIONS / np.sqrt(2 * got.size)
            formulas = _formulas(sizes).items()
            here = {text for text, value in formulas if abs(spread - value) <= room * value}
            fitting = here if fitting is None else fitting & here
        if fitting and len(fitting) == 1:
            said = fact("like.spread", formula=fitting.pop())
            told[name] = Explanation(Source.LIKE, "spread", fact=said)
    return told


def _formulas(sizes: Mapping[str, int]) -> dict[str, float]:
    """What may have been written for the deviation.

    Example:
        >>> sorted(_formulas({"n": 4}))
        ['1', '1/n', '2/n', '√(1/n)', '√(2/n)']
    """
    counts: dict[str, int] = dict(sizes)
    if len(sizes) > 1:
        counts[f"({' + '.join(sizes)})"] = sum(sizes.values())
    found = {"1": 1.0}
    for name, size in counts.items():
        for above in (1, 2):
            found[f"{above}/{name}"] = above / size
            found[f"√({above}/{name})"] = (above / size) ** 0.5
    return found
