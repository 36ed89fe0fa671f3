# answers: 01_gates
# dicts as caches, slopes first and the chain afterwards, columns and rows by comprehensions
import numpy as np


def add_gate_forward(x, y):
    return x + y, None


def add_gate_backward(dz, cache):
    slopes = {"x": 1.0, "y": 1.0}
    return dz * slopes["x"], dz * slopes["y"]


def mul_gate_forward(x, y):
    return x * y, {"left": x, "right": y}


def mul_gate_backward(dz, cache):
    dx = cache["right"] * dz
    dy = cache["left"] * dz
    return dx, dy


def max_gate_forward(x, y):
    winner = 0 if x >= y else 1
    return (x, y)[winner], winner


def max_gate_backward(dz, cache):
    grads = [0.0, 0.0]
    grads[cache] = dz
    return grads[0], grads[1]


def sigmoid_by_gates(z):
    minus = -z
    power = np.exp(minus)
    below = power + 1
    f = below**-1.0
    dbelow = -(below**-2.0)
    dpower = dbelow * 1.0
    dminus = dpower * power
    return f, -dminus


def neuron_forward(w, x):
    longer = np.append(x, 1.0)
    score = np.dot(w, longer)
    f = 1 / (1 + np.exp(-score))
    return f, {"w": w, "longer": longer, "f": f}


def neuron_backward(df, cache):
    f = cache["f"]
    dscore = f * (1 - f) * df
    dw = dscore * cache["longer"]
    dlonger = dscore * cache["w"]
    return dw, dlonger[:2]


def staged_backward(x, y):
    s = lambda t: 1 / (1 + np.exp(-t))
    a, b = s(x), s(y)
    both = x + y
    top = x + b
    bottom = a + both**2
    dtop = 1 / bottom
    dbottom = -top / bottom**2
    da = dbottom
    dboth = dbottom * 2 * both
    dx = dtop + dboth + da * a * (1 - a)
    dy = dboth + dtop * b * (1 - b)
    return dx, dy


def numeric_gradient(f, x, h=1e-5):
    flat = x.reshape(-1)
    slopes = []
    for k in range(flat.size):
        kept = flat[k]
        flat[k] = kept + h
        up = f(x)
        flat[k] = kept - h
        down = f(x)
        flat[k] = kept
        slopes.append((up - down) / (2 * h))
    return np.array(slopes).reshape(x.shape)


def matmul_backward(dout, x, w):
    dx = np.array([[np.sum(row * w[k]) for k in range(len(w))] for row in dout])
    dw = sum(x[n][:, None] * dout[n][None, :] for n in range(len(x)))
    return dx, dw


def vjp_path(jacobians, dout):
    d = dout
    k = len(jacobians) - 1
    while k >= 0:
        d = np.dot(d, jacobians[k])
        k -= 1
    return d
