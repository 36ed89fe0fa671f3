# answers: 01_gates
# the cache is the backward pass itself: a function that was made on the way forward
import numpy as np


def add_gate_forward(x, y):
    def back(d):
        return d, d

    return x + y, back


def add_gate_backward(dz, cache):
    return cache(dz)


def mul_gate_forward(x, y):
    def back(d):
        return d * y, d * x

    return x * y, back


def mul_gate_backward(dz, cache):
    return cache(dz)


def max_gate_forward(x, y):
    first = x > y

    def back(d):
        return (d, 0.0) if first else (0.0, d)

    return (x if first else y), back


def max_gate_backward(dz, cache):
    dx, dy = cache(dz)
    return dx, dy


def sigmoid_by_gates(z):
    stages = [(-z, -1.0)]
    stages.append((np.exp(stages[-1][0]), np.exp(stages[-1][0])))
    stages.append((stages[-1][0] + 1, 1.0))
    stages.append((1 / stages[-1][0], -1 / stages[-1][0] ** 2))
    slope = 1.0
    for _, local in reversed(stages):
        slope *= local
    return stages[-1][0], slope


def neuron_forward(w, x):
    weights, bias = w[:2], w[2]
    score = weights @ x + bias
    f = 1 / (1 + np.exp(-score))

    def back(d):
        dscore = d * f * (1 - f)
        return np.concatenate([dscore * x, [dscore]]), dscore * weights

    return f, back


def neuron_backward(df, cache):
    dw, dx = cache(df)
    return dw, dx


def sigma(t):
    return 1 / (1 + np.exp(-t))


def staged_backward(x, y):
    top = x + sigma(y)
    square = (x + y) ** 2
    bottom = sigma(x) + square
    slope_x = sigma(x) * (1 - sigma(x))
    slope_y = sigma(y) * (1 - sigma(y))
    top_x, top_y = 1.0, slope_y
    bottom_x, bottom_y = slope_x + 2 * (x + y), 2 * (x + y)
    dx = (top_x * bottom - top * bottom_x) / bottom**2
    dy = (top_y * bottom - top * bottom_y) / bottom**2
    return dx, dy


def numeric_gradient(f, x, h=1e-5):
    slopes = []
    for k in range(x.size):
        bump = np.zeros(x.size)
        bump[k] = h
        bump = bump.reshape(x.shape)
        slopes.append((f(x + bump) - f(x - bump)) / (2 * h))
    return np.reshape(slopes, x.shape)


def matmul_backward(dout, x, w):
    dx = np.einsum("nm,dm->nd", dout, w)
    dw = np.einsum("nd,nm->dm", x, dout)
    return dx, dw


def local_jacobian(f, x, h=1e-5):
    steps = h * np.eye(len(x))
    rows = [(f(x + step) - f(x - step)) / (2 * h) for step in steps]
    return np.array(rows).T


def vjp_path(jacobians, dout):
    if not jacobians:
        return dout
    *earlier, last = jacobians
    return vjp_path(earlier, dout @ last)
