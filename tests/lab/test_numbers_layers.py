"""What 02_layers says about its experiments is true, over several seeds and with room."""

import numpy as np
import pytest

from autograder.lab import activations, training

NOTEBOOK = "02_layers"
SEEDS = range(2)


@pytest.fixture(scope="module")
def own(notebook):
    return notebook(NOTEBOOK).namespace


def test_the_table_of_slopes(own):
    names = ("sigmoid", "tanh", "relu", "gelu", "swish")
    rows = activations.measure(
        {name: (own[f"{name}_forward"], own[f"{name}_backward"]) for name in names}
    )
    found = {row.name: (round(row.lowest, 4), round(row.highest, 4)) for row in rows}
    assert found == {
        "sigmoid": (0.0, 0.25),
        "tanh": (0.0, 1.0),
        "relu": (0.0, 1.0),
        "gelu": (-0.1289, 1.1289),
        "swish": (-0.0998, 1.0998),
    }
    flat = {row.name: row.flat for row in rows}
    assert flat["tanh"] > flat["sigmoid"] > flat["gelu"] > flat["swish"]


def test_the_popular_gelu_is_off_by_half_a_thousandth(notebook, own):
    (popular,) = (m for m in own["gelu"].mistakes if m.name == "tanh_approximation")
    x = np.linspace(-6, 6, 20001)
    forward = notebook(NOTEBOOK).mistaken(popular).namespace["gelu_forward"]
    gap = np.abs(forward(x)[0] - own["gelu_forward"](x)[0]).max()
    assert 4e-4 < gap < 5e-4


@pytest.mark.parametrize("seed", SEEDS)
def test_first_loss_and_fifty_digits(experiment, seed):
    after = experiment(NOTEBOOK, "learnt by heart", seed=seed)
    fresh = after["TwoLayerNet"](64, 50, 10, np.random.default_rng(seed))
    assert np.log(10) < fresh.loss(after["digits"].X, after["digits"].y)[0] < np.log(10) + 0.6
    net, few = after["net"], after["few"]
    assert training.accuracy(net.loss, few.X, few.y) == 1.0
    assert net.loss(few.X, few.y)[0] < 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_it_reads_digits(experiment, seed):
    after = experiment(NOTEBOOK, "reads digits", seed=seed, before=["learnt by heart"])
    assert after["history"].val[-1] > 0.95


@pytest.mark.parametrize("seed", SEEDS)
def test_learning_rates_creep_fall_and_burst(experiment, seed):
    after = experiment(NOTEBOOK, "too large", seed=seed, before=["learnt by heart"])
    small, right, large = (np.nan_to_num(c, nan=np.inf) for c in after["curves"].values())
    assert np.mean(right[-20:]) < 0.5 < 1.5 < np.mean(small[-20:]) < np.log(10)
    assert max(large) > 100 and np.mean(large[-20:]) > large[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_layers_without_activation_are_one(experiment, seed):
    after = experiment(NOTEBOOK, "two layers with ReLU", seed=seed)
    spirals = after["spirals"]
    assert training.accuracy(after["flat"].scores, spirals.X, spirals.y) < 0.8
    assert training.accuracy(after["bent"].loss, spirals.X, spirals.y) > 0.95


def test_a_whole_column_is_wrong(experiment):
    after = experiment(NOTEBOOK, "spoilt")
    off = np.abs(after["spoilt"] - after["dw"]) > 1e-9
    assert off[:, 2].all() and not np.delete(off, 2, axis=1).any()


def test_differences_cost_thousands_of_times_more(experiment):
    after = experiment(NOTEBOOK, "costs.draw", before=["learnt by heart"])
    last = after["table"][-1]
    assert last.parameters == 18_760
    assert last.ratio > 1000


@pytest.mark.parametrize("seed", SEEDS)
def test_sigmoids_before_softmax_put_a_floor_under_the_loss(experiment, seed):
    after = experiment(NOTEBOOK, "squashed_loss", seed=seed, before=["learnt by heart"])
    plain, squashed = (np.mean(losses[-20:]) for losses in after["runs"].values())
    floor = np.log(1 + 9 / np.e)
    assert f"{floor:.4f}" == "1.4612"
    assert min(min(losses) for losses in after["runs"].values()) < 0.1
    assert plain < 0.1
    assert floor < squashed < floor + 0.15
    digits, net = after["digits"], after["net"]
    assert (
        training.accuracy(net.scores, digits.X_val, digits.y_val) > 0.9
    )  # it still learns to read


@pytest.mark.parametrize("seed", SEEDS)
def test_adversarial_digits(experiment, seed):
    after = experiment(NOTEBOOK, "adversarial.draw", seed=seed, before=["learnt by heart"])
    assert after["along"][0] == after["aside"][0] > 0.95
    assert after["along"][4] < 0.75
    assert after["aside"][4] > 0.93
    assert after["steps"][4] == pytest.approx(0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_eight_pixels_carry_the_answer(experiment, seed):
    before = ["learnt by heart", "adversarial.draw"]
    left = experiment(NOTEBOOK, "speaks = np.array", seed=seed, before=before)["left"]
    assert left["at random"] > 85 and 35 < left["the brightest"] < 65
    assert left["the largest -x dx"] < 3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_classic_network_creeps(experiment, seed):
    bold = experiment(NOTEBOOK, "reads digits", seed=seed, before=["learnt by heart"])["history"]
    after = experiment(NOTEBOOK, "use_mnist", seed=seed, before=["learnt by heart"])
    small = after["history"]
    assert 0.9 < small.val[-1] < bold.val[-1]
    assert (len(small.loss), len(bold.loss)) == (1440, 435)
    assert np.mean(small.loss[-144:]) < np.mean(small.loss[-288:-144])  # it still falls
    net = after["TwoLayerNet"](64, 500, 10, np.random.default_rng(seed))
    digits, sgd = after["digits"], after["sgd"]
    training.train(net.loss, net.params, digits, step=lambda w, dw: sgd(w, dw, 0.1), batch=10)
    assert training.accuracy(net.loss, digits.X_val, digits.y_val) > bold.val[-1]


def test_two_gates_silence_the_worst_of_softmax():
    p = np.exp(-40.0) / (1 + np.exp(-40.0))
    assert -1 / max(p, 1e-12) * p * (1 - p) == pytest.approx(-4e-6, rel=0.1)


def test_the_envelope_and_the_far_end_of_the_sigmoid(notebook):
    names = notebook(NOTEBOOK).namespace
    weights = ([[0.1, -0.2], [0.3, 0.4]], np.zeros(2), [[0.5, -0.5], [-0.3, 0.8]], np.zeros(2))
    given = [np.array(w) for w in weights]
    loss, dw1, *_ = names["sigma_net_backward"](np.array([[1.0, 2.0]]), np.array([0]), *given)
    assert loss == pytest.approx(0.714, abs=5e-4)
    assert np.allclose(dw1, [[-0.113, 0.128], [-0.226, 0.257]], atol=5e-4)
    low, high = names["sigmoid_forward"](np.array([-400.0, 400.0]))[0]
    assert low == pytest.approx(1.9e-174, rel=0.02) and high == 1
    parameters = 64 * 500 + 500 + 5000 + 10
    assert abs(6 * parameters * 14_380 / 3.2e9 - 1) < 0.02
