"""What the reference gives on a case, and how far that can be trusted to the last bits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.checks.compare import Expected
from autograder.errors import DeclarationError
from autograder.exercises.arrays import leaves, mapped, pairs
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise, Observed
from autograder.exercises.inputs import Array
from autograder.exercises.script import Outcome, Runner, Script, Strided
from autograder.exercises.tracing import differentiable_inputs

SAFETY = 8
MOST = 1e-5
"""No slack is larger than this share of the output: where the reference jumps, it is no guide."""
NUDGE = 1e-9
_SIGNS = np.array([-1.0, 1.0])


@dataclass(frozen=True)
class Expectation:
    """A case with its upstream gradients, and what the reference gave on it."""

    case: Case
    shapes: tuple[tuple[int, ...], ...]  # shapes of the upstream gradients
    outputs: dict[str, dict[str, Expected]]  # row id -> output name -> what is expected
    quiet: tuple[str, ...] = ()  # row ids whose reference raised no warning
    # local variable of a staged backward -> what it is in the reference
    stages: dict[str, Expected] = field(default_factory=dict)
    # those that asked for rows on the case, by the rows (`trial.script_for`)
    scripts: dict[frozenset[str], Script] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _counted: list[list[int]] = field(default_factory=list, init=False, repr=False, compare=False)

    def counted(self, exercise: Exercise) -> list[int]:
        """The sizes of the inputs near which points are counted; none where nothing is."""
        if not self._counted:
            script = exercise.script(self.case)
            counts = any(call.count for call in script.calls)
            near = differentiable_inputs(script) if counts else []
            self._counted.append([x.size for x in near])
        return self._counted[0]


def expect(
    exercise: Exercise, case: Case, reference: Runner, noises: Sequence[int] = (1, 2)
) -> Expectation:
    """Run the reference on a case.

    Args:
        noises: The noises of the input by which the slack is measured; without any it is 0.

    Raises:
        DeclarationError: When the reference fails or returns something of the wrong form.
    """
    forward = reference.run(exercise.script(case).uncounted())
    _require(exercise, case, forward)
    shapes = tuple(exercise.upstream_shapes(forward))
    case = case.with_upstream(shapes) if shapes else case
    base = _run(exercise, case, reference) if shapes else _observed(exercise, case, forward)
    measured = any(_is_numeric(leaf) for seen in base.values() for leaf in leaves(seen.outputs))
    moved = (
        [_run(exercise, noisy(exercise, case, k), reference) for k in noises]
        if measured and not case.tie  # a truth value has no last bits
        else []
    )
    sides = [
        [_run(exercise, side, reference) for side in _nudged(exercise, part)]
        for part in (_by_sign(case) if case.equals else [case])
    ]
    outputs: dict[str, dict[str, Expected]] = {}
    base, *moved = (_with_moments(exercise, observed) for observed in (base, *moved))
    for row in exercise.rows:
        if row.id not in base:
            continue
        seen = base[row.id].outputs or {}
        outputs[row.id] = {
            name: _expected(exercise, case, row.id, name, seen[name], moved, sides)
            for name in row.outputs
            if case.judges(name)
        }
    quiet = tuple(row for row, seen in base.items() if not seen.warnings)
    stages = _stages(exercise, base, moved)
    return Expectation(case, shapes, outputs, quiet, stages)


def _stages(
    exercise: Exercise, base: dict[str, Observed], moved: Sequence[dict[str, Observed]]
) -> dict[str, Expected]:
    """The local variables of the reference's backward, with slack as for outputs."""
    row = getattr(exercise, "backward", "")
    found: dict[str, Expected] = {}
    if row not in base or not moved:
        return found
    for name, value in _locals(base[row]).items():
        others = [_locals(m[row])[name] for m in moved]
        slack = max(_movement(value, other) for other in others)
        found[name] = Expected(value, min(SAFETY * slack, MOST * max(largest(value), 1.0)))
    return found


def _locals(seen: Observed) -> dict[str, Any]:
    return seen.outcome.stages if seen.outcome is not None else {}


def _expected(
    exercise: Exercise,
    case: Case,
    row: str,
    name: str,
    value: Any,
    moved: Sequence[dict[str, Observed]],
    sides: Sequence[Sequence[dict[str, Observed]]],
) -> Expected:
    backward = bool(case.upstream) and row == getattr(exercise, "backward", None)
    scale = max(float(np.abs(u).max()) for u in case.upstream) if backward else 1.0
    scale = max(scale, 1e-3) * case.magnitude
    slack = max((_movement(value, (m[row].outputs or {})[name]) for m in moved), default=0.0)
    low = high = None
    shared = False
    if sides[0] and isinstance(value, (np.ndarray, float, np.generic)):
        parts = [[(s[row].outputs or {})[name] for s in part] for part in sides]
        if len(parts) == 1 or not backward:
            parts = [[value, *parts[0]]]
        low = sum(np.minimum.reduce(part) for part in parts)
        high = sum(np.maximum.reduce(part) for part in parts)
        spread = max(float(np.ptp([np.sum(end) for end in part])) for part in parts)
        shared = bool(case.equals and spread <= 1e-6 * scale)
    slack = min(SAFETY * slack, MOST * max(largest(value), scale))
    return Expected(value, slack, scale, low, high, case.allow_infinite, shared)


