"""What a fault costs: outputs weigh what they are worth, and one slip is paid for once."""

from functools import cache

import numpy as np
import pytest

from autograder.course.notebook import load_notebook
from autograder.course.questions import hidden_questions, public_questions
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine_all

load = cache(load_notebook)

BATCHNORM = """
def batchnorm_forward(x, gamma, beta, bn_param):
    mean, var = bn_param["running_mean"], bn_param["running_var"]
    m, eps = bn_param["momentum"], bn_param["eps"]
    if bn_param["mode"] == "train":
        mu, v = x.mean(0, keepdims=True), x.var(0, keepdims=True)
        bn_param["running_mean"] = m * mean + (1 - m) * MU
        bn_param["running_var"] = m * var + (1 - m) * V
        mean, var = mu, v
    elif AT_TEST:
        return x, None
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, None
"""
KEEPDIMS = BATCHNORM.replace("MU", "mu").replace("V\n", "v\n").replace("AT_TEST", "False")
AT_TEST = BATCHNORM.replace("MU", "mu[0]").replace("V\n", "v[0]\n").replace("AT_TEST", "True")
SPATIAL = """
def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    def wide(v): return np.reshape(v, (1, -1, 1, 1))
    mean, var = wide(bn_param["running_mean"]), wide(bn_param["running_var"])
    m = bn_param["momentum"]
    if bn_param["mode"] == "train":
        mu, v = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
        bn_param["running_mean"] = FORM(m * mean + (1 - m) * mu)
        bn_param["running_var"] = FORM(m * var + (1 - m) * v)
        mean, var = mu, v
    elif AT_TEST:
        return x, None
    return wide(gamma) * (x - mean) / np.sqrt(var + bn_param["eps"]) + wide(beta), None
"""
WIDE = SPATIAL.replace("FORM", "").replace("AT_TEST", "False")
SPATIAL_AT_TEST = SPATIAL.replace("FORM", "np.ravel").replace("AT_TEST", "True")
P_DROPS = """
def dropout_forward(x, dropout_param):
    p, rng = dropout_param["p"], np.random.default_rng(dropout_param.get("seed"))
    mask = np.ones(x.shape)
    if dropout_param["mode"] == "train":
        mask = (rng.random(x.shape) > p) / (1 - p)
    return x * mask, mask
def dropout_backward(dout, mask):
    return dout * mask
"""
NO_MASK = """
def dropout_forward(x, dropout_param):
    return x.copy(), None
def dropout_backward(dout, cache):
    return dout.copy()
"""
ADAM = """
def adam(w, dw, config):
    b1, b2, t = config["beta1"], config["beta2"], config.get("t", 0) + 1
    m = b1 * config.get("m", 0) + (1 - b1) * dw
    v = b2 * config.get("v", 0) + (1 - b2) * dw**2
    rate = config["learning_rate"] * np.sqrt(1 - b2**t) / (1 - b1**t)
    config.update(m=m, v=v, t=t)
    return w - SIGN rate * m / (np.sqrt(v) + config["epsilon"]), config
"""
VALUE = """
class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data, self.inputs, self.op, self.grad = data, inputs, op, 0.0
    @staticmethod
    def _value(other):
        return other if isinstance(other, Value) else Value(other)
    def __add__(self, other):
        other = self._value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))
    def __mul__(self, other):
        other = self._value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))
    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))
    def exp(self):
        return Value(np.exp(self.data), ((self, np.exp(self.data)),))
    def tanh(self):
        return Value(np.tanh(self.data), ((self, 1 - np.tanh(self.data) ** 2),))
    def relu(self):
        RELU
    def backward(self):
        BACKWARD
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __neg__(self): return self * -1.0
    def __sub__(self, other): return self + (-self._value(other))
    def __rsub__(self, other): return self._value(other) + (-self)
"""
MEASURED = """
class Value:
    def __init__(self, data, make=None, inputs=()):
        self.data, self.make, self.inputs, self.grad = data, make, inputs, 0.0
    def of(self, make, *others):
        inputs = [self, *(o if isinstance(o, Value) else Value(o) for o in others)]
        return Value(make(*(i.data for i in inputs)), make, inputs)
    def __add__(self, other): return self.of(lambda a, b: a + b, other)
    def __mul__(self, other): return self.of(lambda a, b: a * b, other)
    def __pow__(self, n): return self.of(lambda a: a**n)
    def exp(self): return self.of(np.exp)
    def tanh(self): return self.of(np.tanh)
    def relu(self): return self.of(lambda a: max(a, 0.0))
    def backward(self):
        nodes = []
        def visit(node):
            if node not in nodes:
                for i in node.inputs:
                    visit(i)
                nodes.append(node)
        visit(self)
        def root(moved, step):
            now = {}
            for n in nodes:
                now[n] = n.make(*(now[i] for i in n.inputs)) if n.make else n.data
                now[n] += step * (n is moved)
            return now[self]
        for n in nodes:
            n.grad = (root(n, 1e-5) - root(n, -1e-5)) / 2e-5
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other
    def __neg__(self): return self * -1.0
    def __sub__(self, other): return self + -(other if isinstance(other, Value) else Value(other))
    def __rsub__(self, other): return Value(other) + -self
"""
NOT_YET = "raise NotImplementedError()"
RELU = "return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))"
WALK = """order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for source, _ in node.inputs:
                    visit(source)
                order.append(node)
        visit(self)
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order[::-1]:
            for source, slope in node.inputs:
                source.grad += slope * node.grad"""


