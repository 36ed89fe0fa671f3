# answers: 01_gates
# gates with the local slopes written out
import math
import numpy as np


def mul_gate_forward(x, y):
    return y * x, (x, y)


def mul_gate_backward(dz, cache):
    x, y = cache
    slope_x, slope_y = y, x
    return dz * slope_x, dz * slope_y


def matmul_backward(dout, x, w):
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for n in range(x.shape[0]):
        dx[n] = w @ dout[n]
        dw += np.outer(x[n], dout[n])
    return dx, dw


def neuron_forward(w, x):
    z = np.dot(w[:2], x) + w[2]
    out = 1 / (1 + math.exp(-z))
    return out, (np.array(w), np.array(x), out)


def neuron_backward(df, cache):
    w, x, out = cache
    slope = out - out * out
    dw = np.zeros(3)
    dw[:2] = x * slope * df
    dw[2] = slope * df
    dx = w[:2] * slope * df
    return dw, dx


def staged_backward(x, y):
    sy = 1 / (1 + math.exp(-y))
    sx = 1 / (1 + math.exp(-x))
    top = x + sy
    bottom = sx + (x + y) ** 2
    dtop = 1 / bottom
    dbottom = -top / (bottom * bottom)
    dx = dtop + dbottom * (sx * (1 - sx) + 2 * (x + y))
    dy = dtop * sy * (1 - sy) + dbottom * 2 * (x + y)
    return dx, dy
