"""The kinds that expose, judge and build: every style counts, nothing false does."""

import numpy as np
import pytest

from autograder.errors import DeclarationError
from autograder.exercises import Critic, Expressions, Witness
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import decode, encode
from autograder.explain import examine, from_public, prepare, to_public
from autograder.feedback.say import in_full
from autograder.feedback.say import said as said_of


def slope_forward(x):
    return x * np.abs(x), x


def slope_backward(dout, x):
    return 2 * x


def named(exercise, name="it"):
    object.__setattr__(exercise, "name", name)
    return exercise


def graded(exercise, right, answer):
    """The result of an answer, judged on public data as they ship and on hidden ones."""
    public = prepare(exercise, reference=LocalRunner(right), mistaken={}, hidden=False)
    hidden = prepare(
        exercise, seed="s", rounds=2, reference=LocalRunner(right), mistaken={}, hidden=True
    )
    (result,) = examine([from_public(to_public(public)), hidden], LocalRunner(answer))
    return result


WITNESS = named(
    Witness("expose", forward=slope_forward, backward=slope_backward, points=1,
            returns={"x": "...", "dout": "..."})
)  # fmt: skip


def exposing():
    return np.array([-1.0]), np.array([1.0])


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda: (np.array([-1.0]), np.array([1.0])), ""),
        (lambda: ([-2.0, 3.0], [0.5, 2.0]), ""),  # lists are arrays to anybody
        (lambda: (np.array([1.0]), np.array([1.0])), "the card is right"),
        (lambda: (np.array([1.0]), np.array([1.0, 2.0])), "dout has shape"),
        (lambda: np.array([1.0]), "returned one array; expected 2: x and dout"),
        (lambda: (np.array([np.nan]), np.array([1.0])), "finite"),
        (lambda: (np.ones(1000), np.ones(1000)), "1000 entries"),
        (lambda: ("x", "dout"), "not an array"),
        (lambda: (["x" * 100_000] + [""] * 99_000, [1.0]), "not an array"),  # 37 GiB for NumPy
        (lambda: ([[1.0], [2.0, 3.0]], [1.0]), "not an array"),  # rows of different lengths
        (lambda: None, "Is a return missing?"),
        (lambda: (np.array([1.0]),), "returned 1 values; expected 2: x and dout"),
        (lambda: (np.array([1e12, 3.0]), np.array([1.0, 1.0])), "the card is right"),
        (lambda: (np.array([900.0, -0.2]), np.array([1.0, 1.0])), ""),
    ],
)
def test_a_witness_is_judged_by_the_slope_itself(answer, problem):
    result = graded(WITNESS, {"expose": exposing}, {"expose": answer})
    assert result.score == (0 if problem else 1)
    assert not problem or any(problem in in_full(finding, result.id) for finding in result.findings)


def kinked_forward(x):
    return np.abs(x), x


@pytest.mark.parametrize(("x", "score"), [([0.0], 0), ([0.0, -0.5, 0.25], 1)])
def test_a_kink_exposes_nothing_and_hides_nothing_beside_it(x, score):
    exercise = named(
        Witness("expose", forward=kinked_forward, backward=slope_backward, points=1,
                returns={"x": "...", "dout": "..."})
    )  # fmt: skip
    answer = {"expose": lambda: (np.array(x), np.ones(len(x)))}
    assert graded(exercise, {"expose": exposing}, answer).score == score


LAYER = """
def forward(x, w):
    return {a} * x, (x, w)
def backward(dout, cache):
    return GRAD
"""
CRITIC = named(
    Critic(
        "my_check",
        right={"plain": LAYER.replace("GRAD", "{a} * dout")},
        wrong={"sign": LAYER.replace("GRAD", "-{a} * dout"), "raises": LAYER.replace("GRAD", "no")},
        points=4,
        rungs=2,
    )
)


def honest(forward, backward):
    x = np.ones(2)
    out, cache = forward(x, x)
    return bool(np.allclose(backward(x, cache), out))


def careful(forward, backward):
    try:
        return honest(forward, backward)
    except NameError:
        return False


def half(forward, backward):
    out, cache = forward(np.ones(2), np.ones(2))
    try:
        return bool(np.allclose(backward(np.ones(2), cache), out))
    except NameError:
        return True


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        (careful, 4),
        (honest, 4),  # an exception rejects
        (half, 2),
        (lambda f, b: True, 0),
        (lambda f, b: False, 0),
        (lambda f, b: np.bool_(careful(f, b)), 4),
        (lambda f, b: "yes", 0),
        (lambda f, b: 1 / 0, 0),
    ],
)
def test_a_critic_earns_what_it_catches_less_its_false_alarms(answer, score):
    assert graded(CRITIC, {"my_check": careful}, {"my_check": answer}).score == score


