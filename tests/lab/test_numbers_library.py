"""What 11_library says of its data sets is true; a stand-in is what it stands in for."""

import json

import numpy as np
import pytest

from autograder.lab import own
from autograder.numerical import check_backward

NOTEBOOK = "11_library"


def written(notebook, folder, change=lambda text: text):
    """The solved notebook as a student's file."""
    kinds = ("import", "provided", "solution")
    cells = [
        {"cell_type": "code", "source": change(cell.source)}
        for cell in notebook.cells
        if cell.kind in kinds
    ]
    (folder / notebook.path.parent.name).mkdir(parents=True)
    path = folder / notebook.path.parent.name / f"{notebook.path.stem}.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def beside(notebook, tmp_path, monkeypatch):
    """Solved notebooks lie beside the folder in which the cells run."""
    for name in dict.fromkeys(part.notebook for part in own.PARTS.values()):
        written(notebook(name), tmp_path)
    (tmp_path / NOTEBOOK).mkdir()
    monkeypatch.chdir(tmp_path / NOTEBOOK)
    return tmp_path


def test_a_student_s_functions_are_taken_where_they_are_right(beside, notebook, capsys):
    own.library()
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(own.PARTS) and all("yours, " in line for line in said)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda text: text.replace("dx = dout * (x > 0)", "dx = dout * (x >= -1)"),
            "other numbers",
        ),
        (
            lambda text: text.replace("dx = dout * (x > 0)", "raise NotImplementedError"),
            "not written",
        ),
        (lambda text: text.replace("dx = dout * (x > 0)", "dx = dout[9999]"), "raises IndexError"),
        (
            lambda text: text.replace("def relu_backward", "def relu_back"),
            "relu_backward is not in",
        ),
        (
            lambda text: "%matplotlib inline\n" + text if "relu_backward" in text else text,
            "is not in",
        ),
    ],
)
def test_else_the_kit_stands_in_and_says_why(notebook, tmp_path, capsys, change, says):
    written(notebook("02_layers"), tmp_path, change)
    mine = own.library(tmp_path)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("relu "))
    assert "the kit's" in line and says in line
    forward, backward = mine.relu
    _, cache = forward(np.array([[1.0, -2.0]]))
    assert backward(np.array([[3.0, 3.0]]), cache).tolist() == [[3.0, 0.0]]


def test_a_gradient_may_come_in_a_tuple_and_a_function_be_a_lambda(notebook, tmp_path, capsys):
    change = ("dx = dout * (x > 0)", "dx = (dout * (x > 0),)")
    named = "\nrelu_forward = lambda x: (np.maximum(x, 0), x)\nALL = print('is called')\n"
    written(notebook("02_layers"), tmp_path, lambda text: text.replace(*change) + named)
    mine = own.library(tmp_path)
    said = capsys.readouterr().out
    assert "relu                  yours, 02_layers" in said and "is called" not in said
    forward, backward = mine.relu
    dx = backward(np.array([[3.0, 3.0]]), forward(np.array([[1.0, -2.0]]))[1])
    assert isinstance(dx, np.ndarray) and dx.tolist() == [[3.0, 0.0]]


PAIRS = [name for name, part in own.PARTS.items() if isinstance(part.ours, tuple)]


@pytest.mark.parametrize("name", PAIRS)
def test_the_stand_ins_gradients_are_those_of_their_forward(name):
    forward, backward = own.PARTS[name].ours
    given = own.PARTS[name].trial(np.random.default_rng(1))
    places = [i for i, x in enumerate(given) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]

    def put(arrays):
        filled = dict(zip(places, arrays, strict=True))
        return forward(*[filled.get(i, value) for i, value in enumerate(given)])

    def back(dout, *arrays):
        grads = backward(dout, put(arrays)[1])
        return [(grads if isinstance(grads, tuple) else (grads,))[i] for i in places]

    report = check_backward(lambda *arrays: put(arrays)[0], back, [given[i] for i in places])
    assert report.verdict == "pass", report.reason


def test_the_library_learns_three_data_sets(beside, experiment):
    before = ("own.library()", "def affine(", "deep = ", "def read_digits", "def judge_tumours")
    names = experiment(NOTEBOOK, "moved = ", before=(*before, "def learn_text"))
    assert names["results"]["digits"][0] >= 0.96
    assert names["results"]["tumours"][0] >= 0.94
    assert names["results"]["text"][0] <= 0.15
    assert sum(w.size for _, w in names["reader"].walk()) == 4_538
    assert all(names["right"].values()) and np.abs(names["grads"]["3.b"]).max() < 1e-12
    far, near, still, *_ = names["moved"]
    assert far < 0.35 and 0.4 < near < 0.8 and still > 0.95


def test_tied_weights_are_counted_once(beside, experiment):
    names = experiment(
        NOTEBOOK,
        "my_guess = None  # parameters of the tied",
        before=("own.library()", "def affine("),
    )
    assert names["counts"] == {"tied": 64 * 16 + 16 + 64, "loose": 2 * 64 * 16 + 16 + 64}
