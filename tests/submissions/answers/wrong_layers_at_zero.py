# answers: 02_layers
# expect: wrong sigmoid_forward.out gelu_backward.dx swish_backward.dx swiglu_forward.out svm_loss.loss svm_loss.dx sgd.new_w sigma_net_backward.* TwoLayerNet.initial_params TwoLayerNet.loss_and_gradients
# 0 in no branch; 0 / 0; inf / inf in a layer that is built of others; a margin of 1 taken for the right class; a clip; one dict for all networks, one maximum for all rows
import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid_forward(x):
    out = np.zeros_like(x)
    out[x > 0] = 1 / (1 + np.exp(-x[x > 0]))
    out[x < 0] = 1 - 1 / (1 + np.exp(x[x < 0]))
    return out, out


def gelu_forward(x):
    out = x * 0.5 * (1 + erf(x / np.sqrt(2)))
    return out, (x, out)


def gelu_backward(dout, cache):
    x, out = cache
    return dout * (out / x + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))


def swish_forward(x):
    out = x / (1 + np.exp(-np.clip(x, -700, 700)))
    return out, (x, out)


def swish_backward(dout, cache):
    x, out = cache
    return dout * (out / x + out * (1 - out / x))


def swiglu_forward(x, w_gate, w_up, w_down):
    gate = np.exp(x @ w_gate)
    return (x @ w_gate * gate / (1 + gate) * (x @ w_up)) @ w_down, None


def svm_loss(x, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[margins == 1] = 0
    d = (margins > 0) / len(y)
    d[rows, y] = -d.sum(1)
    return margins.sum() / len(y), d


def sgd(w, dw, lr):
    return w - lr * np.clip(dw, -5, 5)


def sigma_net_backward(X, y, W1, b1, W2, b2):
    a = np.exp(X @ W1 + b1)
    a = a / (1 + a)
    s = a @ W2 + b2
    p = np.exp(s - s.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[range(len(y)), y]).mean()
    p[range(len(y)), y] -= 1
    p /= len(y)
    d = p @ W2.T * a * (1 - a)
    return loss, X.T @ d, d.sum(0), a.T @ p, p.sum(0)


class TwoLayerNet:
    params = {}

    def __init__(self, input_dim, hidden_dim, classes, rng):
        self.params["W1"] = rng.normal(0, np.sqrt(2 / input_dim), (input_dim, hidden_dim))
        self.params["W2"] = rng.normal(0, np.sqrt(2 / hidden_dim), (hidden_dim, classes))
        self.params["b1"], self.params["b2"] = np.zeros(hidden_dim), np.zeros(classes)

    def loss(self, X, y=None):
        h = np.maximum(X @ self.params["W1"] + self.params["b1"], 0)
        s = h @ self.params["W2"] + self.params["b2"]
        if y is None:
            return s
        p = np.exp(s - s.max())
        p /= p.sum(1, keepdims=True)
        loss = -np.log(p[range(len(y)), y]).mean()
        p[range(len(y)), y] -= 1
        p /= len(y)
        d = p @ self.params["W2"].T * (h > 0)
        return loss, {"W1": X.T @ d, "b1": d.sum(0), "W2": h.T @ p, "b2": p.sum(0)}
