# answers: 01_gates
# dicts as caches, local slopes kept on the way forward, one step after another with += on the way back
import numpy as np


def add_gate_forward(x, y):
    z = x + y
    cache = {"x": 1.0, "y": 1.0}
    return z, cache


def add_gate_backward(dz, cache):
    dx = cache["x"] * dz
    dy = cache["y"] * dz
    return dx, dy


def mul_gate_forward(x, y):
    z = x * y
    cache = {"x": y, "y": x}
    return z, cache


def mul_gate_backward(dz, cache):
    dx = cache["x"] * dz
    dy = cache["y"] * dz
    return dx, dy


def max_gate_forward(x, y):
    if y > x:
        z, cache = y, {"x": 0.0, "y": 1.0}
    else:
        z, cache = x, {"x": 1.0, "y": 0.0}
    return z, cache


def max_gate_backward(dz, cache):
    dx = cache["x"] * dz
    dy = cache["y"] * dz
    return dx, dy


def sigmoid_by_gates(z):
    minus, _ = mul_gate_forward(z, -1.0)
    grown = np.exp(minus)
    below, add_cache = add_gate_forward(grown, 1.0)
    f = 1.0 / below
    dbelow = -1.0 / (below * below)
    dgrown, _ = add_gate_backward(dbelow, add_cache)
    dminus = dgrown * grown
    dz = -dminus
    return f, dz


def neuron_forward(w, x):
    inputs = np.append(x, 1.0)
    score = np.sum(w * inputs)
    f = 1 / (1 + np.exp(-score))
    cache = {"w": w, "inputs": inputs, "slope": f - f * f}
    return f, cache


def neuron_backward(df, cache):
    dscore = cache["slope"] * df
    dw = cache["inputs"] * dscore
    dx = cache["w"][:2] * dscore
    return dw, dx


def staged_backward(x, y):
    sx = 1 / (1 + np.exp(-x))
    sy = 1 / (1 + np.exp(-y))
    total = x + y
    top = x + sy
    bottom = sx + total**2
    d = {"x": 0.0, "y": 0.0}
    dtop = 1 / bottom
    dbottom = -top / bottom**2
    d["x"] += dtop
    d["y"] += dtop * sy * (1 - sy)
    d["x"] += dbottom * sx * (1 - sx)
    dtotal = dbottom * 2 * total
    d["x"] += dtotal
    d["y"] += dtotal
    return d["x"], d["y"]


def numeric_gradient(f, x, h=1e-5):
    flat = x.reshape(-1).copy()
    grad = []
    for i in range(flat.size):
        ends = []
        for sign in (1, -1):
            moved = flat.copy()
            moved[i] += sign * h
            ends.append(f(moved.reshape(x.shape)))
        grad.append((ends[0] - ends[1]) / (2 * h))
    return np.array(grad).reshape(x.shape)


def matmul_backward(dout, x, w):
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for n in range(x.shape[0]):
        dx[n] = np.dot(w, dout[n])
        dw += np.outer(x[n], dout[n])
    return dx, dw


def local_jacobian(f, x, h=1e-5):
    J = np.zeros((len(f(x)), len(x)))
    for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = h
        up = f(x + step)
        down = f(x - step)
        J[:, j] = (up - down) / (2 * h)
    return J


def vjp_path(jacobians, dout):
    row = np.array(dout, dtype=float)[np.newaxis, :]
    k = len(jacobians) - 1
    while k >= 0:
        row = np.dot(row, jacobians[k])
        k -= 1
    dx = row[0]
    return dx
