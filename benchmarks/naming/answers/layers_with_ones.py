# answers: 02_layers
# sums as products with ones, masks that are multiplied, a class with a step for everything
import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    X = x.reshape(N, w.shape[0])
    out = X @ w + np.ones((N, 1)) @ b.reshape(1, -1)
    return out, [x.shape, X, w]


def affine_backward(dout, cache):
    shape, X, w = cache
    ones = np.ones(len(X))
    db = ones @ dout
    dw = X.T @ dout
    dX = dout @ w.T
    return dX.reshape(shape), dw, db


def relu_forward(x):
    mask = x > 0
    return mask * x, mask


def relu_backward(dout, cache):
    return cache * dout


def sigmoid_forward(x):
    e = np.exp(-np.abs(x))
    s = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
    return s, {"s": s}


def sigmoid_backward(dout, cache):
    s = cache["s"]
    ds = s * (1 - s)
    return ds * dout


def tanh_forward(x):
    y = np.tanh(x)
    return y, (y, 1 - y * y)


def tanh_backward(dout, cache):
    y, slope = cache
    return slope * dout


def softmax_loss(x, y):
    N, C = x.shape
    x = x - x.max(axis=1, keepdims=True)
    e = np.exp(x)
    total = e.sum(axis=1, keepdims=True)
    right = x[range(N), y]
    loss = np.mean(np.log(total[:, 0]) - right)
    p = e / total
    p[range(N), y] -= 1
    return loss, p / N


def mse_loss(x, y):
    gap = x - y
    loss = (gap * gap).mean()
    return loss, 2 * gap / gap.size


def svm_loss(x, y):
    N = len(y)
    right = x[np.arange(N), y].reshape(N, 1)
    over = np.maximum(0, x - right + 1)
    over[np.arange(N), y] = 0
    loss = over.sum() / N
    hit = (over > 0).astype(float)
    hit[np.arange(N), y] -= hit.sum(axis=1)
    return loss, hit / N


def swish_forward(x):
    s, _ = sigmoid_forward(x)
    return x * s, (x, s)


def swish_backward(dout, cache):
    x, s = cache
    through_x = s
    through_s = x * s * (1 - s)
    return dout * (through_x + through_s)


def sgd(w, dw, lr):
    new = w.copy()
    new -= lr * dw
    return new


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        self.params = {
            "W1": rng.normal(0, np.sqrt(2 / input_dim), (input_dim, hidden_dim)),
            "b1": np.zeros(hidden_dim),
            "W2": rng.normal(0, np.sqrt(2 / hidden_dim), (hidden_dim, classes)),
            "b2": np.zeros(classes),
        }

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        z = X @ W1 + b1
        h = np.maximum(z, 0)
        scores = h @ W2 + b2
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads = {}
        grads["W2"] = h.T @ dscores
        grads["b2"] = dscores.sum(axis=0)
        dh = dscores @ W2.T
        dz = dh * (z > 0)
        grads["W1"] = X.T @ dz
        grads["b1"] = dz.sum(axis=0)
        return loss, grads
