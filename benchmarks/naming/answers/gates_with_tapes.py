# answers: 01_gates
# arrays as caches, intermediate values in a list, the quotient rule, rows filled in place
import numpy as np


def add_gate_forward(x, y):
    pair = np.array([x, y], dtype=float)
    return pair.sum(), pair


def add_gate_backward(dz, cache):
    both = dz * np.ones(len(cache))
    return both[0], both[1]


def mul_gate_forward(x, y):
    pair = np.array([x, y], dtype=float)
    return pair.prod(), pair


def mul_gate_backward(dz, cache):
    swapped = cache[::-1]
    both = dz * swapped
    return both[0], both[1]


def max_gate_forward(x, y):
    pair = [x, y]
    winner = int(np.argmax(pair))
    return pair[winner], winner


def max_gate_backward(dz, cache):
    share = np.eye(2)[cache]
    return dz * share[0], dz * share[1]


def sigmoid_by_gates(z):
    tape = [z]
    tape.append(-tape[-1])
    tape.append(np.exp(tape[-1]))
    tape.append(1.0 + tape[-1])
    tape.append(1.0 / tape[-1])
    back = 1.0
    back *= -1.0 / tape[3] ** 2
    back *= tape[2]
    back *= -1.0
    return tape[4], back


def neuron_forward(w, x):
    weights, bias = w[:2], w[2]
    t = bias
    for k in range(2):
        t = t + weights[k] * x[k]
    power = np.exp(-t)
    f = 1.0 / (1.0 + power)
    return f, (weights, x, power)


def neuron_backward(df, cache):
    weights, x, power = cache
    dt = df * power / (1.0 + power) ** 2
    dw = np.zeros(3)
    dw[:2] += dt * x
    dw[2] += dt
    dx = dt * weights
    return dw, dx


def staged_backward(x, y):
    sx = 1.0 / (1.0 + np.exp(-x))
    sy = 1.0 / (1.0 + np.exp(-y))
    both = x + y
    top = x + sy
    bottom = sx + both * both
    top_x, top_y = 1.0, sy * (1.0 - sy)
    bottom_x = sx * (1.0 - sx) + 2.0 * both
    bottom_y = 2.0 * both
    dx = (top_x * bottom - top * bottom_x) / bottom**2
    dy = (top_y * bottom - top * bottom_y) / bottom**2
    return dx, dy


def numeric_gradient(f, x, h=1e-5):
    grad = np.empty(x.shape)
    for place, value in list(np.ndenumerate(x)):
        x[place] = value + h
        higher = f(x)
        x[place] = value - h
        lower = f(x)
        x[place] = value
        grad[place] = 0.5 * (higher - lower) / h
    return grad


def matmul_backward(dout, x, w):
    dx = np.einsum("nm,dm->nd", dout, w)
    dw = np.einsum("nd,nm->dm", x, dout)
    return dx, dw


def local_jacobian(f, x, h=1e-5):
    rows = []
    for nudge in h * np.eye(len(x)):
        rows.append((f(x + nudge) - f(x - nudge)) / (2 * h))
    J = np.transpose(rows)
    return J


def vjp_path(jacobians, dout):
    left = list(jacobians)
    dx = np.array(dout, dtype=float)
    while left:
        last = left.pop()
        dx = np.einsum("i,ij->j", dx, last)
    return dx
