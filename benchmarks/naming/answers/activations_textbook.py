# answers: 02_layers
# the formulas as they stand in a textbook, everything computed again on the way back
import numpy as np


def relu_forward(x):
    out = x.copy()
    out[out < 0] = 0
    return out, out


def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    dx[cache > 0] = dout[cache > 0]
    return dx


def sigmoid_forward(x):
    out = np.empty_like(x)
    up = x >= 0
    out[up] = 1 / (1 + np.exp(-x[up]))
    small = np.exp(x[~up])
    out[~up] = small / (1 + small)
    return out, x


def sigmoid_backward(dout, cache):
    s, _ = sigmoid_forward(cache)
    local = s - s * s
    return local * dout


def tanh_forward(x):
    return np.tanh(x), x


def tanh_backward(dout, cache):
    t = np.tanh(cache)
    slope = 1 - t * t
    return slope * dout


def gelu_forward(x):
    cdf = (1 + erf(x / 2**0.5)) / 2
    return x * cdf, x


def gelu_backward(dout, cache):
    x = cache
    cdf = (1 + erf(x / 2**0.5)) / 2
    pdf = np.exp(-x * x / 2) / (2 * np.pi) ** 0.5
    slope = cdf + x * pdf
    return slope * dout


def swish_forward(x):
    s, _ = sigmoid_forward(x)
    out = s * x
    return out, (x, out, s)


def swish_backward(dout, cache):
    x, out, s = cache
    slope = out + s * (1 - out)
    return dout * slope
