"""A staged backward pass: the first intermediate gradient that is wrong.

Read from local variables that bear the names which the text proposes. They are never required and
never earn or cost points; a variable of another shape is taken to mean something else.
"""

from __future__ import annotations

from autograder.checks.compare import difference
from autograder.checks.finding import Check, Finding, RowResult
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.fact import fact
from autograder.explain.question import Asked


def first_wrong_stage(result: RowResult, asked: Asked) -> Finding | None:
    """Which stage of a backward is the first that is wrong, where its variables tell."""
    for trial in asked.trials:
        seen = trial.observed.get(result.id)
        if trial.hidden or seen is None or seen.outcome is None or not seen.outcome.stages:
            continue
        found = _first_wrong(result.id, trial, seen.outcome.stages)
        if found is not None:
            return found
    return None


def _first_wrong(row: str, trial: Trial, stages: dict[str, object]) -> Finding | None:
    right: list[str] = []
    for name, expected in trial.expectation.stages.items():
        got = as_array(stages.get(name))
        if got is None or got.shape != as_array(expected.value).shape:  # type: ignore[union-attr]
            continue
        wrong = difference(stages[name], expected)
        if wrong is None:
            right.append(name)
            continue
        said = fact("stage.after" if right else "stage.first", row=row, stage=name, right=right)
        return trial.finding(Check.STAGE, fact=said, difference=wrong, severity="warning")
    return None
