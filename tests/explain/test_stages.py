"""The first wrong stage of a backward is named, where local variables bear the proposed names."""

import numpy as np
import pytest

from autograder.exercises import Layer
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import PublicData, dump, load
from autograder.explain import examine, from_public, prepare, to_public
from autograder.feedback.say import in_full

REFERENCE = """
def f(x, w):
    return np.tanh(x * w), (x, w)
def g(dout, cache):
    x, w = cache
    dz = dout * (1 - np.tanh(x * w) ** 2)
    dproduct = dz * w
    return dproduct, (dz * x).sum(axis=0)
"""


def runner(source):
    namespace = {"np": np}
    exec(compile(source, "<cell 1>", "exec"), namespace)
    return LocalRunner(namespace)


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    layer = Layer(
        "f",
        "g",
        name="staged",
        inputs={"x": "N D", "w": "D"},
        points={"forward": 1, "backward": 2},
        stages=("dz", "dproduct"),
    )
    question = prepare(layer, reference=runner(REFERENCE), mistaken={}, hidden=False)
    path = tmp_path_factory.mktemp("public") / "x.check.json"
    path.write_text(dump(PublicData("01", "x", (to_public(question),))), encoding="utf-8")
    return from_public(load(path).exercises[0])


def told(question, source):
    backward = examine([question], runner(source))[1]
    return [in_full(f, backward.id) for f in backward.findings if f.check == "stage"]


def test_the_first_wrong_stage_is_named(question):
    (message,) = told(question, REFERENCE.replace("** 2", "** 3"))
    assert message.startswith("dz is the first stage of g that is wrong; dz[")
    (message,) = told(question, REFERENCE.replace("dz * w", "dz + w"))
    assert message.startswith(
        "dproduct is the first stage of g that is wrong (right before it: dz)"
    )


def test_stages_are_never_required(question):
    renamed = REFERENCE.replace("dz", "u").replace("dproduct", "v")
    assert examine([question], runner(renamed))[1].status == "right"
    assert told(question, renamed.replace("** 2", "** 3")) == []


def test_a_right_backward_may_use_the_names_for_something_else(question):
    other = REFERENCE.replace(
        "dproduct = dz * w\n    return dproduct", "dproduct = 0\n    return dz * w"
    )
    assert examine([question], runner(other))[1].status == "right"
