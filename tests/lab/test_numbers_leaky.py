"""What 03_leaky says about its experiments is true, over several seeds and with room."""

import itertools

import numpy as np
import pytest

from autograder.lab import data, training
from autograder.lab.network import Network

SEEDS = range(3)
DEEP = (64, 50, 50, 50, 50, 50, 10)
FLAT = (64, 100, 100, 10)


@pytest.fixture(scope="module")
def own(notebook):
    return notebook("03_leaky").namespace


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def descend(network, digits, rate, epochs, seed=0):
    with np.errstate(all="ignore"):
        return training.train(
            network.loss_and_grads, network.parameters, digits,
            step=lambda w, dw: w - rate * dw, epochs=epochs, seed=seed,
        )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_saturation_starves_dw_and_feeds_dx(own, seed):
    rng = np.random.default_rng(seed)
    x, W = rng.normal(size=(200, 100)), 0.1 * rng.normal(size=(100, 50))
    calm, wild = own["saturation_report"](W, x), own["saturation_report"](100 * W, x)
    assert calm[0] < 0.01 and wild[0] > 0.9
    assert wild[1] < calm[1] / 5
    assert wild[2] > 10 * calm[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_six_sigmoids_deep(digits, seed):
    std = [np.sqrt(1 / fan) for fan in DEEP[:-1]]
    network = Network(DEEP, std, np.random.default_rng(seed), "sigmoid")
    grads = network.loss_and_grads(digits.X[:200], digits.y[:200])[1]
    norms = [np.linalg.norm(grads[f"w{i}"]) for i in range(6)]
    assert 300 < norms[-1] / norms[0] < 5000
    assert all(a < b for a, b in itertools.pairwise(norms))


def test_the_sigmoid_network_guesses_and_the_others_learn(digits):
    fans = list(itertools.pairwise(DEEP))
    stuck = Network(DEEP, [np.sqrt(1 / i) for i, _ in fans], np.random.default_rng(0), "sigmoid")
    history = descend(stuck, digits, 0.1, 8)
    assert np.mean(history.loss[-20:]) == pytest.approx(np.log(10), abs=0.03)
    for name, std in (
        ("tanh", [np.sqrt(2 / (i + o)) for i, o in fans]),
        ("relu", [np.sqrt(2 / i) for i, _ in fans]),
    ):
        network = Network(DEEP, std, np.random.default_rng(0), name)
        descend(network, digits, 0.1, 8)
        assert training.accuracy(network.scores, digits.X_val, digits.y_val) > 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_units_die_beyond_the_cliff(own, digits, seed):
    dead = {}
    for rate in (0.5, 1.5):
        network = Network(FLAT, [np.sqrt(2 / i) for i in FLAT[:-1]], np.random.default_rng(seed))
        descend(network, digits, rate, 5, seed)
        network.scores(digits.X)
        dead[rate] = [own["dead_units"](acts).mean() for acts in network.activations]
    assert max(dead[0.5]) < 0.1
    assert min(dead[1.5]) > 0.4


def test_dead_at_the_start_and_killed_later(experiment):
    names = experiment("03_leaky", "largest rate with less than")
    assert [round(float(dead.mean()), 2) for dead in names["at_start"]] == [0.05, 0.02]
    killed = {float(row.split()[0]): int(row.split()[1].rstrip("%")) for row in names["later"]}
    assert max(killed[rate] for rate in (0.1, 0.25, 0.5)) <= 1
    assert 12 < killed[0.75] < 25 and 38 < killed[1.0] < 52 < killed[1.5]


def test_half_dead_is_not_lost(own, digits):
    network = Network(FLAT, [np.sqrt(2 / i) for i in FLAT[:-1]], np.random.default_rng(0))
    network.scores(digits.X)
    before = [own["dead_units"](acts).mean() for acts in network.activations]
    assert max(before) < 0.1  # hardly any unit is born dead
    descend(network, digits, 1.0, 5)
    network.scores(digits.X)
    assert 0.35 < own["dead_units"](network.activations[0]).mean() < 0.65
    assert 0.5 < training.accuracy(network.scores, digits.X_val, digits.y_val) < 0.85


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_second_layer_rises_again(own, digits, seed):
    rng = np.random.default_rng(seed)
    network = Network(FLAT, [np.sqrt(2 / i) for i in FLAT[:-1]], np.random.default_rng(seed))
    seen = []
    for step in range(1, 121):
        rows = rng.choice(len(digits.X), 50, replace=False)
        grads = network.loss_and_grads(digits.X[rows], digits.y[rows])[1]
        for name in network.parameters:
            network.parameters[name] = network.parameters[name] - 1.0 * grads[name]
        if step % 4 == 0:
            network.scores(digits.X)
            seen.append([own["dead_units"](acts) for acts in network.activations])
    asleep = own["dead_units"](network.activations[0][:20]).mean()
    revived = [sum(int((a[k] & ~b[k]).sum()) for a, b in itertools.pairwise(seen)) for k in (0, 1)]
    assert revived[0] == 0 and revived[1] > 10
    assert asleep > seen[-1][0].mean() + 0.1


def test_thirty_seven_and_ten_sigmoids(own):
    def slope(z):
        s = 1 / (1 + np.exp(-float(z)))
        return s * (1 - s)

    assert next(z for z in range(1, 100) if slope(z) == 0) == own["answer_sigma_zero"]
    assert own["answer_ten_sigmoids"] == pytest.approx(max(slope(0), 0.25) ** 10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clip_learns_nothing_and_huber_learns_best(own, seed):
    ends = {}
    for loss in ("clip", "square", "huber"):
        rng = np.random.default_rng(seed)
        truth, W, silent = 2.5 * rng.normal(size=(8, 4)), np.zeros((8, 4)), []
        for _ in range(600):
            state, after = rng.normal(size=(2, 32, 8))
            action, done = rng.integers(0, 4, 32), rng.random(32) < 0.2
            future = 0.9 * (after @ truth).max(axis=1) * ~done
            noise = 3 * rng.standard_t(1.5, size=32)
            reward = own["q_acted"](state @ truth, action) - future + noise
            target = own["td_target"](reward, after @ truth, done, 0.9)
            error = own["q_acted"](state @ W, action) - target
            slope = {
                "clip": np.where(np.abs(error) < 1, error, 0.0),
                "square": error,
                "huber": own["huber_backward"](np.ones(32), own["huber_forward"](error, 1.0)[1]),
            }[loss]
            dQ = np.zeros((32, 4))
            dQ[np.arange(32), action] = slope / 32
            W = W - 0.2 * state.T @ dQ
            silent.append(np.mean(slope == 0))
        ends[loss] = np.abs(W - truth).mean() / np.abs(truth).mean()
        if loss == "clip":
            assert 0.85 < np.mean(silent) < 0.95
    assert ends["clip"] > 0.9
    assert ends["huber"] < 0.15 < ends["square"] < 0.8
