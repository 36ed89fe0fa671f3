"""The reference itself: are its gradients those of its forward?

Everything else compares with the reference, so a wrong one would fail a whole class. Here every
layer and every loss is held against numerical gradients, on all public cases and some hidden ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autograder.checks.own_forward import against_forward
from autograder.exercises import Exercise
from autograder.exercises.kinds import Layer, Loss
from autograder.exercises.script import Runner
from autograder.explain import Question

HIDDEN = 6  # hidden cases that are looked at


def wrong_gradients(
    exercise: Exercise, questions: Sequence[Question], reference: Runner
) -> Iterator[str]:
    """What numerical gradients say against the reference of a layer or a loss, in words.

    Single cases may stay open (an input on a kink, a saturated one); every gradient must be
    certified on one case at least.
    """
    if not isinstance(exercise, Layer | Loss) or not exercise.gradients:
        return
    row = exercise.backward if isinstance(exercise, Layer) else exercise.function
    certified: set[str] = set()
    asked: set[str] = set()
    for question in questions:
        expectations = question.expectations[: HIDDEN if question.hidden else None]
        for expectation in expectations:
            outputs = expectation.outputs.get(row, {})
            claimed = {name: outputs[name].value for name in exercise.gradients if name in outputs}
            if any(isinstance(value, (dict, list, tuple)) for value in claimed.values()):
                return  # of a whole dict of parameters: the numerical check takes arrays
            asked |= set(claimed)
            report = against_forward(exercise, expectation.case, reference, claimed)
            arrays = report.arrays if report is not None else {}
            certified |= {name for name, one in arrays.items() if one.verdict == "pass"}
            if report is not None and report.verdict == "fail":
                yield (
                    f"the reference {row} is not the gradient of its forward on the case "
                    f"{expectation.case.name}: {report.reason}"
                )
    for name in sorted(asked - certified):
        yield f"no case certifies {name} of the reference {row} by numerical gradients"
