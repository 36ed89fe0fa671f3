"""A staged backward pass: name the first intermediate gradient that is wrong.

Read from local variables that bear the names which the text proposes. They are never required and
never earn or cost points; a variable of another shape is taken to mean something else.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.checks.compare import difference
from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array


def staged(result: RowResult, trials: Sequence[Trial]) -> RowResult:
    """Add which stage of a backward is the first that is wrong, where its variables tell."""
    if not any(finding.costs for finding in result.findings):
        return result
    for trial in trials:
        seen = trial.observed.get(result.id)
        if trial.hidden or seen is None or seen.outcome is None or not seen.outcome.stages:
            continue
        note = _first_wrong(result.id, trial, seen.outcome.stages)
        if note is not None:
            return result.with_findings((*result.findings, note))
    return result


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
        before = f"{', '.join(right)} {'is' if len(right) == 1 else 'are'} right; " if right else ""
        place = ""
        if wrong.index is not None and wrong.got is not None:
            place = f" at {name}{list(wrong.index)}: got {wrong.got:z.6g}, "
            place += f"expected {wrong.expected:z.6g}"
        text = f"{before}{name} is the first stage of {row} that is wrong{place}"
        return Finding("stage", None, text, "warning", case=trial.case.name)
    return None
