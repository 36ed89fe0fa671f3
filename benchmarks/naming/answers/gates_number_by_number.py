# answers: 01_gates
# numbers and lists; differences with copies and flat indices
import math

import numpy as np


def sigmoid_by_gates(z):
    minus = -z
    power = math.exp(minus)
    bottom = power + 1
    f = 1 / bottom
    dbottom = -f * f
    dpower = dbottom
    dminus = power * dpower
    dz = -dminus
    return f, dz


def max_gate_forward(x, y):
    if x > y:
        return x, "x"
    return y, "y"


def max_gate_backward(dz, cache):
    if cache == "x":
        return dz, 0.0
    return 0.0, dz


def neuron_forward(w, x):
    total = w[2]
    for k in range(2):
        total = total + w[k] * x[k]
    f = 1 / (1 + np.exp(-total))
    return f, (w, x, f)


def neuron_backward(df, cache):
    w, x, f = cache
    dtotal = df * f * (1 - f)
    dw = np.zeros(3)
    dx = np.zeros(2)
    for k in range(2):
        dw[k] = dtotal * x[k]
        dx[k] = dtotal * w[k]
    dw[2] = dtotal
    return dw, dx


def numeric_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    for k in range(x.size):
        plus = x.copy()
        minus = x.copy()
        plus.flat[k] += h
        minus.flat[k] -= h
        grad.flat[k] = (f(plus) - f(minus)) / (2 * h)
    return grad


def matmul_backward(dout, x, w):
    rows, inner = x.shape
    columns = w.shape[1]
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for i in range(rows):
        for j in range(columns):
            for k in range(inner):
                dx[i, k] += dout[i, j] * w[k, j]
                dw[k, j] += dout[i, j] * x[i, k]
    return dx, dw


def local_jacobian(f, x, h=1e-5):
    x = np.asarray(x, float)
    size = len(f(x))
    J = np.zeros((size, len(x)))
    for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = h
        J[:, j] = (f(x + step) - f(x - step)) / (2 * h)
    return J


def vjp_path(jacobians, dout):
    dx = dout
    for J in jacobians[::-1]:
        dx = dx @ J
    return dx
