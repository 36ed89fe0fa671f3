"""Is a backward right for the student's own forward? A numerical check that explains, never earns.

Where the forward of a layer is wrong, a backward that loses points is held against numerical
gradients of the very forward that was written. That tells "right for your forward, but your forward
is wrong" from "wrong for your own forward".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.finding import Check, Finding, RowResult
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.fact import fact
from autograder.exercises.kinds import Layer
from autograder.exercises.script import Runner, Script, Strided
from autograder.explain.asked import Asked
from autograder.numerical import GradcheckError, GradientReport, check_gradient

EVALUATIONS = 120


def own_forward(result: RowResult, asked: Asked) -> Finding | None:
    """What the numerical check of the student's own forward says about a backward."""
    exercise = asked.exercise
    if not isinstance(exercise, Layer) or exercise.random or result.follow_through:
        return None
    forward = asked.results.get(exercise.forward)
    if forward is None or forward.id == result.id or all(forward.outputs.values()):
        return None
    for trial in asked.trials[:2]:
        report = _report(exercise, trial, asked.runner)
        if report is None or report.verdict == "inconclusive":
            continue
        rows = {"row": result.id, "forward": forward.id}
        if report.verdict == "pass":
            said = fact("own_forward.right", **rows)
        else:
            wrong = [name for name, one in report.arrays.items() if one.verdict == "fail"]
            said = fact("own_forward.wrong", outputs=wrong, **rows)
        return Finding(Check.OWN_FORWARD, None, trial.case.name, severity="warning", fact=said)
    return None


def _report(exercise: Layer, trial: Trial, runner: Runner) -> GradientReport | None:
    seen = trial.observed.get(exercise.backward)
    if seen is None or seen.outputs is None or len(exercise.outputs) != len(trial.case.upstream):
        return None
    inputs = {
        key: value.array if isinstance(value, Strided) else value
        for key, value in trial.case.inputs.items()
    }
    keys = [name[1:] for name in exercise.gradients if trial.case.judges(name)]
    gradients = [as_array(seen.outputs[f"d{key}"]) for key in keys]
    if any(key not in inputs for key in keys) or any(g is None for g in gradients):
        return None
    arrays = [np.asarray(inputs[key], float) for key in keys]
    upstream: Any = tuple(np.asarray(u, float) for u in trial.case.upstream)
    forward = _Forward(exercise, trial, runner, keys)
    try:
        return check_gradient(
            forward,
            arrays,
            upstream if len(upstream) > 1 else upstream[0],
            gradients,
            names=[f"d{key}" for key in keys],
            max_evaluations=EVALUATIONS,
        )
    except GradcheckError:  # the student's forward returns something that cannot be checked
        return None


class _Forward:
    """The student's forward as a function of some of its inputs, evaluated through the runner."""

    def __init__(self, exercise: Layer, trial: Trial, runner: Runner, keys: Sequence[str]) -> None:
        self.exercise, self.trial, self.runner, self.keys = exercise, trial, runner, keys

    def __call__(self, *arrays: np.ndarray) -> Any:
        (value,) = self.many([arrays])
        if isinstance(value, Exception):
            raise value
        return value

    def many(self, points: Sequence[Sequence[np.ndarray]]) -> list[Any]:
        """Evaluate at many points in one script."""
        case = self.trial.case
        calls = []
        for point in points:
            moved = {
                key: value if np.ndim(case_value(case.inputs[key])) else float(value)
                for key, value in zip(self.keys, point, strict=True)
            }
            inputs = {**case.inputs, **moved}
            script = self.exercise.script(
                replace(case, inputs=inputs), rows=[self.exercise.forward]
            )
            calls.append(script.calls[0])
        outcomes = self.runner.run(Script(case.seed, tuple(calls)))
        return [self._read(outcome) for outcome in outcomes]

    def _read(self, outcome: Any) -> Any:
        count = len(self.exercise.outputs)
        if outcome.failure is not None:
            return ArithmeticError(outcome.failure.message)
        value = outcome.value
        if not isinstance(value, (tuple, list)) or len(value) <= count:
            return ArithmeticError("not (out, cache)")
        arrays = [as_array(item) for item in value[:count]]
        if any(array is None for array in arrays):
            return ArithmeticError("an output is no array")
        return tuple(arrays) if count > 1 else arrays[0]


def case_value(value: Any) -> Any:
    """An input as the array or number that it is."""
    return value.array if isinstance(value, Strided) else value
