"""A small exercise with a reference, and a judge of other answers to it."""

import pytest

from autograder.exercises import Layer, edit
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from tests.explain.small import GLOBALS, mistaken, scale_backward, scale_forward


@pytest.fixture(scope="session")
def scale():
    return Layer(
        scale_forward,
        scale_backward,
        name="scale",
        inputs={"x": "N D", "w": "D"},
        points={"forward": 1, "backward": 4},
        mistakes=[
            edit(scale_forward, "x * w", "x * w * 3", name="thrice", says="three", follow=True),
            edit(scale_backward, ".sum(axis=0)", ".mean(axis=0)", name="dw_mean", says="mean"),
            edit(scale_backward, "dout * w", "dout + w", name="dx_plus", says="plus"),
            edit(scale_forward, "x * w", "x * 0 + w", name="constant", says="x", follow=True),
        ],
    )


@pytest.fixture(scope="session")
def questions(scale):
    runners = {mistake: mistaken(mistake) for mistake in scale.mistakes}
    reference = LocalRunner(GLOBALS)
    public = prepare(scale, reference=reference, mistaken=runners, hidden=False)
    hidden = prepare(
        scale, seed="secret", rounds=2, reference=reference, mistaken=runners, hidden=True
    )
    return [public, hidden]


@pytest.fixture
def judged(questions):
    """Row id -> result, for functions given by keyword; the others are the reference's."""

    def judge(**functions):
        namespace = {**GLOBALS, **functions}
        namespace = {key: value for key, value in namespace.items() if value is not None}
        return {result.id: result for result in examine(questions, LocalRunner(namespace))}

    return judge
