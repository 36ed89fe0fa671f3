# answers: 01_gates
# expect: wrong max_gate_backward.dy numeric_gradient.gradient matmul_backward.dx neuron_backward.dw
# nobody gets the gradient at a tie; a step of its own; a transpose missing where shapes allow it; no bias
import numpy as np


def max_gate_forward(x, y):
    return max(x, y), (x, y)


def max_gate_backward(dz, cache):
    x, y = cache
    return dz * (x > y), dz * (y > x)


def numeric_gradient(f, x, h=1e-5):
    h, grad = 1e-5, np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


def matmul_backward(dout, x, w):
    return dout @ (w if len(w) == len(w.T) else w.T), x.T @ dout


def neuron_forward(w, x):
    f = 1 / (1 + np.exp(-(w[:2] @ x + w[2])))
    return f, (w, x, f)


def neuron_backward(df, cache):
    w, x, f = cache
    d = df * f * (1 - f)
    return np.array([d * x[0], d * x[1]]), d * w[:2]
