"""Two functions that crash in the same way need not make the same mistake."""

import numpy as np
import pytest

from autograder.exercises import Function, edit
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from autograder.explain.known import mistake_of


def halve(x):
    return x / 2


def quarter(x):
    return halve(halve(x))


GLOBALS = {"np": np, "halve": halve, "quarter": quarter}


def crashing(x):
    raise ValueError("no")


@pytest.fixture(scope="module")
def question():
    """`quarter`, with a mistake of its own and one of the function that it calls; both crash."""
    own = edit("quarter", "halve(halve(x))", "crash", name="own", says="own")
    called = edit("halve", "x / 2", "crash", name="called", says="called")
    asked = Function(quarter, inputs={"x": "N D"}, outputs=["out"], points=1, mistakes=[own])
    runners = {
        own: LocalRunner({**GLOBALS, "quarter": crashing}),
        called: LocalRunner({**GLOBALS, "quarter": crashing}),
    }

    def ask(*mistakes):
        known = {mistake: runners[mistake] for mistake in mistakes}
        return prepare(asked, reference=LocalRunner(GLOBALS), mistaken=known, hidden=False)

    return {"own": ask(own), "called": ask(called)}


@pytest.mark.parametrize(("which", "names"), [("own", {"own"}), ("called", set())])
def test_a_crash_alone_names_no_mistake_of_another_function(question, which, names):
    runner = LocalRunner({**GLOBALS, "quarter": crashing})
    (result,) = examine([question[which]], runner)
    assert result.score == 0
    assert mistake_of(result) == names
