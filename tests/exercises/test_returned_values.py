"""How a returned value is taken apart, and what a student reads when the number is wrong."""

import numpy as np
import pytest

from autograder.exercises.exercise import read_outputs
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
