"""A backward that differentiates its forward numerically is seen; right answers never are."""

import inspect

import numpy as np
import pytest

from autograder.checks.finding import Check
from autograder.exercises import Layer
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare


def tanh_affine_forward(x, w):
    return np.tanh(x @ w), (x, w)


def tanh_affine_backward(dout, cache):
    x, w = cache
    dz = dout * (1 - np.tanh(x @ w) ** 2)
    return dz @ w.T, x.T @ dz


NUMERICAL = """
def central(f, a, dout, h=1e-5):
    grad = np.zeros_like(a)
    for i in np.ndindex(*a.shape):
        old = a[i]
        a[i] = old + h
        plus = f(a)
        a[i] = old - h
        minus = f(a)
        a[i] = old
        grad[i] = np.sum((plus - minus) * dout) / (2 * h)
    return grad
def tanh_affine_backward(dout, cache):
    x, w = cache
    return (central(lambda a: tanh_affine_forward(a, w)[0], x, dout),
            central(lambda a: tanh_affine_forward(x, a)[0], w, dout))
"""
ONE_SIDED = NUMERICAL.replace("minus = f(a)", "minus = base").replace("(2 * h)", "h").replace(
    "    grad = np.zeros_like(a)\n", "    grad = np.zeros_like(a)\n    base = f(a)\n"
).replace("a[i] = old - h\n", "pass\n")  # fmt: skip
COMPLEX = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    def f(a, b):
        return np.tanh(a @ b)
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in np.ndindex(*x.shape):
        a = x.astype(complex)
        a[i] += 1e-30j
        dx[i] = np.sum(f(a, w).imag * dout) / 1e-30
    for i in np.ndindex(*w.shape):
        b = w.astype(complex)
        b[i] += 1e-30j
        dw[i] = np.sum(f(x, b).imag * dout) / 1e-30
    return dx, dw
"""
LOOPS = """
def slope(z):
    return 1 - np.tanh(z) ** 2
def entry(dz, m, i, j):
    return sum(dz[i, k] * m[j, k] for k in range(dz.shape[1]))
def tanh_affine_backward(dout, cache):
    x, w = cache
    z = x @ w
    dz = np.array([[dout[i, j] * slope(z[i, j]) for j in range(z.shape[1])] for i in range(len(z))])
    dx = np.array([[entry(dz, w, i, j) for j in range(len(w))] for i in range(len(x))])
    dw = np.array([[entry(x.T, dz.T, i, j) for j in range(w.shape[1])] for i in range(len(w))])
    return dx, dw
"""
RECOMPUTED = """
def tanh_affine_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n in range(len(x)):
        out, _ = tanh_affine_forward(x[n:n + 1], w)
        dz = dout[n:n + 1] * (1 - out ** 2)
        dx[n] = (dz @ w.T)[0]
        dw += x[n:n + 1].T @ dz
    return dx, dw
"""


@pytest.fixture(scope="module")
def questions():
    layer = Layer(
        tanh_affine_forward,
        tanh_affine_backward,
        name="tanh_affine",
        inputs={"x": "N D", "w": "D M"},
        points={"forward": 1, "backward": 2},
    )
    reference = LocalRunner({f.__name__: f for f in (tanh_affine_forward, tanh_affine_backward)})
    public = prepare(layer, reference=reference, mistaken={}, hidden=False)
    hidden = prepare(layer, seed="s", rounds=2, reference=reference, mistaken={}, hidden=True)
    return [public, hidden]


def backward_row(questions, source):
    namespace = {"np": np}
    text = inspect.getsource(tanh_affine_forward) + source
    exec(compile(text, "<cell 3>", "exec"), namespace)
    return examine(questions, LocalRunner(namespace))[1]


@pytest.mark.parametrize("source", [NUMERICAL, ONE_SIDED, COMPLEX], ids=["two", "one", "complex"])
def test_numerical_differentiation_waits_for_a_person(questions, source):
    result = backward_row(questions, source)
    assert (result.status, result.score) == ("manual", 0)
    assert result.findings[0].check == Check.DIFFERENCING


def test_switching_off_the_counting_waits_for_a_person(questions):
    source = "import sys\n" + NUMERICAL.replace(
        "(dout, cache):\n", "(dout, cache):\n    sys.setprofile(None)\n"
    )
    assert backward_row(questions, source).status == "manual"


@pytest.mark.parametrize("source", [LOOPS, RECOMPUTED, inspect.getsource(tanh_affine_backward)])
def test_analytic_answers_in_loops_are_never_suspected(questions, source):
    assert backward_row(questions, source).status == "right"
