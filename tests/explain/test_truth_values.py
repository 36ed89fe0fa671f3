"""What is said of outputs that are truth values, and whose name merely begins with a d."""

import numpy as np
import pytest

from autograder.exercises import Function
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from autograder.feedback.say import in_full


def dead_units(acts):
    dead = np.all(acts <= 0, axis=0)
    return dead


@pytest.fixture(scope="module")
def question():
    exercise = Function(dead_units, inputs={"acts": "N H"}, outputs=["dead"], points=1)
    return prepare(
        exercise, reference=LocalRunner({"dead_units": dead_units}), mistaken={}, hidden=False
    )


def said(question, function) -> list[tuple[str, str]]:
    (result,) = examine([question], LocalRunner({"dead_units": function}))
    assert result.score == 0
    return [(in_full(f, result.id), f.mistake) for f in result.findings]


def test_floats_in_place_of_booleans_are_not_called_a_lost_sign(question):
    found = said(question, lambda acts: dead_units(acts).astype(float))
    assert all("expected bool" in message and not mistake for message, mistake in found)


def test_a_d_makes_no_gradient(question):
    found = said(question, lambda acts: dead_units(acts)[:, None])
    assert found and all("has shape" in message for message, _ in found)
    assert not any("the shape of" in message for message, _ in found)
