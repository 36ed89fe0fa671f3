# answers: 02_layers
# expect: right
# loops over single entries, star imports, list caches
from numpy import *
import numpy as np


def flat(a):
    return a.reshape(a.shape[0], prod(a.shape[1:]))


def affine_forward(x, w, b):
    X = flat(x)
    out = zeros((X.shape[0], w.shape[1]))
    for i in range(X.shape[0]):
        for j in range(w.shape[1]):
            out[i, j] = sum(X[i] * w[:, j]) + b[j]
    return out, [x, w, b]


def affine_backward(dout, cache):
    x, w, b = cache
    X = flat(x)
    dx = zeros_like(X)
    dw = zeros_like(w)
    db = zeros_like(b)
    for i in range(len(dout)):
        for j in range(dout.shape[1]):
            dx[i] += dout[i, j] * w[:, j]
            dw[:, j] += dout[i, j] * X[i]
            db[j] += dout[i, j]
    return [dx.reshape(*x.shape), dw, db]


def relu_forward(x):
    out = where(x >= 0, x, 0.0)
    return out, x


def relu_backward(dout, cache):
    return dout * (0.5 * (sign(cache) + 1))


def sigmoid_forward(x):
    out = 0.5 * (1 + tanh(x / 2))
    return out, out


def sigmoid_backward(dout, cache):
    return multiply(dout, cache - cache**2)


def tanh_forward(x):
    e = exp(-2 * abs(x))
    out = sign(x) * (1 - e) / (1 + e)
    return out, out


def tanh_backward(dout, cache):
    return dout * (1 - cache) * (1 + cache)


def softmax_loss(x, y):
    shifted = x - x.max(axis=1)[:, newaxis]
    logp = shifted - log(exp(shifted).sum(axis=1, keepdims=True))
    loss = -mean(logp[arange(len(y)), y])
    dx = exp(logp)
    dx[arange(len(y)), y] -= 1
    dx /= len(y)
    return loss, dx
