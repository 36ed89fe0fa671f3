"""What 10_attention says about its experiments is true, with room."""

import numpy as np
import pytest

NOTEBOOK = "10_attention"


@pytest.fixture(scope="module")
def own(notebook):
    return notebook(NOTEBOOK).namespace


def test_undivided_scores_leave_no_gradient(experiment):
    table = experiment(NOTEBOOK, "score_table")["table"]
    _, largest, slope = table["as they are"]
    assert largest[-1] == pytest.approx(0.957, abs=0.01)
    assert slope[-1] < slope[0] / 8
    _, largest, slope = table["over the root of d"]
    assert np.ptp(largest) < 0.02 and np.ptp(slope) < 0.002


def test_the_product_is_exact_and_much_cheaper(experiment):
    timed = experiment(NOTEBOOK, "dense_against_product")["timed"]
    assert all(gap < 1e-14 for _, _, gap in timed.values())
    assert timed[256][0] > 20 * timed[256][1]


def test_without_a_plus_the_length_survives_and_the_meaning_does_not(experiment):
    after = experiment(NOTEBOOK, "plots_attention.alike")
    bare, plus = after["curves"].values()
    assert bare[0] > 0.9 and abs(bare[-1]) < 0.1
    assert min(plus) > 0.95
    assert 0.1 < after["lengths"][-1] < 3


def test_nothing_decays_with_the_distance(experiment):
    arrived = experiment(NOTEBOOK, "arrived[40]")["arrived"]
    assert 0.7 < arrived[40] / arrived[1] < 1.4
    assert 30 < arrived[0] / arrived[1] < 80


def test_the_transformer_learns_the_text(experiment):
    after = experiment(NOTEBOOK, "def learn")
    assert after["losses"][0] == pytest.approx(np.log(27), abs=0.05)
    assert after["losses"][-1] <= 0.15
    parameters = after["net"].params.values()
    assert sum(w.size for w in parameters) == 15_291
    assert {w.dtype for w in parameters} == {np.dtype("float32")}


def test_the_identity_as_values_shows_the_table(experiment):
    tables = experiment(NOTEBOOK, "np.eye(T)", before=("def learn",))["tables"]
    assert np.allclose(tables.sum(axis=-1), 1)
    assert not np.triu(tables, 1).any()


def test_without_a_mask_the_best_loss_is_worth_nothing(experiment):
    runs = experiment(NOTEBOOK, "everywhere", before=("def learn",))["runs"]
    right, blind, unordered = runs.values()
    assert blind[0] < 0.2 < 1.3 < right[0] < unordered[0] - 0.2
    assert blind[1] > right[1] + 0.7
    assert abs(right[0] - right[1]) < 0.3


def test_training_is_no_test(experiment):
    after = experiment(NOTEBOOK, "wrong_gradients(globals())", before=("def learn",))
    wrong, right = after["wrong"], after["right"]
    assert right == pytest.approx(0.25, abs=0.05)  # the README says so, too
    assert len(wrong) == 12
    assert sum(loss < 1.1 for loss, _ in wrong.values()) == 7
    assert sum(loss < 1.02 * right for loss, _ in wrong.values()) >= 2
    assert all(off > 0.02 for _, off in wrong.values())


def test_online_attention_needs_a_fraction_of_the_memory(experiment):
    after = experiment(NOTEBOOK, "online_attention_forward, q")
    assert after["full"][-1] > 10 * after["online_peaks"][-1]
    assert np.abs(np.subtract(*after["results"])).max() < 1e-5


def test_checkpoints_save_memory_and_change_nothing(experiment):
    after = experiment(NOTEBOOK, "def keep_all")
    assert after["shares"][4] < 0.6
    assert np.array_equal(after["same"], after["grad"])


def test_sixteen_bits_lose_small_gradients_only(experiment):
    lost = experiment(NOTEBOOK, "np.float16)", before=("def learn",))["lost"]
    assert lost[1.0, 1] < 0.001
    assert 0.05 < lost[2.0**-12, 1] < 0.4
    assert lost[2.0**-12, 1024] < 0.001


def test_single_precision_becomes_double_without_a_word(own):
    half = np.ones(2, np.float32)
    assert (half / np.sqrt(8)).dtype == np.float64
    assert (half / float(np.sqrt(8))).dtype == np.float32


def test_the_approximation_of_gelu_is_close_and_its_slope_exact(own):
    z = np.linspace(-5, 5, 101)
    value, slope = own["gelu"](z)
    from math import erf

    exact = np.array([x * 0.5 * (1 + erf(x / 2**0.5)) for x in z])
    assert np.abs(value - exact).max() < 5e-4
    numeric = (own["gelu"](z + 1e-5)[0] - own["gelu"](z - 1e-5)[0]) / 2e-5
    assert np.allclose(slope, numeric, atol=1e-9)


def test_the_jacobian_of_softmax_as_01_measures_it(notebook, experiment, monkeypatch, capsys):
    monkeypatch.setattr("autograder.lab.own.definitions", lambda _: notebook("01_gates").namespace)
    names = experiment("10_attention", "own.earlier")
    measured = names["measured"]
    assert np.array_equal(measured > 0, np.eye(5, dtype=bool)) and names["gap"] < 1e-10
    assert np.abs(measured.sum(axis=1)).max() < 1e-10
    monkeypatch.setattr("autograder.lab.own.definitions", lambda _: {})
    experiment("10_attention", "own.earlier", anew=True)
    assert "`local_jacobian` out of your notebook 01_gates" in capsys.readouterr().out