def account(answer, check="my_check"):
    result = graded(CRITIC, {"my_check": careful}, {"my_check": answer})
    costly = [f for f in result.findings if f.costs_visibly]
    return {in_full(finding, result.id) for finding in costly}, result


def test_a_critic_says_what_it_was_judged_on():
    said, result = account(careful)
    assert not said
    assert {said_of(a) for a in result.accounts} == {
        "my_check rejects all 2 wrong layers and accepts all 1 right"
    }
    (said,), _ = account(lambda f, b: True)
    assert "rejects 0 of 2 wrong layers, and 0 of 1 right ones: 0/2 − 0/1 = 0 %" in said
    assert "accepted, but wrong: sign" in said and "accepted, but wrong: raises" in said
    (said,), _ = account(lambda f, b: False)
    assert "2/2 − 1/1 = 0 %" in said and "rejected, but right: plain" in said


def test_a_critic_that_raises_is_told_so():
    (said,), result = account(lambda f, b: f(np.ones(2), np.ones(2)).nothing)
    assert "on 1 of 1 right layers it raised one: AttributeError" in said
    assert any(finding.frames for finding in result.findings)
    said, _ = account(lambda f, b: None)
    assert said == {"my_check returned None; expected True or False. Is a return missing?"}


def test_hidden_members_differ_from_public_ones():
    from autograder.exercises.cases import make_cases

    texts = [CRITIC.script(make_cases(CRITIC, seed)[0]).calls[0].args[0] for seed in ("a", "b")]
    assert texts[0].source != texts[1].source


def test_layers_under_test_cannot_be_told_by_their_code():
    from autograder.exercises.cases import make_cases
    from autograder.exercises.interpreter import execute

    seen = []

    def spy(forward, backward):
        inner = [f.__closure__[0].cell_contents.__code__ for f in (forward, backward)]
        told = {name for code in inner for name in code.co_names}
        seen.append((forward.__code__.co_code, frozenset(told), inner[1].co_code))
        return True

    for seed in ("a", "b"):
        execute(CRITIC.script(make_cases(CRITIC, seed)[0]), {"my_check": spy})
    outside, names, code = (set(part) for part in zip(*seen, strict=True))
    assert len(outside) == 1 and len(code) == len(seen)
    assert all("outer" in told and "ones_like" in told for told in names)


class Value:
    """Right, and short."""

    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return type(self)(self.data + other.data, ((self, 1.0), (other, 1.0)))

    __radd__ = __add__

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return type(self)(self.data * other.data, ((self, other.data), (other, self.data)))

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad


class Careless(Value):
    """Adds to the gradients of the backward before."""

    def backward(self):
        kept = [(parent, parent.grad) for parent, _ in self.parents]
        super().backward()
        for parent, grad in kept:
            parent.grad += grad


EXPRESSIONS = named(
    Expressions(
        "Value",
        inputs={"a": "", "b": ""},
        expressions={"sum": "a + b + 2", "fork": "c = a * b\nc + a", "again": "a + b"},
        repeat={"again": 2},
        points=3,
    )
)


def test_expressions_are_judged_one_by_one():
    assert graded(EXPRESSIONS, {"Value": Value}, {"Value": Value}).score == 3
    assert graded(EXPRESSIONS, {"Value": Value}, {"Value": Careless}).outputs == {
        "sum": True,
        "fork": True,
        "again": False,
    }


def test_a_method_that_is_missing_costs_its_expressions_only():
    class NoProduct(Value):
        __mul__ = None

    result = graded(EXPRESSIONS, {"Value": Value}, {"Value": NoProduct})
    assert result.outputs == {"sum": True, "fork": False, "again": True}
    assert "__mul__ is a NoneType" in in_full(result.findings[0], "Value")


@pytest.mark.parametrize("text", ["a @ b", "2 + 3", "c + a", "for i in a: pass"])
def test_expressions_that_cannot_be_asked(text):
    with pytest.raises(DeclarationError):
        Expressions("Value", inputs={"a": ""}, expressions={"x": text}, points=1)


@pytest.mark.parametrize("exercise", [WITNESS, CRITIC, EXPRESSIONS], ids=lambda e: type(e).__name__)
def test_declarations_travel(exercise):
    assert encode(decode(encode(exercise))) == encode(exercise)
