"""What 05_normalisation says about its experiments is true, over several seeds and with room."""

import numpy as np
import pytest

NOTEBOOK = "05_normalisation"
SEEDS = range(2)


@pytest.fixture(scope="module")
def own(notebook):
    return notebook(NOTEBOOK).namespace


def test_the_drawn_gradients_are_those_of_the_backward_pass(own, experiment):
    after = experiment(NOTEBOOK, "batchnorm_graph")
    _, cache = own["batchnorm_forward"](
        after["feature"][:, None], np.array([2.0]), np.array([0.5]), {"mode": "train"}
    )
    dx, dgamma, dbeta = own["batchnorm_backward"](after["dout"][:, None], cache)
    assert after["measured"]["x"] == pytest.approx(dx[:, 0], abs=1e-7)
    assert after["measured"]["γ"] == pytest.approx(dgamma[0], abs=1e-7)
    assert after["measured"]["β"] == pytest.approx(dbeta[0], abs=1e-7)
    assert abs(dx.sum()) < 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_ones_test_nothing(experiment, seed):
    after = experiment(NOTEBOOK, "of_random", seed=seed)
    assert after["of_ones"] < 1e-13
    assert after["of_random"] > 0.5


def test_batch_norm_forgives_the_scale(experiment):
    after = experiment(NOTEBOOK, "plots_normalisation.scale_sweep")
    scales = after["scales"]
    assert after["with_norm"][scales.index(0.01)] > 0.9
    assert after["without"][scales.index(0.01)] < 0.2
    assert sum(share > 0.5 for share in after["without"]) <= 2  # one narrow window
    assert min(after["with_norm"]) > 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_one_example_in_changing_company(experiment, seed):
    after = experiment(NOTEBOOK, "plots_normalisation.company", seed=seed)
    training, testing, layer = after["spread"].values()
    assert training[0] > after["typical"]
    assert max(*testing, *layer) < 1e-12
    sizes = after["sizes"]
    shrunk = training[sizes.index(8)] / training[sizes.index(128)]
    assert shrunk == pytest.approx(4, rel=0.25)  # like one over the root of N


def test_a_batch_of_one_gives_beta(own):
    beta = np.array([0.5, -2.0])
    out, _ = own["batchnorm_forward"](
        np.array([[3.0, 7.0]]), np.array([2.0, 4.0]), beta, {"mode": "train"}
    )
    assert np.array_equal(out[0], beta)
    assert own["answer_batch_of_one"] == "beta"


@pytest.mark.parametrize("seed", SEEDS)
def test_dropout_has_a_dose(experiment, seed):
    after = experiment(NOTEBOOK, "plots_normalisation.overfitting", seed=seed)
    none, half, most = after["runs"].values()
    unseen = [np.mean(run.val[-10:]) for run in (none, half, most)]
    assert none.train[-1] > 0.97
    assert unseen[1] > unseen[0] + 0.03
    assert unseen[1] > unseen[2] + 0.05
    assert most.train[-1] < half.train[-1] < none.train[-1]


def test_what_the_caches_keep(own, experiment):
    after = experiment(NOTEBOOK, "memory.draw")
    sizes = {name: kept / after["x"].nbytes for name, kept in after["kept"].items()}
    assert sizes["batch norm"] == pytest.approx(2, abs=0.02)
    for name in ("layer norm", "group norm", "dropout"):
        assert sizes[name] == pytest.approx(1, abs=0.02)
    assert after["x"].nbytes == own["answer_cache_bytes"]


@pytest.mark.parametrize("seed", range(2))
def test_batch_norm_widens_the_range_of_rates(experiment, seed):
    before = ["plots_normalisation.scale_sweep"]
    names = experiment("05_normalisation", "largest good rate", seed=seed, before=before)
    good = {
        name: [rate for rate, value in zip(names["rates"], row, strict=True) if value >= 0.9]
        for name, row in names["found"].items()
    }
    assert good["plain"][-1] / good["plain"][0] < 11
    assert good["batch norm"][-1] / good["batch norm"][0] == pytest.approx(100)
    assert max(row[-1] for row in names["found"].values()) < 0.5  # at a rate of 10
