"""The numbers that 01_gates prints for students to compare with."""

import numpy as np
import pytest


def test_the_neuron_of_the_text(notebook):
    own = notebook("01_gates").namespace
    f, cache = own["neuron_forward"](np.array([2.0, -3.0, -3.0]), np.array([-1.0, -2.0]))
    dw, dx = own["neuron_backward"](1.0, cache)
    assert f == pytest.approx(0.731059, abs=5e-7)
    assert dw == pytest.approx([-0.196612, -0.393224, 0.196612], abs=5e-7)
    assert dx == pytest.approx([0.393224, -0.589836], abs=5e-7)
    assert own["sigmoid_by_gates"](1.0) == pytest.approx((0.731059, 0.196612), abs=5e-7)


def test_the_frightening_formula(notebook):
    book = notebook("01_gates")
    right = book.namespace["staged_backward"](3.0, -4.0)
    assert right == pytest.approx((2.059570, 1.592233), abs=5e-7)
    (mistake,) = (
        m for m in book.exercise("staged_backward").mistakes if m.name == "overwritten_at_forks"
    )
    wrong = book.mistaken(mistake).namespace["staged_backward"](3.0, -4.0)
    assert wrong == pytest.approx((0.512144, 0.009046), abs=5e-7)


def test_the_circuit_and_the_step(notebook):
    x, y, z = 2.0, 3.0, -1.0
    exact = (x + y + 0.01) * max(y + 0.01, z) - (x + y) * max(y, z)
    assert notebook("01_gates").namespace["answer_force"] == pytest.approx(exact, rel=0.02)
    assert notebook("01_gates").namespace["answer_paths"] == 2**20


def test_where_the_gradient_of_the_neuron_changes_its_sign():
    """On the way back from f to the sum: at two gates, the reciprocal and the times minus one."""
    total = 2.0 * -1.0 + -3.0 * -2.0 - 3.0
    d = 1.0 + np.exp(-total)
    below = [1.0, -1.0 / d**2, -1.0 / d**2, -1.0 / d**2 * np.exp(-total), np.exp(-total) / d**2]
    assert np.sum(np.diff(np.sign(below)) != 0) == 2


def test_overwriting_keeps_the_signs_of_the_frightening_formula(notebook):
    right = notebook("01_gates").namespace["staged_backward"](3.0, -4.0)
    assert np.all(np.sign(right) == np.sign([0.512144, 0.009046]))


def test_the_three_paths_and_the_diamonds(experiment):
    names = experiment("01_gates", "def diamonds")
    assert names["by_path"][-1] == sum(2**k for k in range(1, 13)) == 8190
    assert names["by_sweep"][-1] == 24


def test_where_the_gradient_of_two_gates_loses_its_digits(notebook, experiment):
    names = experiment("01_gates", "two gates, p at least")
    z, off = names["z"], {n: np.abs(w / names["exact"] - 1) for n, w in names["ways"].items()}
    two, safe, one = off.values()
    one_gate = names["exact"][z == -20][0]
    assert one.max() < 1e-15
    assert two[z == 20] == pytest.approx(4e-8, rel=0.15) and two[z == 37] == 1
    assert two[z < 0].max() < 1e-15
    assert safe[(z == -17) | (z == -20)] == pytest.approx([0.98, 0.59], abs=0.005)
    assert 709 < np.log(np.finfo(float).max) < 710
    assert notebook("01_gates").namespace["answer_one_gate"] == round(one_gate, 2)


def test_a_chain_of_jacobians_gives_the_gradient_of_the_whole(notebook):
    names = notebook("01_gates").namespace
    x, dout = np.array([0.3, -0.5, 0.8]), np.array([1.0, -2.0])
    first, then = names["squash"], lambda h: np.array([h @ h, np.sin(h).sum()])
    path = [names["local_jacobian"](first, x), names["local_jacobian"](then, first(x))]
    whole = names["local_jacobian"](lambda v: then(first(v)), x)
    assert np.allclose(names["vjp_path"](path, dout), whole.T @ dout, rtol=1e-7)
