"""What 07_autograd says is true; its PyTorch part runs where PyTorch is."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def own(notebook):
    return notebook("07_autograd").namespace


def test_xor_is_learnt(experiment):
    assert experiment("07_autograd", "XOR, learnt")["losses"][-1] < 0.1


def test_the_drawn_graph_has_four_gates_and_one_fork(experiment):
    after = experiment("07_autograd", "draw_recorded(f")
    nodes, users = [after["f"]], []
    for node in nodes:
        for source, _ in node.inputs:
            users.append(id(source))
            if not any(source is known for known in nodes):
                nodes.append(source)
    assert sum(bool(node.inputs) for node in nodes) == 4
    assert [node for node in nodes if users.count(id(node)) == 2] == [after["d"]]


def test_digits_that_finite_differences_keep(experiment):
    after = experiment("07_autograd", "def symbols")
    value, _ = after["run_tape"](after["logistic"](12), np.array([0.3, 4.0, 1.0, -1.0]))
    assert value == pytest.approx(after["f"](0.3, 12), rel=1e-10)
    agree = [float(row.split()[-1]) for row in after["rows"]]
    assert agree[0] > 9 and 3 < agree[-1] < 7


def test_both_modes_agree(own):
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=4), rng.normal(size=4)
    tape = [("mul", 0, 1), ("tanh", 4), ("add", 5, 2), ("mul", 6, 3), ("mul", 7, 5)]
    value, grad = own["run_tape"](tape, x)
    same, slope = own["forward_mode"](tape, x, v)
    assert same == value and slope == pytest.approx(grad @ v)


def test_the_answer_to_the_last_question(own):
    a, b = own["Value"](2.0), own["Value"](-0.5)
    f = a * b
    f.backward()
    f.backward()
    assert a.grad == -0.5


def test_what_pytorch_says_of_my_linear(experiment, capsys):
    pytest.importorskip("torch")
    experiment("07_autograd", "class SevenTimes")
    said = dict(line.rsplit(":", 1) for line in capsys.readouterr().out.splitlines())
    assert [verdict.strip() == "True" for verdict in said.values()] == [
        True, True, True, True,  # with a bias, without one, the weight alone; a sigmoid
        True, False, True,  # seven times: not varied, varied, a tolerance of 100
        False,  # float32
    ]  # fmt: skip


def test_without_pytorch_its_cell_says_so(experiment, capsys, monkeypatch):
    monkeypatch.setattr("autograder.lab.pytorch.find_spec", lambda name: None)
    experiment("07_autograd", "class SevenTimes", anew=True)
    assert "PyTorch is not installed" in capsys.readouterr().out
