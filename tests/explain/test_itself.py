"""The next step after an error message of Python or NumPy: each message is provoked, not quoted."""

import linecache
import math

import numpy as np
import pytest

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Finding, RowResult
from autograder.exercises.fact import fact, type_of
from autograder.exercises.interpreter import describe
from autograder.exercises.script import Opaque
from autograder.explain.itself import by_itself
from autograder.feedback.say import advice

X = np.linspace(-1.0, 1.0, 5)


def unassigned(flag=False):
    if flag:
        out = 1
    return out


CELL = """
def scale(x):
    total = x.sum()
    return total

def squeezed(x):
    return x / total

def slip(x):
    mean = x.mean()
    return [x - maen for _ in range(2)]

def late(x):
    if x is None:
        out = 0
    return out

def many_indices(x):
    rows, columns = np.arange(2), np.arange(3)
    a = np.zeros((3, 3))
    return a[rows, columns]

def too_small(x):
    a = np.zeros((7, 2))
    a[1:, 0] = x * 2
    return a

def beyond(x):
    a = np.zeros((7, 2))
    a[0, 2] = x[0]
    return a

def of_a_call(x):
    kept = {"a": np.zeros((5, 2, 18))}
    return kept["a"] / np.sqrt(np.ones((5, 3, 1)))

def round_about(x):
    a = x[:, None, None] + np.zeros((5, 4, 3))
    return a @ a.T

def turned_first(x):
    a = x[:, None, None] + np.zeros((5, 4, 3))
    b = np.ones((4, 2))
    return a.T @ b

def invented(x):
    return np.erf(x)

def misspelt(x):
    return np.random.default_rgn(0)

def drawn_as_before(x):
    rng = np.random.default_rng(0)
    return rng.randn(3)

def two_shapes(x):
    return np.zeros(2, 3)

def two_of_one(x):
    return abs(x, x)

def of_an_array(x):
    return x.reshap(-1)

def no_number(x):
    return float([x])

def of_another_key(x):
    cache = {"slope": x, "w": x, (1, 2): x}
    return cache["f"] * x

def counted_on(x):
    totals = {}
    totals["x"] += x
    return totals

def no_place(x):
    stds = []
    stds[0] = x.std()

def of_channels(x):
    return np.ones((5, 6, 2, 3)) * np.ones(6)

def append_to_array(x):
    return x.append(1)
"""


def of_cell(name):
    """A function of a student's cell, called."""
    namespace = {"np": np}
    linecache.cache["<cell>"] = (len(CELL), None, CELL.splitlines(True), "<cell>")
    exec(compile(CELL, "<cell>", "exec"), namespace)
    return lambda: namespace[name](X)


def told_of(blunder, hidden=False):
    """What is said of what a blunder raises."""
    with pytest.raises(Exception) as caught:
        blunder()
    finding = Finding(Check.FAILURE, hidden=hidden, failure=describe(caught.value))
    result = RowResult("f", 0.0, 1.0, "error", {"out": False}, (finding,))
    found = by_itself(result, None, {None})
    return advice(found[None]) if found else ""


