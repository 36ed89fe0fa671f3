"""The ready network and its training loop: gradients are right, every example is visited once."""

import numpy as np
import pytest

from autograder.lab import data, memory, training
from autograder.lab.network import Network, Plug
from autograder.numerical import numerical_gradient


def scaled_forward(h, gamma, beta, param):
    return gamma * h + beta, (h, gamma)


def scaled_backward(dout, cache):
    h, gamma = cache
    return dout * gamma, (dout * h).sum(axis=0), dout.sum(axis=0)


def halved_forward(h, param):
    return h / 2, None


def halved_backward(dout, cache):
    return [dout / 2]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "none"])
def test_gradients_of_the_ready_network(activation):
    rng = np.random.default_rng(0)
    net = Network(
        (4, 5, 6, 3), 0.7, rng, activation,
        normalise=Plug(scaled_forward, scaled_backward),
        dropout=Plug(halved_forward, halved_backward, learns=False),
    )  # fmt: skip
    X, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    _, grads = net.loss_and_grads(X, y)
    assert grads.keys() == net.parameters.keys()
    for name, value in list(net.parameters.items()):

        def loss(moved, name=name):
            net.parameters[name] = moved
            return net.loss_and_grads(X, y)[0]

        measured, bound = numerical_gradient(loss, value)
        net.parameters[name] = value
        assert np.all(np.abs(grads[name] - measured) <= bound + 1e-8), name
        if activation != "relu":  # the bound is wide near kinks
            assert np.max(bound) < 1e-6, name


def test_every_epoch_visits_each_example_once():
    seen = [rows for _, rows in training.minibatches(10, 4, 2, np.random.default_rng(0))]
    assert [len(rows) for rows in seen] == [4, 4, 2] * 2
    assert sorted(np.concatenate(seen[:3])) == list(range(10))
    assert list(seen[0]) != list(seen[3])


def test_training_records_and_learns(capsys):
    digits = data.digits()
    net = Network((64, 20, 10), 0.2, np.random.default_rng(0))
    history = training.train(
        net.loss_and_grads, net.parameters, digits, step=lambda w, dw: w - 0.5 * dw,
        predict=net.scores, epochs=3,
    )  # fmt: skip
    assert len(history.val) == len(history.train) == 3
    assert len(history.loss) == 3 * 29
    assert history.val[-1] > 0.6
    assert "87/87" in capsys.readouterr().out


def test_progress_needs_no_length(capsys):
    assert list(training.progress(iter("abc"), label="spelling")) == ["a", "b", "c"]
    assert "spelling" in capsys.readouterr().out


def test_rprop_finds_the_bottom_of_a_bowl():
    parameters = {"w": np.array([3.0, -2.0])}
    pace = training.Rprop()
    for _ in range(200):
        pace.update(parameters, {"w": 2 * parameters["w"] * np.array([1.0, 100.0])})
    assert np.abs(parameters["w"]).max() < 1e-3


def test_a_cache_is_counted_once():
    x = np.zeros((4, 2))

    class Kept:
        def __init__(self):
            self.rows, self.again = x, [x.T, {"x": x}]

    assert memory.size_of(Kept()) == 64
    assert memory.size_of((x, 3.0, "text", None)) == 64
