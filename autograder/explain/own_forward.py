"""Is a backward right for the student's own forward? A numerical check that explains, never earns.

Where the forward of a layer is wrong, a backward that loses points is held against numerical
gradients of the very forward that was written. That tells "right for your forward, but your forward
is wrong" from "wrong for your own forward".
"""

from __future__ import annotations

from autograder.checks.finding import Check, Finding, RowResult
from autograder.checks.own_forward import against_forward
from autograder.exercises.fact import fact
from autograder.exercises.kinds import Layer
from autograder.explain.question import Asked


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
