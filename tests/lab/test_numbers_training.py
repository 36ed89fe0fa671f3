"""What 04_training says about its experiments is true, over several seeds and with room."""

from itertools import pairwise

import numpy as np
import pytest

from autograder.lab import data, training
from autograder.lab.network import Network

SEEDS = range(3)


@pytest.fixture(scope="module")
def own(notebook):
    return notebook("04_training").namespace


@pytest.fixture(scope="module")
def digits():
    return data.digits()


def through(x, activation, draw, layers=10):
    h, sizes = x, []
    for _ in range(layers):
        h = activation(h @ draw())
        sizes.append(np.sqrt(np.mean(h**2)))
    return h, sizes


def relu(h):
    return np.maximum(h, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_how_a_signal_is_lost_or_kept(own, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(500, 200))
    _, faded = through(x, np.tanh, lambda: 0.01 * rng.normal(size=(200, 200)))
    steps = [a / b for a, b in pairwise(faded)]
    assert all(6 < step < 8.5 for step in steps)  # "fades by a factor of seven"
    loud, sizes = through(x, np.tanh, lambda: rng.normal(size=(200, 200)))
    assert sizes[-1] > 0.8 and np.mean(1 - loud**2) < 0.1
    calm, sizes = through(x, np.tanh, lambda: own["xavier_init"](200, 200, rng))
    assert 0.1 < sizes[-1] < 0.5 and np.mean(1 - calm**2) > 0.8
    _, halved = through(x, relu, lambda: own["xavier_init"](200, 200, rng))
    _, kept = through(x, relu, lambda: own["he_init"](200, 200, rng))
    assert halved[-1] < 0.1 and 0.4 < kept[-1] < 2.5


def accuracy_after_five(digits, activation, std, seed):
    sizes = (64, *[50] * 8, 10)
    network = Network(sizes, [std] * 9, np.random.default_rng(seed), activation)
    with np.errstate(all="ignore"):
        for _, rows in training.minibatches(len(digits.X), 50, 5, np.random.default_rng(seed)):
            grads = network.loss_and_grads(digits.X[rows], digits.y[rows])[1]
            for name in network.parameters:
                network.parameters[name] = network.parameters[name] - 0.05 * grads[name]
    return training.accuracy(network.scores, digits.X_val, digits.y_val)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_grid_of_starts(digits, seed):
    he, xavier = np.sqrt(2 / 50), np.sqrt(2 / 100)
    assert accuracy_after_five(digits, "relu", he, seed) > 0.75
    assert accuracy_after_five(digits, "tanh", xavier, seed) > 0.8
    assert accuracy_after_five(digits, "relu", 0.01, seed) < 0.2
    assert accuracy_after_five(digits, "sigmoid", xavier, seed) < 0.2
    assert 0.2 < accuracy_after_five(digits, "sigmoid", 1.0, seed) < 0.8  # it crawls


def test_the_dashboard_of_three_networks(own, digits):
    seen, dead = {}, {}
    for title, std, rate in (("well", None, 0.1), ("small", 0.01, 0.1), ("wild", None, 3.0)):
        stds = [std or np.sqrt(2 / fan) for fan in (64, 50, 50, 50)]
        network = Network((64, 50, 50, 50, 10), stds, np.random.default_rng(0))
        watch = own["GradientInspector"](low=1e-4, high=3.0)
        with np.errstate(all="ignore"):
            for _, rows in training.minibatches(len(digits.X), 50, 2, np.random.default_rng(0)):
                grads = network.loss_and_grads(digits.X[rows], digits.y[rows])[1]
                for i in range(4):
                    watch.check(f"w{i}", network.parameters[f"w{i}"], grads[f"w{i}"])
                for name, value in network.parameters.items():
                    network.parameters[name] = value - rate * grads[name]
        seen[title] = np.array([watch.history[f"w{i}"] for i in range(4)])
        dead[title] = max(watch.dead_share(acts) for acts in network.activations)
    assert np.all(seen["well"].max(axis=0) < 10 * seen["well"].min(axis=0))
    assert np.median(seen["small"][:3]) < np.median(seen["small"][3]) / 5 < 1e-3
    assert seen["wild"][:, :15].max() > 100 and np.all(seen["wild"][:3, 20:] == 0)
    assert dead["well"] < 0.2 and dead["wild"] == 1


def test_the_first_step_without_correction(own):
    w, dw = np.zeros(3), np.array([0.5, -2.0, 1.0])
    settings = {"learning_rate": 1.0, "beta1": 0.9, "beta2": 0.999, "epsilon": 0.0}
    right = own["adam"](w, dw, dict(settings))[0]
    m, v = 0.1 * dw, 0.001 * dw**2
    factor = (m / np.sqrt(v)) / -right
    assert factor == pytest.approx(own["answer_first_step"], rel=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_learning_by_heart(digits, seed):
    gaps = {}
    for decay in (0.0, 0.02):
        rng = np.random.default_rng(seed)
        few = rng.permutation(len(digits.X))[:100]
        X, y = digits.X[few], digits.y[few].copy()
        y[:20] = rng.integers(0, 10, 20)
        network = Network(
            (64, 100, 10), [np.sqrt(2 / 64), np.sqrt(2 / 100)], np.random.default_rng(seed)
        )
        train, val = [], []
        for _ in range(120):
            for rows in np.array_split(rng.permutation(100), 5):
                grads = network.loss_and_grads(X[rows], y[rows])[1]
                for key, value in network.parameters.items():
                    pull = decay * value * key.startswith("w")
                    network.parameters[key] = value - 0.3 * (grads[key] + pull)
            for losses, inputs, truth in ((train, X, y), (val, digits.X_val, digits.y_val)):
                scores = network.scores(inputs)
                picked = scores[np.arange(len(truth)), truth]
                losses.append(np.mean(np.logaddexp.reduce(scores, axis=1) - picked))
        gaps[decay] = val[-1] - train[-1]
        if decay == 0:
            assert train[-1] < 0.06 and val[-1] > 1.1 * min(val)
    assert gaps[0.02] < 0.75 * gaps[0.0]


def test_the_naive_inspector_is_wrong_four_times(own):
    rng = np.random.default_rng(0)
    small = rng.normal(size=(50, 50))
    broken = small.copy()
    broken[3, 4] = np.nan
    trials = [
        (300 * rng.normal(size=(1000, 1000)), 3 * rng.normal(size=(1000, 1000))),
        (1e-3 * small, 1e-2 * small),
        (small, 1e-8 * small),
        (small, broken),
    ]
    naive, better = own["NaiveInspector"](), own["GradientInspector"](1e-6, 1.0)
    assert [naive.check("w", *t) for t in trials] == ["exploding", "ok", "ok", "ok"]
    assert [better.check("w", *t) for t in trials] == ["ok", "exploding", "vanishing", "nan"]
    assert len(naive.history) == 1 and len(better.history["w"]) == 4


@pytest.mark.parametrize("seed", SEEDS)
def test_rounding_costs_about_a_digit_in_sixty_layers(own, seed):
    rng = np.random.default_rng(seed)
    weights = [own["he_init"](100, 100, rng) for _ in range(60)]
    start, end = rng.normal(size=(50, 100)), rng.normal(size=(50, 100))
    found = {}
    for dtype in (np.float32, np.float64):
        h, alive = start.astype(dtype), []
        for w in weights:
            h = np.maximum(h @ w.astype(dtype), 0)
            alive.append(h > 0)
        back = end.astype(dtype)
        for w, mask in zip(reversed(weights), reversed(alive)):
            back = (back * mask) @ w.astype(dtype).T
        found[dtype] = back.astype(float)
    gap = np.linalg.norm(found[np.float32] - found[np.float64]) / np.linalg.norm(found[np.float64])
    assert 2e-7 < gap < 3e-5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_only_the_adaptive_ones_stand_their_largest_rate(own, digits, seed):
    methods = {
        "plain": (lambda w, dw, c: (w - c["learning_rate"] * dw, c), {}, 1.0),
        "momentum": (own["sgd_momentum"], {"momentum": 0.9}, 1.0),
        "rmsprop": (own["rmsprop"], {"decay_rate": 0.99, "epsilon": 1e-8}, 0.01),
        "adam": (own["adam"], {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, 0.01),
    }
    runs = dict(methods)
    runs |= {f"{name}, slow": (u, s, rate / 100) for name, (u, s, rate) in methods.items()}
    runs |= {f"{name}, middling": (u, s, rate / 10) for name, (u, s, rate) in methods.items()}
    ends = {}
    for method, (update, settings, rate) in runs.items():
        network = Network(
            (64, 50, 50, 10),
            [np.sqrt(2 / fan) for fan in (64, 50, 50)],
            np.random.default_rng(seed),
        )
        configs = {name: {"learning_rate": rate, **settings} for name in network.parameters}
        losses = []
        with np.errstate(all="ignore"):
            for _, rows in training.minibatches(len(digits.X), 50, 5, np.random.default_rng(seed)):
                loss, grads = network.loss_and_grads(digits.X[rows], digits.y[rows])
                losses.append(loss)
                for name, value in network.parameters.items():
                    network.parameters[name], configs[name] = update(
                        value, grads[name], configs[name]
                    )
        ends[method] = np.mean(losses[-20:])
    assert ends["plain"] > 0.5 and ends["momentum"] > 1.5
    assert max(ends["rmsprop"], ends["adam"]) < 0.3
    assert all(ends[f"{name}, slow"] > 2 * ends[f"{name}, middling"] for name in methods)


def test_each_doubling_buys_less_and_augmentation_what_it_shows(experiment):
    names = experiment("04_training", "accuracy in per cent with 50 digits")
    plain, jiggled = (np.array(row) for row in names["still"].values())
    moved, moved_jiggled = (np.array(row) for row in names["about"].values())
    assert plain[1] - plain[0] > 0.15 and abs(plain[-1] - plain[-2]) < 0.025
    assert 0.81 < plain[1] < 0.87
    assert 1.7 < moved_jiggled[-1] / moved[-1] < 2.1
    assert jiggled[0] > plain[0] and 0.02 < plain[-1] - jiggled[-1] < 0.09


def test_transfer_has_three_signs(experiment):
    names = experiment("04_training", "where does the old network help most")
    noise, right, corner = np.array(names["grid"])
    assert noise[2] > noise[3] + 0.1 and noise[2] - noise[1] > 0.4  # worth more than ten of each
    assert right[2] - right[1] > 0.08 and abs(right[4] - right[3]) < 0.02
    assert corner[2] < corner[1] and corner[4] < corner[3] - 0.03
    assert noise[0] > right[0] > corner[0]