def value(relu=RELU, backward=WALK):
    return VALUE.replace("RELU", relu).replace("BACKWARD", backward)


COSTS = [
    ("07_autograd", value(), {"Value": 12}),
    ("07_autograd", MEASURED, {"Value": 12 * 11 / 18}),
    ("07_autograd", value(backward=NOT_YET), {"Value": 12 * 3 / 18}),
    ("07_autograd", value(relu=NOT_YET), {"Value": 12 * (18 - 1.5) / 18}),
    ("07_autograd", value(NOT_YET, NOT_YET), {"Value": 12 * 2.5 / 18}),
    ("05_normalisation", KEEPDIMS, {"batchnorm_forward": 6}),
    ("05_normalisation", AT_TEST, {"batchnorm_forward": 2}),
    ("09_convolution", WIDE, {"spatial_batchnorm_forward": 2 * 6 / 7}),
    ("09_convolution", SPATIAL_AT_TEST, {"spatial_batchnorm_forward": 2 * 2 / 7}),
    ("05_normalisation", P_DROPS, {"dropout_forward": 0, "dropout_backward": 3}),
    ("05_normalisation", NO_MASK, {"dropout_forward": 0, "dropout_backward": 0}),
    ("04_training", ADAM.replace("SIGN", ""), {"adam": 2}),
    ("04_training", ADAM.replace("SIGN", "1.01 *"), {"adam": 0}),
]


def results(root, assignment, text):
    notebook = load(root / "solutions" / assignment / f"{assignment[3:]}.py")
    namespace = {"np": np}
    for cell in notebook.cells:
        if cell.kind == "provided":
            exec(cell.source, namespace)
    exec(compile(text, "<cell 3>", "exec"), namespace)
    rows = [row.id for row in notebook.rows if row.id in namespace]
    asked = zip(public_questions(notebook), hidden_questions(notebook, "s"), strict=True)
    both = [[*public, *hidden] for public, hidden in asked]
    return {result.id: result for result in examine_all(both, LocalRunner(namespace), rows)}


@pytest.mark.parametrize("number", ["7", "3", "-3.5"])
def test_how_far_off_an_answer_is_tells_nobody_the_right_one(root, number):
    found = results(root, "08_clinic", f"answer_argmax = {number}")["answer_argmax"]
    assert not found.score and all(f.explanation is None for f in found.findings)


@pytest.mark.parametrize(("assignment", "text", "scores"), COSTS)
def test_a_fault_costs_what_it_is_worth(root, assignment, text, scores):
    found = results(root, assignment, text)
    assert {row: found[row].score for row in scores} == pytest.approx(scores)
    followed = found.get("dropout_backward")
    assert followed is None or followed.follow_through == (followed.score > 0)
