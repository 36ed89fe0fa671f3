"""What 06_rnn says about its experiments is true, over several seeds and with room."""

import numpy as np
import pytest

NOTEBOOK = "06_rnn"
SEEDS = range(2)


@pytest.fixture(scope="module")
def own(notebook):
    return notebook(NOTEBOOK).namespace


def test_three_activations_and_a_skewed_matrix(experiment):
    after = experiment(NOTEBOOK, "skewed")
    linear, tanh, relu, skewed = after["curves"].values()
    assert 1e7 < linear[-1] < 1e9
    assert 0.1 < tanh[-1] < 10
    assert 1e-9 < relu[-1] < 1e-7
    assert np.abs(np.linalg.eigvals(after["skewed"])).max() == pytest.approx(0.9, abs=1e-6)
    assert after["sizes"][1] > 1
    assert skewed[-1] > 30 and np.all(np.diff(skewed) > 0)  # it grows for dozens of steps
    assert min(after["spread"]) < 1e-6 and max(after["spread"]) > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_the_linear_network_always_explodes_and_tanh_never(own, seed):
    matrix = np.random.default_rng(seed + 100).normal(size=(20, 20))
    matrix *= 1.5 / np.abs(np.linalg.eigvals(matrix)).max()
    assert own["bptt_norms"](matrix, 50, "linear")[-1] > 1e6
    assert own["bptt_norms"](matrix, 50, "tanh")[-1] < 1e3


def test_one_factor_a_step(own):
    assert own["answer_left_after_100"] == pytest.approx(0.9**100, rel=1e-3)
    assert 5.5e8 < 1.5**50 < 6.5e8


def test_clipping_by_value_turns_the_gradient(experiment):
    turned = experiment(NOTEBOOK, "clipped_arrows")["turned"]
    assert turned["by norm"] == 0
    assert 25 < turned["by value"] < 30
    before, after = np.array([1000.0, 1.0]), np.ones(2)
    turn = np.degrees(np.arccos(before @ after / np.linalg.norm(before) / np.linalg.norm(after)))
    assert 44.9 < turn < 45


@pytest.mark.parametrize("seed", SEEDS)
def test_the_text_is_learnt_by_heart(experiment, seed):
    after = experiment(NOTEBOOK, "letter_loss", seed=seed, before=("def loss_and_grads",))
    assert after["letters"] == 27
    assert after["losses"][0] == pytest.approx(np.log(27), abs=0.02)
    assert after["losses"][-1] < 0.05
    corpus = after["text"].read(list(after["inputs"].ravel()))
    written = after["write"]("the ", 160, np.random.default_rng(1))
    known = [written[i : i + 5] in corpus for i in range(len(written) - 4)]
    assert all(known[:44])  # fifty letters are flawless, then it stumbles
    assert np.mean(known[50:]) < 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_an_open_forget_gate_remembers(experiment, seed):
    curves = experiment(NOTEBOOK, "lstm_reach", seed=seed)["curves"]
    left = {name: norms[40] for name, norms in curves.items()}
    assert left["RNN, ρ = 0.9"] < 1e-6
    assert left["LSTM, forget bias 0"] < 1e-6
    assert 1e-4 < left["LSTM, forget bias 2"] < 0.3
    assert 0.2 < left["LSTM, forget bias 5"] < 5
    assert round(1 / (1 + np.exp(-5)), 3) == 0.993
    assert round(0.993**40, 2) == 0.76
