"""A wrong reference is found before it fails a class."""

from pathlib import Path

import numpy as np
import pytest

from autograder.course import load_notebook
from autograder.exercises import Function, cast, variant
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import prepare
from autograder.validation.margins import headroom
from autograder.validation.proof import prove
from autograder.validation.references import wrong_gradients

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests/course/small/solutions/01_small/small.py"
LAYERS = ROOT / "solutions/02_layers/layers.py"
GATES = ROOT / "solutions/01_gates/gates.py"
VALUES = ROOT / "solutions/07_autograd/autograd.py"
BLOCKS = ROOT / "solutions/10_attention/attention.py"


def planted(tmp_path, source, function, line):
    """The notebook, with one more line at the end of a reference."""
    text = source.read_text(encoding="utf-8")
    place = text.index("    ### END SOLUTION", text.index(f"def {function}("))
    folder = tmp_path / source.parent.name
    folder.mkdir()
    path = folder / source.name
    path.write_text(f"{text[:place]}    {line}\n{text[place:]}", encoding="utf-8")
    return load_notebook(path)


def complaints(notebook, name):
    (exercise,) = (exercise for exercise in notebook.exercises if exercise.name == name)
    reference = notebook.reference()
    asked = [
        prepare(exercise, seed=seed, reference=reference, mistaken={}, hidden=hidden)
        for seed, hidden in (("a seed", False), ("another", True))
    ]
    return wrong_gradients(exercise, asked, reference)


@pytest.mark.parametrize(
    ("source", "exercise", "function", "line", "names"),
    [
        (LAYERS, "relu", "relu_backward", "dx = dout * (x > 0.5)", "dx"),
        (LAYERS, "affine", "affine_backward", "db = dout.mean(axis=0)", "db"),
        (LAYERS, "mse", "mse_loss", "dx = 1.0001 * dx", "dx"),
        (GATES, "staged", "staged_backward", "dy = dy * 1.001", "dy"),
        (GATES, "matmul", "matmul_backward", "dw = -dw", "dw"),
        (BLOCKS, "block", "block_backward", "dparams['W1'] = 2 * dparams['W1']", "dparams['W1']"),
    ],
)
def test_a_planted_error_in_a_reference_is_told(tmp_path, source, exercise, function, line, names):
    told = complaints(planted(tmp_path, source, function, line), exercise)
    assert any("is not the gradient of its forward" in text and names in text for text in told)


@pytest.mark.parametrize(
    ("source", "exercise", "old", "new", "names"),
    [
        (LAYERS, "two_layer_net", '"b1": db1', '"b1": -db1', "dparams['b1']"),
        (VALUES, "value_class", "source.grad += slope", "source.grad += 2 * slope", "a.grad"),
    ],
)
def test_a_planted_error_in_a_class_is_told(tmp_path, source, exercise, old, new, names):
    text = source.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / source.parent.name / source.name
    path.parent.mkdir()
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    told = complaints(load_notebook(path), exercise)
    assert any("is not the gradient of its forward" in text and names in text for text in told)


def test_the_proof_asks_it(tmp_path):
    right, wrong = (
        prove(notebook, with_mutants=False, seeds=0)
        for notebook in (
            load_notebook(SMALL),
            planted(tmp_path, SMALL, "scale_backward", "dx = -dx"),
        )
    )
    told = [text for proof in wrong for text in proof.problems]
    assert any("scale_backward is not the gradient" in text for text in told)
    assert not any("gradient" in text for proof in right for text in proof.problems)


def cancelled(x):
    return (x + x.dtype.type(10)) - x.dtype.type(10)


def chaotic(x):
    return x * np.where(np.round(x * 2**24) % 2, 1, -1).astype(x.dtype)


@pytest.mark.parametrize(("function", "enough"), [(cancelled, True), (chaotic, False)])
def test_noise_that_was_allowed_for_leaves_headroom_and_a_jump_none(function, enough):
    float32 = variant(x=cast("N D", "float32"))
    exercise = Function(function, inputs={"x": "N D"}, points=1, variants={"float32": float32})
    reference = LocalRunner({function.__name__: function})
    assert (headroom(exercise, reference, 10) >= 100) == enough
