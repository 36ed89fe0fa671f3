"""The bank of known mistakes of an exercise: what each of them returns on the cases, as prints.

The fingerprint of an array is its shape, its norm and two random projections. Two different outputs
agree in all three only by an accident of probability about the tolerance to the third power.
No array can be rebuilt from one.
"""

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from autograder.checks.expected import Expectation
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Exercise, Mistake, Observed
from autograder.exercises.fact import Fact
from autograder.exercises.script import Broken, Runner

CLOSE = 1e-6
TINY = 1e-9
MANY = 8
"""A dict of more arrays has one print for all: a network's gradients would fill the public data."""


def fingerprint(value: Any) -> Any:
    """The fingerprint of an output: JSON values only.

    Returns:
        `[shape, norm, projection, projection]` for an array or number (with the number and the
        place of entries that are not finite, if any), a dict of fingerprints for a dict, a tuple
        or a list of dicts, and a string for anything else.
    """
    if isinstance(value, dict):
        together = _together(value) if len(value) > MANY else None
        return together or {str(key): fingerprint(item) for key, item in value.items()}
    if isinstance(value, tuple) or (isinstance(value, list) and any(map(_is_dict, value))):
        return {str(i): fingerprint(item) for i, item in enumerate(value)}
    if isinstance(value, str):
        return f"text {hashlib.sha256(value.encode()).hexdigest()[:16]}"
    if isinstance(value, Broken):  # two calls that failed are alike only in how they failed
        text = f"could not be computed: {value.type_name}"
        return f"broken {hashlib.sha256(text.encode()).hexdigest()[:16]}"
    array = as_array(value)
    if array is None or array.dtype.kind not in "biuf":
        return f"not an array: {type(value).__name__}"
    flat = array.astype(float).ravel()
    if not np.isfinite(flat).all():
        bad = ~np.isfinite(flat)
        flat = np.where(bad, 0.0, flat)
        where = float(np.flatnonzero(bad).sum())
        return [list(array.shape), *_numbers(flat), int(bad.sum()), where]
    return [list(array.shape), *_numbers(flat)]


