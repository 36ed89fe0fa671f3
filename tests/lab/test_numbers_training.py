"""What 04_training says about its experiments is true, over several seeds and with room."""

import re
from itertools import pairwise

import numpy as np
import pytest

NOTEBOOK = "04_training"
SEEDS = range(2)


@pytest.mark.parametrize("seed", SEEDS)
def test_how_a_signal_is_lost_or_kept(experiment, seed):
    after = experiment(NOTEBOOK, "size after 10 layers", seed=seed)
    sizes, slopes = after["sizes"], after["slopes"]
    assert all(6 < a / b < 8.5 for a, b in pairwise(sizes["tanh, 0.01"]))  # "by a factor of seven"
    assert sizes["tanh, 1"][-1] > 0.8 and slopes["tanh, 1"][-1] < 0.1
    assert 0.1 < sizes["tanh, Xavier"][-1] < 0.5 and slopes["tanh, Xavier"][-1] > 0.8
    assert sizes["ReLU, Xavier"][-1] < 0.1 and 0.4 < sizes["ReLU, He"][-1] < 2.5


@pytest.mark.slow
def test_the_grid_of_starts(experiment):
    relu, tanh, sigmoid = experiment(NOTEBOOK, "the start decides")["grid"]
    assert relu[0] < 0.2 and relu[2] > 0.75 and tanh[1] > 0.8
    assert sigmoid[1] < 0.2 < sigmoid[3] < 0.8  # it crawls


def test_the_dashboard_of_three_networks(experiment, capsys):
    panels = experiment(NOTEBOOK, "learning rate 3")["panels"]
    well, small, wild = (np.array(list(lines.values())) for lines in panels.values())
    assert np.all(well.max(axis=0) < 10 * well.min(axis=0))
    assert np.median(small[:3]) < np.median(small[3]) / 5 < 1e-3
    assert wild[:, :15].max() > 100 and np.all(wild[:3, 20:] == 1e-8)
    dead = [int(share) for share in re.findall(r"in a layer: (\d+)%", capsys.readouterr().out)]
    assert dead[0] < 20 and dead[2] == 100


def test_the_first_step_without_correction(notebook):
    own = notebook(NOTEBOOK).namespace
    w, dw = np.zeros(3), np.array([0.5, -2.0, 1.0])
    settings = {"learning_rate": 1.0, "beta1": 0.9, "beta2": 0.999, "epsilon": 0.0}
    right = own["adam"](w, dw, dict(settings))[0]
    m, v = 0.1 * dw, 0.001 * dw**2
    assert (m / np.sqrt(v)) / -right == pytest.approx(own["answer_first_step"], rel=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_learning_by_heart(experiment, seed):
    curves = experiment(NOTEBOOK, "the lines part", seed=seed)["curves"]
    train, val, calm_train, calm_val = curves.values()
    assert train[-1] < 0.06 and val[-1] > 1.1 * min(val)
    assert calm_val[-1] - calm_train[-1] < 0.75 * (val[-1] - train[-1])


def test_the_naive_inspector_is_wrong_four_times(experiment, capsys):
    after = experiment(NOTEBOOK, "NaiveInspector()")
    said = re.findall(r"naive: (\w+)", capsys.readouterr().out)
    assert said == ["exploding", "ok", "ok", "ok"] and len(after["naive"].history) == 1
    better = after["GradientInspector"](1e-6, 1.0)
    told = [better.check("w", *trial) for trial in after["trials"].values()]
    assert told == ["ok", "exploding", "vanishing", "nan"] and len(better.history["w"]) == 4


@pytest.mark.parametrize("seed", SEEDS)
def test_rounding_costs_about_a_digit_in_sixty_layers(experiment, seed):
    assert 2e-7 < experiment(NOTEBOOK, "agree after 60", seed=seed)["errors"][-1] < 3e-5


@pytest.mark.slow
def test_only_the_adaptive_ones_stand_their_largest_rate(experiment):
    panels = experiment(NOTEBOOK, "a cliff")["panels"].values()
    ends = [[np.mean(curve[-11:]) for curve in lines.values()] for lines in panels]
    plain, momentum, rmsprop, adam = (largest for *_, largest in ends)
    assert plain > 0.5 and momentum > 1.5 and max(rmsprop, adam) < 0.3
    assert all(slow > 2 * middling for slow, middling, _ in ends)


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
