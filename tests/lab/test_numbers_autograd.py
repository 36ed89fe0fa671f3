"""What 07_autograd says is true; its PyTorch part runs where PyTorch is."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def own(notebook):
    return notebook("07_autograd").namespace


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5, 6])
def test_xor_is_learnt(own, seed):
    Value = own["Value"]
    rng = np.random.default_rng(seed)
    hidden = [[Value(w) for w in rng.normal(size=3)] for _ in range(3)]
    final = [Value(w) for w in rng.normal(size=4)]
    weights = [w for unit in hidden for w in unit] + final
    examples = [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), -1)]
    for _ in range(200):
        loss = Value(0.0)
        for (x, y), wanted in examples:
            units = [(u[0] * x + u[1] * y + u[2]).tanh() for u in hidden]
            mixed = final[0] * units[0] + final[1] * units[1] + final[2] * units[2] + final[3]
            loss = loss + (mixed.tanh() - wanted) ** 2
        loss.backward()
        for w in weights:
            w.data -= 0.1 * w.grad
    assert loss.data < 0.1


def test_the_drawn_graph_has_four_gates_and_one_fork(own):
    a, b, c = own["Value"](2.0), own["Value"](-0.5), own["Value"](3.0)
    d = a * b
    f = (d + c) * d.tanh()
    nodes, users = [f], []
    for node in nodes:
        for source, _ in node.inputs:
            users.append(id(source))
            if not any(source is known for known in nodes):
                nodes.append(source)
    assert sum(bool(node.inputs) for node in nodes) == 4
    assert [node for node in nodes if users.count(id(node)) == 2] == [d]


def logistic(levels):
    tape, last = [], 0
    for _ in range(levels):
        slot = 4 + len(tape)
        tape += [("mul", last, 3), ("add", slot, 2), ("mul", last, slot + 1), ("mul", slot + 2, 1)]
        last = slot + 3
    return tape


def test_digits_that_finite_differences_keep(own):
    def f(x, n):
        for _ in range(n):
            x = 4 * x * (1 - x)
        return x

    agree = {}
    for n in (1, 12):
        x = np.array([0.3, 4.0, 1.0, -1.0])
        value, grad = own["run_tape"](logistic(n), x)
        assert value == pytest.approx(f(0.3, n), rel=1e-10)
        finite = (f(0.3 + 1e-6, n) - f(0.3 - 1e-6, n)) / 2e-6
        agree[n] = -np.log10(abs(finite / grad[0] - 1))
    assert agree[1] > 9 and 3 < agree[12] < 7


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
    experiment("07_autograd", "class SevenTimes")
    assert "PyTorch is not installed" in capsys.readouterr().out
