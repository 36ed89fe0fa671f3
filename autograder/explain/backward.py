"""What is true of a whole backward pass: its first wrong stage, and whether it suits its forward.

The stages are read from local variables that bear the names which the text proposes. They are never
required; a variable of another shape is taken to mean something else. Where the forward of a layer
is wrong, a backward that loses points is held against numerical gradients of the very forward that
was written: that tells "right for your forward, but your forward is wrong" from "wrong for your own
forward". Neither earns or costs points.
"""

from autograder.checks.compare import difference
from autograder.checks.finding import Check, Finding, RowResult
from autograder.checks.own_forward import against_forward
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.fact import fact
from autograder.exercises.kinds import Layer
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


def own_forward(result: RowResult, asked: Asked) -> Finding | None:
    """What the numerical check of the student's own forward says about a backward."""
    exercise = asked.exercise
    if not isinstance(exercise, Layer) or exercise.random or result.follow_through:
        return None
    forward = asked.results.get(exercise.forward)
    if forward is None or forward.id == result.id or all(forward.outputs.values()):
        return None
    for trial in asked.trials[:2]:
        seen = trial.observed.get(exercise.backward)
        if seen is None or seen.outputs is None:
            continue
        claimed = {name: seen.outputs[name] for name in exercise.gradients}
        report = against_forward(exercise, trial.case, asked.runner, claimed)
        if report is None or report.verdict == "inconclusive":
            continue
        rows = {"row": result.id, "forward": forward.id}
        if report.verdict == "pass":
            said = fact("own_forward.right", **rows)
        else:
            unclear = {f.output for f in result.findings if f.costs and f.explanation is None}
            failed = [name for name, one in report.arrays.items() if one.verdict == "fail"]
            wrong = [name for name in failed if name.partition("[")[0] in unclear]
            if not wrong:  # the points are there, or something better is known
                return None
            said = fact("own_forward.wrong", outputs=wrong, **rows)
        return Finding(Check.OWN_FORWARD, None, trial.case.name, severity="warning", fact=said)
    return None
