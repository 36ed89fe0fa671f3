"""An input exposes a card or not, and what hides the mistake is found by trying other numbers."""

import numpy as np
import pytest

from autograder.errors import DeclarationError
from autograder.exercises import Witness
from autograder.exercises.witness import Card, trait
from autograder.feedback.say import said
from autograder.feedback.say import said as said_of

RNG = np.random.default_rng(0)


def bent(x, w):
    out = np.tanh(x @ w)
    return out, (x, w, out)


def first_only(dout, cache):
    x, w, out = cache
    dz = dout * (1 - out**2)
    return dz @ w.T, np.outer(x[0], dz[0])


def true(dout, cache):
    x, w, out = cache
    dz = dout * (1 - out**2)
    return dz @ w.T, x.T @ dz


OUTER = Card(bent, first_only, ("x", "w", "dout"))
HONEST = Card(bent, true, ("x", "w", "dout"))
UPSTREAM = Card(
    lambda x: (np.logaddexp(0, x), x), lambda dout, x: 1 / (1 + np.exp(-x)), ("x", "dout")
)
X, W, DOUT = (
    np.array([[0.5, -1.0], [1.0, 0.25]]),
    np.array([[0.3], [-0.2]]),
    np.array([[1.0], [2.0]]),
)


def exposes(found):
    return found.name.startswith("exposed.")


def test_how_the_card_is_wrong_is_told_with_both_numbers():
    found = OUTER.examine([X, W, DOUT])
    right = (X.T @ (DOUT * (1 - np.tanh(X @ W) ** 2)))[0, 0]
    assert f"it says dw[0, 0] = 0.4434; measured it is {right:.4g}" in said(found)


def test_an_error_of_a_thousandth_exposes():
    x, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 1))  # the second tanh is all but flat
    assert exposes(OUTER.examine([x, w, np.ones((2, 1))]))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 5.0, 100.0, 1e6])
@pytest.mark.parametrize("seed", range(4))
def test_a_right_card_is_never_exposed_nor_kinked(scale, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=s) * k for s, k in (((3, 2), scale), ((2, 4), 1), ((3, 4), 10.0))]
    found = HONEST.examine(arrays)
    assert not exposes(found) and "kink" not in said(found)


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ([X[:1], W, DOUT[:1]], "no other numbers in arrays of these shapes"),
        (
            [X * [[1], [0]], W, DOUT],
            "another x (yours has a row of zeros) would expose it",
        ),
        (
            [X, W, DOUT * [[1], [0]]],
            "another dout (yours has a row of zeros) would",
        ),
        ([X * [[1], [0]], W, DOUT * [[1], [0]]], "other numbers in several"),
        (
            [np.arange(4.0).reshape(2, 2), 30 * np.eye(2), np.ones((2, 2))],
            "smaller numbers in x or smaller numbers in w would expose it",
        ),
        ([X, W.T, DOUT], "does not take these arrays"),
        ([X, W, DOUT[:, 0]], "dout has shape (2,)"),
    ],
)
def test_what_hides_the_mistake(arrays, why):
    assert why in said(OUTER.examine(arrays))


def test_an_upstream_of_ones_is_named():
    found = UPSTREAM.examine([np.array([0.5, -1.0]), np.ones(2)])
    assert said(found).endswith("another dout (yours is all ones) would expose it")


def test_shapes_and_sizes_do_not_change_the_sign():
    signs = {
        str(UPSTREAM.examine([RNG.normal(size=shape), np.ones(shape)]))
        for shape in [(1,), (3,), (2, 2)]
    }
    assert len(signs) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0, 0], "zeros"),
        ([[1, 2], [0, 0]], "zero_row"),
        ([1, 0], "some_zeros"),
        ([1, 2], "positive"),
        ([-1, -2], "negative"),
        ([1, -2], ""),
    ],
)
def test_traits(values, said):
    assert trait(np.array(values, float)) == said


def expose():
    return X, W, DOUT


def source_forward(x, w):
    return x @ w, (x, w)


def source_backward(dout, cache):
    x, w = cache
    return dout @ w.T, np.outer(x[0], dout[0])


SHAPED = Witness(
    expose, forward=source_forward, backward=source_backward, points=1,
    returns={"x": "N D", "w": "D M", "dout": "N M"},
)  # fmt: skip


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ((X, W, DOUT), ""),
        ((X[0], W, DOUT[0]), "x has shape (2,); expected (N, D)"),  # one bare example is no batch
        ((X, W.T, DOUT), "w has shape (1, 2); expected (D, M), and x has D = 2"),
        ((X, W, DOUT[:1]), "dout has shape (1, 1); expected (N, M), and x has N = 2"),
    ],
)
def test_declared_shapes_are_asked_for(arrays, said):
    found = SHAPED._examined(arrays)
    assert exposes(found) == (not said)
    assert not said or said_of(found) == said


@pytest.mark.parametrize("returns", [["x", "dout"], {"dout": "N"}])
def test_a_witness_needs_names_and_shapes(returns):
    with pytest.raises(DeclarationError, match="name -> shape"):
        Witness(expose, forward=source_forward, backward=source_backward, points=1, returns=returns)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (1, 1, 1)])
@pytest.mark.parametrize("value", [0.0, 1.0, -2.5, 1e300, np.inf, np.nan])
@pytest.mark.parametrize("card", [OUTER, HONEST, UPSTREAM])
def test_an_input_of_any_shape_is_judged_without_a_fault(card, shape, value):
    arrays = [np.full(shape, value) for _ in card.names]
    with np.errstate(all="ignore"):
        found = card.examine(arrays)
    assert said(found)
    assert not (card is HONEST and exposes(found))