def _require(exercise: Exercise, case: Case, outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.failure is not None:
            failure = outcome.failure
            raise DeclarationError(
                f"the reference of {exercise.name!r} fails on the case {case.name!r}: "
                f"{failure.type_name} {failure.message} ({' | '.join(failure.traceback[-1:])})"
            )


def _run(exercise: Exercise, case: Case, reference: Runner) -> dict[str, Observed]:
    outcomes = reference.run(exercise.script(case).uncounted())
    _require(exercise, case, outcomes)
    return _observed(exercise, case, outcomes)


def _observed(exercise: Exercise, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
    observed = exercise.observe(case, outcomes)
    for row, seen in observed.items():
        if seen.outputs is None:
            raise DeclarationError(f"the reference of {row!r} has another form: {seen.problem}")
    return observed


def _with_moments(exercise: Exercise, observed: dict[str, Observed]) -> dict[str, Observed]:
    """Of what is drawn at random only the moments are expected."""
    if not exercise.drawn:
        return observed
    return {
        row: replace(
            seen,
            outputs={
                name: mapped(_moments, value) if name in exercise.drawn else value
                for name, value in (seen.outputs or {}).items()
            },
        )
        for row, seen in observed.items()
    }


def _moments(leaf: Any) -> dict[str, Any]:
    x = np.asarray(leaf, float)
    return {"shape": np.array(x.shape), "mean": float(x.mean()), "std": float(x.std())}


def _movement(value: Any, other: Any) -> float:
    """The largest change of an entry between two results of the same form."""
    return max((_change(a, b) for a, b in pairs(value, other)), default=0.0)


def _change(value: Any, other: Any) -> float:
    if not _is_numeric(value):
        return 0.0
    with np.errstate(all="ignore"):
        gap = np.abs(np.asarray(value, float) - np.asarray(other, float))
    return float(np.max(gap, where=np.isfinite(gap), initial=0.0))


def largest(value: Any) -> float:
    """The largest finite entry of a result, by size."""
    sizes = [np.abs(np.asarray(leaf, float)) for leaf in leaves(value) if _is_numeric(leaf)]
    return max((float(np.max(s, where=np.isfinite(s), initial=0.0)) for s in sizes), default=0.0)


def _is_numeric(leaf: Any) -> bool:
    return isinstance(leaf, (float, np.floating, np.ndarray)) and bool(np.size(leaf))


def noisy(exercise: Exercise, case: Case, turn: int) -> Case:
    """The case with every drawn float moved by about one unit in the last place.

    Constants stay: they may lie on a threshold on purpose.
    """
    rng = np.random.default_rng([case.seed, 100 + turn])

    def move(value: Any) -> Any:
        if isinstance(value, Strided):
            return Strided(move(value.array))
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            noise = _SIGNS[rng.integers(0, 2, value.shape)] * np.finfo(value.dtype).eps
            return (value * (1 + noise)).astype(value.dtype)
        if type(value) is float:
            return value * (1 + float(_SIGNS[rng.integers(0, 2)]) * np.finfo(float).eps)
        return value

    inputs = {
        key: move(value) if isinstance(exercise.inputs[key], Array) else value
        for key, value in case.inputs.items()
    }
    return replace(case, inputs=inputs, upstream=tuple(move(u) for u in case.upstream))


def _by_sign(case: Case) -> list[Case]:
    """The case with the positive and with the negative upstream gradients alone.

    An entry that wins in one window need not win in the next. Its slope is largest where it wins
    what is positive and loses what is negative; a backward is linear, so the two are added.
    """
    return [
        replace(case, upstream=tuple(clip(u, 0) for u in case.upstream))
        for clip in (np.maximum, np.minimum)
    ]


def _nudged(exercise: Exercise, case: Case) -> Iterator[Case]:
    """The case with its tied input moved to one side of the tie, and to the other.

    Where numbers of one input are equal, each is moved by itself: raised it wins, lowered it loses,
    everywhere at once.
    """
    name = case.equals or (exercise.ties[0] if case.tie and exercise.ties else "")
    if not name:
        return
    value = case.inputs[name]
    alone = np.eye(np.size(value)).reshape(-1, *np.shape(value)) if case.equals else [1.0]
    for which in alone:
        for side in (-NUDGE, NUDGE):
            yield replace(case, inputs={**case.inputs, name: value + side * which})
