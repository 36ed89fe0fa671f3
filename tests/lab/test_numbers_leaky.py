"""What 03_leaky says about its experiments is true, over several seeds and with room."""

import itertools
import re

import numpy as np
import pytest

NOTEBOOK = "03_leaky"
SEEDS = range(2)
RATES = "largest rate with less than"


@pytest.mark.parametrize("seed", SEEDS)
def test_saturation_starves_dw_and_feeds_dx(experiment, seed):
    after = experiment(NOTEBOOK, "saturation_report(factor", seed=seed)
    share, dW, dx = after["share"], after["dW_norm"], after["dx_norm"]
    assert share[0] < 0.01 and share[-1] > 0.9
    assert dW[-1] < dW[0] / 5 and dx[-1] > 10 * dx[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_six_sigmoids_deep_it_guesses_and_the_others_learn(experiment, capsys, seed):
    norms = experiment(NOTEBOOK, "tanh, Xavier", seed=seed)["norms"]["sigmoid"]
    assert 300 < norms[-1] / norms[0] < 5000
    assert all(a < b for a, b in itertools.pairwise(norms))
    said = re.findall(r"(\w+)\S*.*: loss (\S+), .*digits (\d+)%", capsys.readouterr().out)
    assert [name for name, *_ in said] == ["sigmoid", "tanh", "ReLU"]
    assert float(said[0][1]) == pytest.approx(np.log(10), abs=0.035)
    assert min(int(right) for *_, right in said[1:]) > 85


@pytest.mark.parametrize("seed", SEEDS)
def test_units_die_beyond_the_cliff(experiment, seed):
    after = experiment(NOTEBOOK, RATES, seed=seed)
    dead = dict(zip(after["rates"], zip(after["first"], after["second"])))
    assert max(dead[0.5]) < 0.1 and min(dead[1.5]) > 0.4
    assert max(at.mean() for at in after["at_start"]) < 0.1  # hardly any unit is born dead
    if seed == 0:  # half dead is not lost; the numbers of the text
        assert 0.35 < dead[1.0][0] < 0.65 and 0.5 < after["accuracy"][4] < 0.85
        assert [round(float(at.mean()), 2) for at in after["at_start"]] == [0.05, 0.02]
        killed = {float(row.split()[0]): int(row.split()[1].rstrip("%")) for row in after["later"]}
        assert max(killed[rate] for rate in (0.1, 0.25, 0.5)) <= 1
        assert 12 < killed[0.75] < 25 and 38 < killed[1.0] < 52 < killed[1.5]


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_second_layer_rises_again(experiment, seed):
    after = experiment(NOTEBOOK, "layer that came back", seed=seed, before=(RATES,))
    first, second = after["revived"]
    assert first == 0 and second > 10
    assert after["asleep"] > after["first"][-1].mean() + 0.1


def test_thirty_seven_and_ten_sigmoids(notebook):
    own = notebook(NOTEBOOK).namespace

    def slope(z):
        s = 1 / (1 + np.exp(-float(z)))
        return s * (1 - s)

    assert next(z for z in range(1, 100) if slope(z) == 0) == own["answer_sigma_zero"]
    assert own["answer_ten_sigmoids"] == pytest.approx(max(slope(0), 0.25) ** 10)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clip_learns_nothing_and_huber_learns_best(experiment, seed):
    learn = experiment(NOTEBOOK, "clip, then square")["learn"]
    runs = [learn(loss, seed) for loss in ("clip, then square", "square", "Huber")]
    clip, square, huber = (wrong[-1] / wrong[0] for wrong, _ in runs)
    assert 0.85 < runs[0][1] < 0.95
    assert huber < 0.15 < square < 0.8 < 0.9 < clip
