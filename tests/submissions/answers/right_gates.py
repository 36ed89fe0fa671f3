# answers: 01_gates
# expect: right
# lambdas, lists, arrays as results, closed formulas, a subgradient of max in between
import math

import numpy as np

add_gate_forward = lambda x, y: (y + x, ())  # noqa: E731
add_gate_backward = lambda dz, cache: [dz, dz]  # noqa: E731


def mul_gate_forward(x, y):
    return np.multiply(x, y), np.array([y, x])


def mul_gate_backward(dz, cache):
    return dz * cache


def max_gate_forward(x, y):
    return np.maximum(x, y), (x, y)


def max_gate_backward(dz, cache):
    x, y = cache
    return dz * (0.25 if x == y else int(x > y)), dz * (0.75 if x == y else int(y > x))


def sigmoid_by_gates(z):
    f = 1 / (1 + math.exp(-z))
    return f, f * (1 - f)


def numeric_gradient(f, x, h=1e-5):
    slopes = []
    for step in np.eye(x.size) * h:
        step = step.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / (2 * h))
    return np.reshape(slopes, x.shape)


def matmul_backward(dout, x, w):
    return np.einsum("nm,dm->nd", dout, w), sum(np.outer(a, b) for a, b in zip(x, dout))
