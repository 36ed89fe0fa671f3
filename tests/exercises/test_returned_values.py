"""How a returned value is taken apart, and what a student reads when the number is wrong."""

import numpy as np
import pytest

from autograder.errors import DeclarationError
from autograder.exercises import Function, constant
from autograder.exercises.exercise import read_outputs
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from autograder.feedback.say import said


@pytest.mark.parametrize("value", [2.5, (2.5,), [np.array([2.5])], np.array([1.0, 2.0])])
def test_a_single_output_may_come_bare_or_as_a_sequence_of_one(value):
    outputs, problem = read_outputs(value, ["loss"], what="f")
    assert list(outputs) == ["loss"] and problem is None


@pytest.mark.parametrize("value", [(1.0, 2.0), [1.0, 2.0], np.array([1.0, 2.0])])
def test_two_outputs_unpack(value):
    outputs, problem = read_outputs(value, ["dx", "dy"], what="f")
    assert outputs == {"dx": 1.0, "dy": 2.0} and problem is None


@pytest.mark.parametrize(
    ("value", "names", "says"),
    [
        (None, ["loss"], "f returned None; expected one value: loss. Is a return missing?"),
        ((1, 2), ["loss"], "f returned 2 values; expected one value: loss"),
        (None, ["dx", "dy"], "f returned None; expected 2: dx and dy. Is a return missing?"),
        (1.0, ["dx", "dy"], "f returned one value, a float; expected 2: dx and dy"),
        ((1, 2, 3), ["dx", "dy"], "f returned 3 values; expected 2: dx and dy"),
    ],
)
def test_a_wrong_number_of_values(value, names, says):
    outputs, problem = read_outputs(value, names, what="f")
    assert outputs is None and said(problem) == says


@pytest.mark.parametrize(("kept", "score"), [("box['w'] = box['w'] + x", 1.0), ("pass", 0.5)])
def test_what_an_input_holds_after_the_call_is_judged(kept, score):
    def store(box, x):
        box["w"] = box["w"] + x
        return box["w"]

    own = {}
    exec(f"def store(box, x):\n    total = box['w'] + x\n    {kept}\n    return total", own)
    inputs = {"box": constant({"w": 2.0}), "x": constant(0.5)}
    box = Function(store, inputs=inputs, outputs=["total"], held=["box"], points=1)
    asked = prepare(box, reference=LocalRunner({"store": store}), mistaken={}, hidden=False)
    (row,) = examine([asked], LocalRunner(own))
    assert row.score == score and row.outputs == {"total": True, "box": score == 1.0}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"held": ["model"]}, "held names 'model', which is no input"),
        ({"held": ["x"], "steps": 2, "carry": {"x": 0}}, "leave out steps"),
    ],
)
def test_a_held_input_is_there_and_looked_at_once(options, says):
    with pytest.raises(DeclarationError, match=says):
        Function("store", inputs={"x": "N"}, points=1, **options)
