"""Gradients that come as dicts and lists of dicts, and cases in single precision."""

import numpy as np
import pytest

from autograder.checks.finding import Check
from autograder.exercises import Layer, array, cast, constant, edit, make_cases, variant, visible
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, from_public, prepare, to_public
from autograder.explain.known import known_names
from autograder.feedback.say import message

FORWARD = """
def pair_forward(x, params):
    hidden = x * params["w"]
    return hidden @ params["v"], (x, params, hidden)
"""
BACKWARD = """
def pair_backward(dout, cache):
    x, params, hidden = cache
    dhidden = dout @ params["v"].T
    dparams = {"w": (dhidden * x).sum(axis=0), "v": hidden.T @ dout}
    return dhidden * params["w"], FORM
"""
AS_DICT, AS_LIST = "dparams", "[dparams, {'w': 2 * dparams['w']}]"


def namespace(form, forward=FORWARD, backward=BACKWARD):
    names = {"np": np}
    exec(forward + backward.replace("FORM", form), names)
    return names


def questions(form, gradients):
    layer = Layer(
        "pair_forward", "pair_backward", name="pair",
        inputs={"x": "N D", "params": constant({"w": array("D"), "v": array("D M")})},
        gradients=gradients, points={"forward": 1, "backward": 4},
        variants={"float32": variant(x=cast("N D", "float32"))},
        mistakes=[
            edit("pair_forward", 'x * params["w"]', 'x * params["w"] * 3', name="thrice", says="3",
                 follow=True),
            edit("pair_backward", '"w": (dhidden', '"w": 2 * (dhidden', name="twice", says="2"),
        ],
    )  # fmt: skip
    sources = {"pair_forward": FORWARD, "pair_backward": BACKWARD}
    runners = {}
    for mistake in layer.mistakes:
        changed = {**sources, mistake.function: mistake.apply(sources[mistake.function])}
        runners[mistake] = LocalRunner(namespace(form, *changed.values()))
    reference = LocalRunner(namespace(form))
    asked = prepare(layer, reference=reference, mistaken=runners, hidden=False)
    return [asked, from_public(to_public(asked))]


@pytest.mark.parametrize("side", [0, 1], ids=["graded", "self-check"])
@pytest.mark.parametrize(("form", "last"), [(AS_DICT, "dparams"), (AS_LIST, "dlist")])
def test_a_mistake_in_a_dict_of_gradients_is_named(form, last, side):
    asked = questions(form, ["dx", last])[side]
    wrong = namespace(form, backward=BACKWARD.replace('"w": (', '"w": 2 * ('))
    _, backward = examine([asked], LocalRunner(wrong))
    assert known_names(backward) == {"twice"}
    assert backward.outputs == {"dx": True, last: False}


@pytest.mark.parametrize("side", [0, 1], ids=["graded", "self-check"])
def test_a_dict_of_gradients_follows_a_mistaken_forward(side):
    """float32 cases are left out of it: differences of their outputs say nothing."""
    asked = questions(AS_DICT, ["dx", "dparams"])[side]
    forward = FORWARD.replace('params["w"]\n', 'params["w"] * 3\n')
    back = BACKWARD.replace('dout @ params["v"].T', '3 * dout @ params["v"].T')
    results = {r.id: r for r in examine([asked], LocalRunner(namespace(AS_DICT, forward, back)))}
    assert known_names(results["pair_forward"]) == {"thrice"}
    assert (results["pair_backward"].score, results["pair_backward"].follow_through) == (4, True)


@pytest.mark.parametrize(("factor", "told"), [("1", 0), ("np.float64(1)", 1)])
def test_single_precision_that_is_lost_is_told_and_costs_nothing(factor, told):
    layer = Layer(
        "f", "b", name="f", inputs={"x": "N D"}, points={"forward": 1, "backward": 1},
        variants={"float32": variant(x=cast("N D", "float32"))},
    )  # fmt: skip
    names = {"np": np}
    exec("def f(x): return x.sum(axis=0), x\ndef b(d, x): return d * np.ones_like(x)", names)
    asked = prepare(layer, reference=LocalRunner(names), mistaken={}, hidden=False)
    (case,) = (e.case for e in asked.expectations if e.case.name == "float32")
    assert case.upstream[0].dtype == np.float32
    other = {"np": np}
    exec(
        f"def f(x): return sum(row for row in x[::-1]) * {factor}, x\n"
        f"def b(d, x): return np.ones_like(x) * d * {factor}",
        other,
    )
    for result in examine([asked], LocalRunner(other)):
        assert result.status == "right"
        found = [f for f in result.findings if f.check is Check.PRECISION]
        assert len(found) == told and all(
            "float(np.sqrt(...))" in message(f, result.id) for f in found
        )


def test_every_query_sees_a_key():
    layer = Layer("f", "b", name="m", inputs={"mask": visible("T S", 0.1)}, points={"forward": 1})
    masks = [case.inputs["mask"] for case in make_cases(layer, "any", rounds=20)]
    masks = [mask for mask in masks if isinstance(mask, np.ndarray)]
    assert masks and all(mask.dtype == bool and mask.any(axis=1).all() for mask in masks)
    assert not all(mask.all() for mask in masks)
