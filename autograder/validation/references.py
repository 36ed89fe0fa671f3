"""The reference itself: are its gradients those of its forward?

Everything else compares with the reference, so a wrong one would fail a whole class. Here whatever
returns gradients is held against numerical gradients, on all public cases and some hidden ones:
layers and losses, functions that say of what they return the gradients, modules that return a loss
and the gradients of their parameters, and values that record what is done with them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from autograder.checks.own_forward import EVALUATIONS, against_forward
from autograder.exercises import Exercise, Function, Module
from autograder.exercises.arrays import leaves, mapped, pairs, places
from autograder.exercises.cases import Case
from autograder.exercises.expressions import Expressions
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.kinds import Layer, Loss
from autograder.exercises.script import plain
from autograder.explain import Question
from autograder.numerical import GradientReport, check_gradient

HIDDEN = 6  # hidden cases that are looked at
OF_A_MODULE = 3  # cases, public and hidden: every evaluation takes all its steps


def wrong_gradients(
    exercise: Exercise, questions: Sequence[Question], reference: LocalRunner
) -> Iterator[str]:
    """What numerical gradients say against a reference, in words.

    Single cases may stay open (an input on a kink, a saturated one); every gradient must be
    certified on one case at least.
    """
    certified: set[str] = set()
    asked: set[str] = set()
    for question in questions:
        most = HIDDEN if question.hidden else len(question.expectations)
        most = OF_A_MODULE if type(exercise) is Module else most
        for expectation in question.expectations[:most]:
            for row, outputs in expectation.outputs.items():
                claims = {name: expected.value for name, expected in outputs.items()}
                for report in _reports(exercise, expectation.case, row, claims, reference):
                    asked |= set(report.arrays)
                    certified |= {n for n, one in report.arrays.items() if one.verdict == "pass"}
                    if report.verdict == "fail":
                        yield (
                            f"the reference {row} is not the gradient of its forward on the case "
                            f"{expectation.case.name}: {report.reason}"
                        )
    for name in sorted(asked - certified):
        yield f"no case certifies {name} of {exercise.name} by numerical gradients"


def _reports(
    exercise: Exercise, case: Case, row: str, outputs: Mapping[str, Any], reference: LocalRunner
) -> Iterator[GradientReport]:
    """The judgement on all gradients among the outputs of a row."""
    if isinstance(exercise, Layer | Loss):
        backward = exercise.backward if isinstance(exercise, Layer) else exercise.function
        claimed = {name: outputs[name] for name in exercise.gradients if name in outputs}
        report = against_forward(exercise, case, reference, claimed) if row == backward else None
        if report is not None:
            yield report
    elif isinstance(exercise, Function) and exercise.gradient_of:
        names = {f"d{key}": key for key in case.inputs if f"d{key}" in outputs}
        formula = compile(exercise.gradient_of, "<gradient_of>", "eval")
        forward = partial(_evaluated, formula, reference)
        yield _held(forward, case.inputs, plain(case.inputs.get("dout")), names, outputs)
    elif isinstance(exercise, Expressions):
        for output, seen in outputs.items():
            reached = exercise.reached(output)
            names = {f"{key}.grad": key for key in reached if f"{key}.grad" in seen}
            if names:
                forward = partial(_again, exercise, case, reference, row, output, ("data",))
                yield _held(forward, case.inputs, None, names, seen, f"{output}: ")
    elif isinstance(exercise, Module):
        for output, turns in outputs.items():
            for turn, seen in enumerate(turns[:1] if isinstance(turns, tuple) else ()):
                parameters = _parameters(exercise, case, seen)
                if parameters:
                    forward = partial(_again, exercise, case, reference, row, output, (turn, 0))
                    names = {f"d{parameters}": parameters}
                    claims = {f"d{parameters}": seen[1]}
                    yield _held(forward, case.inputs, None, names, claims)


def _held(
    forward: Callable[[Mapping[str, Any]], Any],
    inputs: Mapping[str, Any],
    upstream: Any,
    names: Mapping[str, str],
    claimed: Mapping[str, Any],
    label: str = "",
) -> GradientReport:
    """Hold gradients against a function of all inputs.

    Args:
        names: Name of a gradient -> the input, an array or a tree of them, of which it is one.
        label: What the gradients are called begins with this.
    """
    own = {name: mapped(plain, inputs[key]) for name, key in names.items()}

    def moved(*arrays: np.ndarray) -> Any:
        given = iter(arrays)
        point = {key: mapped(lambda _: next(given), own[name]) for name, key in names.items()}
        return forward({**inputs, **point})

    return check_gradient(
        moved,
        [np.asarray(leaf, float) for leaf in leaves(own)],
        upstream,
        [np.asarray(claim, float) for _, claim in pairs(own, claimed)],
        names=[name for key, tree in own.items() for name in places(tree, label + key)],
        max_evaluations=EVALUATIONS,
    )


def _evaluated(formula: Any, reference: LocalRunner, inputs: Mapping[str, Any]) -> Any:
    return eval(formula, dict(reference.namespace), {k: plain(v) for k, v in inputs.items()})


def _again(
    exercise: Exercise,
    case: Case,
    reference: LocalRunner,
    row: str,
    output: str,
    path: Sequence[Any],
    inputs: Mapping[str, Any],
) -> Any:
    """What an output of the reference is with other inputs."""
    other = replace(case, inputs=mapped(_number, inputs), judged=(output,))
    seen = exercise.observe(other, reference.run(exercise.script(other)))[row].outputs or {}
    value = seen[output]
    for step in path:
        value = value[step]
    return value


def _parameters(exercise: Module, case: Case, seen: Any) -> str:
    """The input whose gradients stand beside a loss; empty where there are none."""
    if not isinstance(seen, tuple) or len(seen) != 2 or not isinstance(seen[1], dict):
        return ""
    assigned = (key for key in exercise.assign.values() if isinstance(case.inputs[key], dict))
    return next((key for key in assigned if set(case.inputs[key]) == set(seen[1])), "")


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray) and not value.ndim else value