def _together(arrays: dict[Any, Any]) -> dict[str, Any] | None:
    """One print for a large dict of arrays, under a digest of its names and shapes."""
    parts = {str(key): as_array(arrays[key]) for key in sorted(arrays, key=str)}
    if any(part is None or part.dtype.kind not in "biuf" for part in parts.values()):
        return None
    form = [(key, part.shape) for key, part in parts.items() if part is not None]
    flat = [np.ravel(part).astype(float) for part in parts.values() if part is not None]
    digest = hashlib.sha256(repr(form).encode()).hexdigest()[:16]
    return {f"together {digest}": fingerprint(np.concatenate(flat))}


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def agree(one: Any, other: Any, slack: float = 0.0, scale: float = 1.0) -> bool:
    """Whether two fingerprints are of the same output, up to rounding and `slack` an entry.

    Args:
        scale: Where the expected numbers are smaller than 1: the size that counts for rounding.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(
            agree(one[k], other[k], slack, scale) for k in one
        )
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return False
        if one[0] != other[0] or one[4:] != other[4:]:
            return False
        rounding = TINY * min(scale, 1.0) + slack
        room = CLOSE * max(one[1], other[1]) + rounding * math.sqrt(max(1, math.prod(one[0])))
        return all(abs(a - b) <= room for a, b in zip(one[1:4], other[1:4], strict=True))
    return bool(one == other)


def _numbers(flat: np.ndarray) -> list[float]:
    if flat.size == 1:  # the same as below, faster; + 0.0 since zero has no sign there
        x, lines = flat.item(), _lines(1).ravel().tolist()
        found = [math.sqrt(x * x), *(v * x + 0.0 for v in lines)]
    else:
        with np.errstate(all="ignore"):
            found = [math.sqrt(np.sum(flat * flat)), *(float(v @ flat) for v in _lines(flat.size))]
    return [float(f"{x:.12g}") if math.isfinite(x) else 1e308 for x in found]


@lru_cache(maxsize=512)
def _lines(size: int) -> np.ndarray:
    return np.random.default_rng([20161219, size]).standard_normal((2, size))


OfCase = dict[str, dict[str, Any]]
"""What came of a case: row id -> output name -> fingerprint."""

Key = tuple[str, str]
"""The function in which a mistake is made, and its name."""


@dataclass(frozen=True)
class Prints(Mapping[str, OfCase]):
    """Case name -> what a mistake gives on it; all cases are run once one of the later is asked.

    Args:
        begun: The first cases, up to one on which the mistake shows: it tells most mistakes apart.
        whole: Gives all of them.
    """

    begun: dict[str, OfCase]
    whole: Callable[[], dict[str, OfCase]]

    def __getitem__(self, case: str) -> OfCase:
        return self.begun[case] if case in self.begun else self.whole()[case]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())


@dataclass(frozen=True)
class Known:
    """A known mistake, as a student's outputs can be matched with it.

    Args:
        function: The function that is wrong; it may belong to another exercise that calls it.
        prints: What every output is on every case, when the mistake is made.
        follows: For mistakes with follow-through: name of a case -> gradient name -> the right
            gradient of the mistaken forward. It costs many evaluations, so it is asked when needed.
        keeps: The share of its row that it keeps where nothing else is wrong.
    """

    function: str
    name: str
    says: str
    prints: Mapping[str, OfCase]
    follows: Callable[[str], dict[str, Any]] = lambda case: {}
    keeps: float = 0.0


def prints_of(observed: Mapping[str, Observed]) -> OfCase:
    """Row id -> output name -> fingerprint; a failure or a wrong form is one print."""
    found: OfCase = {}
    for row, seen in observed.items():
        if seen.failure is not None:
            found[row] = {"": f"{seen.failure.kind}: {seen.failure.type_name}"}
        elif seen.outputs is None:
            found[row] = {"": _sign(seen.problem) if seen.problem is not None else ""}
        else:
            found[row] = {name: fingerprint(value) for name, value in seen.outputs.items()}
    return found


def _sign(problem: Fact) -> str:
    """What a problem of form is recognised by: no number or shape of one answer only."""
    parts = [problem.name]
    for key, value in problem.values.items():
        told = value if isinstance(value, list) else [value]
        if key == "count" or (key != "error" and all(isinstance(v, (str, Fact)) for v in told)):
            parts += [_sign(v) if isinstance(v, Fact) else str(v) for v in told]
    return " ".join(parts)


def run_mistake(
    mistake: Mistake, exercise: Exercise, expectations: Sequence[Expectation], runner: Runner
) -> Iterator[tuple[str, OfCase]]:
    """Run a mistake on one case after the other: name of the case, what came of it."""
    for expectation in expectations:
        case = expectation.case
        if case.judged and set(case.judged) <= set(mistake.endless):
            yield case.name, {row: {"": "timeout: "} for row in expectation.outputs}
        else:
            observed = exercise.observe(case, runner.run(exercise.script(case).unwatched()))
            yield case.name, prints_of(observed)


def until_it_shows(
    ran: Iterator[tuple[str, OfCase]], expectations: Sequence[Expectation]
) -> dict[str, OfCase] | None:
    """What a mistake gives up to the case on which it shows; None where it shows on none."""
    begun: dict[str, OfCase] = {}
    for (case, prints), expectation in zip(ran, expectations, strict=True):
        begun[case] = prints
        if _differs(prints, expectation):
            return begun
    return None


def _differs(prints: Mapping[str, Mapping[str, Any]], expectation: Expectation) -> bool:
    for row, outputs in expectation.outputs.items():
        for name, expected in outputs.items():
            seen = prints.get(row, {}).get(name)
            right = fingerprint(expected.value)
            if seen is None or not agree(seen, right, expected.slack, expected.scale):
                return True
    return False
