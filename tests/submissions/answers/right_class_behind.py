# answers: 02_layers
# expect: right
# a class behind the functions, lambdas, the stable branches of the sigmoid, plain math
import numpy as np


class Affine:
    def __init__(s, w, b):
        s.w = w
        s.b = b

    def f(s, x):
        s.x = x
        return x.reshape(x.shape[0], -1) @ s.w + s.b

    def g(s, d):
        return (
            (d @ s.w.T).reshape(s.x.shape),
            s.x.reshape(s.x.shape[0], -1).T @ d,
            np.add.reduce(d, 0),
        )


def affine_forward(x, w, b):
    l = Affine(w, b)
    return l.f(x), l


affine_backward = lambda dout, cache: cache.g(dout)
relu_forward = lambda x: (np.maximum(0, x), x)


def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0)


def sigmoid_forward(x):
    out = np.empty_like(x)
    p = x >= 0
    out[p] = 1 / (1 + np.exp(-x[p]))
    e = np.exp(x[~p])
    out[~p] = e / (1 + e)
    return out, x


def sigmoid_backward(dout, cache):
    s, _ = sigmoid_forward(cache)
    return dout * s * (1 - s)


def tanh_forward(x):
    return np.tanh(x), x


def tanh_backward(dout, cache):
    return dout * (1 - np.square(np.tanh(cache)))


def softmax_loss(x, y):
    import math

    N, C = x.shape
    dx = np.zeros((N, C))
    L = 0
    for n in range(N):
        m = max(x[n])
        z = [math.exp(v - m) for v in x[n]]
        s = sum(z)
        L += math.log(s) - (x[n][y[n]] - m)
        for c in range(C):
            dx[n][c] = (z[c] / s - (c == y[n])) / N
    return L / N, dx
