"""A row that calls two rows with known mistakes keeps its points; its own mistake costs them."""

from functools import cache

import pytest

from autograder.course.notebook import load_notebook
from autograder.course.questions import hidden_questions, public_questions
from autograder.explain import examine_all
from autograder.feedback.say import in_full

load = cache(load_notebook)
MADE = {("affine_backward", "db_averaged"), ("relu_backward", "mask_from_dout")}


@pytest.fixture
def layers(root):
    return load(root / "solutions" / "02_layers" / "layers.py")


def judged(notebook, made):
    every = [m for exercise in notebook.exercises for m in exercise.mistakes]
    runner = notebook.composed(m for m in every if (m.function, m.name) in made)
    asked = zip(public_questions(notebook), hidden_questions(notebook, "seed"), strict=True)
    rows = {*{function for function, _ in made}, "affine_forward", "relu_forward", "TwoLayerNet"}
    results = examine_all([[*p, *h] for p, h in asked], runner, rows)
    return {result.id: result for result in results}


def test_two_mistakes_below_cost_their_own_rows_only(layers):
    results = judged(layers, MADE)
    assert results["affine_backward"].status == "partial"
    assert results["relu_backward"].score == 0
    net = results["TwoLayerNet"]
    assert (net.status, net.score, net.follow_through) == ("right", net.points, True)
    assert "affine_backward and relu_backward" in in_full(net.findings[0], net.id)


def test_a_third_mistake_of_its_own_costs_the_row(layers):
    own = next(
        m
        for exercise in layers.exercises
        for m in exercise.mistakes
        if m.function == "TwoLayerNet" and "grad" in m.says
    )
    net = judged(layers, MADE | {("TwoLayerNet", own.name)})["TwoLayerNet"]
    assert net.score < net.points
