# answers: 02_layers
# expect: right
# caches that are closures, dicts, objects; gradients changed in place, in lists and 1-tuples
import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    x2 = x.reshape(N, -1)
    out = np.einsum("nd,dm->nm", x2, w) + b[None, :]

    def back(dout):
        return (dout.dot(w.T).reshape(x.shape), x2.T.dot(dout), np.einsum("nm->m", dout))

    return out, back


def affine_backward(dout, cache):
    return cache(dout)


def relu_forward(x):
    x = x.copy()
    x[x < 0] = 0
    return [x, x]


def relu_backward(dout, cache):
    dout[cache <= 0] = 0
    return dout


def sigmoid_forward(x):
    with np.errstate(over="ignore"):
        out = 1.0 / (1.0 + np.exp(-x))
    return out, {"s": out}


def sigmoid_backward(dout, cache):
    s = cache["s"]
    dout *= s * (1 - s)
    return (dout,)


class C:
    pass


def tanh_forward(x):
    c = C()
    c.y = np.tanh(x)
    return c.y, c


def tanh_backward(dout, cache):
    return dout / np.cosh(np.arctanh(np.clip(cache.y, -1 + 1e-16, 1 - 1e-16))) ** 2


def softmax_loss(x, y):
    N = len(x)
    e = np.exp(x - x.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    loss = 0.0
    for i in range(N):
        loss += np.logaddexp.reduce(x[i]) - x[i, y[i]]
    oh = np.eye(x.shape[1])[y]
    return loss / N, (p - oh) / N