@pytest.mark.parametrize(
    ("blunder", "told"),
    [
        (lambda: 1 if X > 0 else 0, "np.where"),
        (lambda: X < 0 or X > 0.5, "np.where"),
        (lambda: X < 0 | X > 0.5, "brackets"),
        (lambda: math.exp(X), "np.exp"),
        (lambda: X * (X, {"kept": X[1:]}), "out, cache = f(x)"),
        (lambda: X * (X, X[1:]), "out, cache = f(x)"),
        (lambda: (X, X) - 1, "out, cache = f(x)"),
        (lambda: {}["velocity"], "d.get("),
        (
            of_cell("squeezed"),
            "Line 2 of squeezed: no line before it gives `total` a value. scale has a variable",
        ),
        (
            of_cell("slip"),
            "Line 3 of slip: no line before it gives `maen` a value. Do you mean `mean`?",
        ),
        (
            of_cell("late"),
            "Line 4 of late: no line before it gives `out` a value. Is the line missing",
        ),
        (
            of_cell("too_small"),
            "Line 3 of too_small: `x * 2` has shape (5,) and does not fit into `a[1:, 0]`, a place "
            "of shape (6,)",
        ),
        (of_cell("beyond"), "Line 3 of beyond: in `a[0, 2]` the array has shape (7, 2); the index"),
        (
            of_cell("of_a_call"),
            "`kept['a']` (5, 2, 18) / `np.sqrt(np.ones((5, 3, 1)))` (5, 3, 1): these shapes cannot",
        ),
        (of_cell("round_about"), "(3, 4, 5): the inner sizes 3 and 4 differ. With three axes"),
        (of_cell("turned_first"), "swapaxes(-1, -2)"),
        (of_cell("invented"), "Line 2 of invented: there is no `np.erf`. Is it a function of anot"),
        (of_cell("misspelt"), "Do you mean `np.random.default_rng`?"),
        (of_cell("drawn_as_before"), "Line 3 of drawn_as_before: there is no `rng.randn`."),
        (of_cell("two_shapes"), "Line 2 of two_shapes: `np.zeros` cannot be called with these"),
        (of_cell("two_of_one"), "`abs` cannot be called"),
        (of_cell("of_an_array"), "there is no `x.reshap`. Do you mean `x.reshape`?"),
        (of_cell("no_place"), "append"),
        (of_cell("of_channels"), "belongs to the axis of size 6, give it the shape (1, 6, 1, 1)."),
        (of_cell("of_another_key"), "`cache` has no entry 'f'; it has 'slope', 'w'. Is it kept"),
        (of_cell("counted_on"), "`totals` has no entry 'x'; nothing is in it yet. d.get(key"),
        (lambda: [].append(1, 2), "append((a, b))"),
        (lambda: X.reshape(5 / 5, 5), "Write //."),
        (lambda: [0 for _ in range(4 / 2)], "Write //."),
        (lambda: X[: len(X) / 2], "Write //."),
        (lambda: X[5:].max(), "is empty"),
        (unassigned, "Is the line missing"),
        (lambda: [].append(1) + 1, "without a return"),
        (lambda: X * print(end=""), "without a return"),
        (lambda: 1 if not X else 0, "y is None"),
        (lambda: input.T @ X, "function of Python's own"),
        (lambda pairs=(x for x in X): pairs[0], "out, cache"),
        (lambda: np.product(X), "np.product was removed in NumPy 2; write np.prod"),
        (lambda: np.in1d(X, X), "write np.isin"),
        (lambda: np.float_(1), "write np.float64"),
        (lambda: np.reshape(X, newshape=(5, 1)), "shape=…"),
    ],
)
def test_a_common_error_comes_with_the_next_step(blunder, told):
    assert told in told_of(blunder)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ((x for x in X), "`yield`"),
        (np.maximum, "brackets"),
        (lambda: X, "brackets"),
        (X.sum, "brackets"),
        (Opaque("coroutine"), "`async`"),
        (None, ""),
    ],
)
def test_what_is_returned_and_is_no_value_comes_with_the_next_step(value, told):
    got = type_of(value)
    one = Finding(Check.CONTRACT, fact=fact("returned.one", what="f", got=got, wanted=["a", "b"]))
    other = Finding(Check.CONTRACT, "a", difference=Difference("type", got=got))
    found = by_itself(RowResult("f", 0.0, 1.0, "wrong", {}, (one, other)), None, {None, "a"})
    assert all(told in advice(said) for said in found.values()) and len(found) == 2 * bool(told)


def test_other_errors_and_hidden_ones_speak_for_themselves():
    assert told_of(lambda: 1 / 0) == told_of(lambda: X * None, hidden=True) == ""
    assert told_of(of_cell("many_indices")) == ""  # no index is beyond the array
