"""The lab works with every style that the checks accept: changes in place, gradients in a tuple."""

import numpy as np
import pytest

from autograder.lab import activations, prediction, transformers
from autograder.lab.network import Network


def relu_in_place(x):
    x[x < 0] = 0
    return x, x > 0


def masked_in_place(dout, cache):
    dout *= cache
    return dout


def double_in_place(dout, cache):
    dout *= 2
    return (dout,)


def test_a_function_that_changes_its_arguments_spoils_no_other():
    rows = activations.measure(
        {
            "first": (lambda x: (2 * x, None), double_in_place),
            "ReLU": (relu_in_place, masked_in_place),
            "last": (lambda x: (x.copy(), None), lambda dout, cache: dout),
        }
    )
    assert [(row.lowest, row.highest) for row in rows] == [(2, 2), (0, 1), (1, 1)]
    assert rows[-1].value.min() == -activations.REACH


def test_the_gradient_of_a_loss_may_come_in_a_tuple():
    def bare(scores, y):
        return float(scores.sum()), np.ones_like(scores)

    def wrapped(scores, y):
        loss, signal = bare(scores, y)
        return loss, (signal,)

    X, y = np.random.default_rng(1).normal(size=(5, 4)), np.zeros(5, int)
    nets = [Network((4, 3, 2), 0.5, np.random.default_rng(0), loss=f) for f in (bare, wrapped)]
    (_, one), (_, other) = (net.loss_and_grads(X, y) for net in nets)
    assert all((one[name] == other[name]).all() for name in one)


def softmax(x):
    p = np.exp(x - x.max(axis=-1, keepdims=True))
    p = p / p.sum(axis=-1, keepdims=True)
    return p, p


def softmax_in_place(x):
    x -= x.max(axis=-1, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x, x


def slope(dp, p):
    return p * (dp - (dp * p).sum(axis=-1, keepdims=True))


def slope_in_place(dp, p):
    dp -= (dp * p).sum(axis=-1, keepdims=True)
    dp *= p
    p *= 0  # its work is done
    return dp


def test_what_is_measured_of_a_softmax_in_place_is_what_is_measured_of_any():
    one, other = (
        transformers.score_table(forward, backward, (4, 16))
        for forward, backward in ((softmax, slope), (softmax_in_place, slope_in_place))
    )
    for name in one:
        np.testing.assert_allclose(one[name], other[name])


@pytest.mark.parametrize(
    ("measured", "shown"), [(2.30258, "2.303"), (12334.9, "12,335"), (1e-7, "1e-07"), ("9", "9")]
)
def test_what_was_measured_is_legible(capsys, measured, shown):
    prediction.compare(None, measured, "it")
    assert f"measured {shown}." in capsys.readouterr().out
