# answers: 02_layers
# expect: wrong affine_backward.db relu_backward.dx tanh_backward.dx softmax_loss.loss softmax_loss.dx sigmoid_forward.out
# broadcasting hides (1, M); |dout|; a derivative off by 1e-4; no division by N; overflow to nan
import numpy as np


def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0, keepdims=True)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return np.abs(dout) * (cache > 0)


def sigmoid_forward(x):
    out = np.exp(x) / (1 + np.exp(x))
    return out, out


def sigmoid_backward(dout, cache):
    return dout * np.nan_to_num(cache, nan=1.0) * (1 - np.nan_to_num(cache, nan=1.0))


def tanh_forward(x):
    return np.tanh(x), x


def tanh_backward(dout, cache):
    return dout * (1 - np.tanh(cache) ** 2 + 1e-4)


def softmax_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    dx = p.copy()
    dx[np.arange(len(y)), y] -= 1
    return loss, dx
