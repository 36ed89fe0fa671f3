"""A class whose methods give no value says which method, and never that the class is undefined."""

import pytest

from autograder.checks.compare import Expected, difference
from autograder.exercises import array
from autograder.exercises.cases import make_cases
from autograder.exercises.expressions import Expressions
from autograder.exercises.interpreter import execute
from autograder.exercises.script import Broken
from autograder.explain.bank import agree, fingerprint

RECORDER = Expressions(
    "Node",
    inputs={"a": array(""), "b": array("")},
    expressions={"sum": "a + b", "product": "a * b", "both": "a * b + a"},
    points=3,
)


class Node:
    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def __add__(self, other):
        return Node(self.data + other.data)

    def __mul__(self, other):
        return Node(self.data * other.data)

    def backward(self):
        self.grad = 1.0


def seen(cls):
    case = make_cases(RECORDER, 1)[0]
    names = {"Node": cls} if cls else {}
    return RECORDER.observe(case, execute(RECORDER.script(case), names))["Node"]


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (None, "__mul__ returned None; expected a Node. Is a return missing?"),
        (2.5, "__mul__ returned float; expected a Node"),
    ],
)
def test_a_method_that_returns_no_node(result, says):
    class Wrong(Node):
        __mul__ = lambda self, other: result  # noqa: E731

    outputs = seen(Wrong).outputs
    assert outputs["sum"]["a.grad"] == 0.0
    for name in ("product", "both"):
        assert outputs[name].type_name == f"TypeError: {says}"


def test_nothing_returns_a_node():
    class Wrong(Node):
        def __add__(self, other):
            Node.__add__(self, other)

        __mul__ = __add__

    failure = seen(Wrong).failure
    assert failure.kind == "exception" and failure.type_name == "TypeError"
    assert failure.message.startswith("__add__ returned None")


def test_a_method_that_is_not_there():
    class Short:
        def __init__(self, data):
            self.data, self.grad = data, 0.0

    failure = seen(Short).failure
    assert (failure.kind, failure.type_name) == ("exception", "AttributeError")
    assert failure.message == "__add__ is not defined"


def test_a_class_that_is_not_there():
    assert seen(None).failure.kind == "missing"


def test_the_message_says_why_and_no_more():
    class Wrong(Node):
        __mul__ = lambda self, other: None  # noqa: E731

    found = difference(seen(Wrong).outputs["product"], Expected({"data": 1.0}))
    assert found.kind == "broken" and found.got.startswith("TypeError")


def test_two_that_failed_are_alike_only_in_how_they_failed():
    one, other = Broken("TypeError: a"), Broken("TypeError: B")
    assert agree(fingerprint(one), fingerprint(Broken(one.type_name)))
    assert not agree(fingerprint(one), fingerprint(other))
