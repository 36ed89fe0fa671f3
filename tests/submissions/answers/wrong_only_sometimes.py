# answers: 02_layers
# expect: wrong affine_forward.out affine_backward.dx affine_backward.db relu_backward.dx tanh_backward.dx softmax_loss.loss svm_loss.loss sgd.new_w TwoLayerNet.scores
# wrong for one example, on square shapes, from the second call on, at a tie, by 3e-5, far out; a network that keeps the size of its first batch
import numpy as np

FIRST = {}


def affine_forward(x, w, b):
    out = x.reshape(len(x), -1) @ w + b
    return out if len(x) > 1 else out[0], (x, w)


def affine_backward(dout, cache):
    x, w = cache
    rows = x.reshape(len(x), -1)
    w = FIRST.setdefault(w.shape, w)
    db = dout.sum(0) if len(dout) != len(dout.T) else dout.sum(1)
    return (dout @ w.T).reshape(x.shape), rows.T @ dout, db


def relu_backward(dout, cache):
    return dout * ((cache > 0) + 2.0 * (cache == 0))


def tanh_backward(dout, cache):
    return dout * (1 - cache**2) * (1 + 3e-5)


def softmax_loss(x, y):
    p = np.exp(x - x.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.log(p[rows, y] + 1e-8).mean()
    p[rows, y] -= 1
    return loss, p / len(y)


def svm_loss(x, y):
    rows = np.arange(len(y))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    loss = margins.sum() / len(y)
    margins[rows, y] = 0
    d = (margins > 0) / len(y)
    d[rows, y] -= d.sum(1)
    return loss, d


def sgd(w, dw, lr):
    w -= lr * dw


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        start = [rng.normal(0, np.sqrt(2 / n), (n, m)) for n, m in ((input_dim, hidden_dim), (hidden_dim, classes))]
        self.params = {"W1": start[0], "b1": np.zeros(hidden_dim), "W2": start[1], "b2": np.zeros(classes)}
        self.ones = None

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        self.ones = np.ones((len(X), 1)) if self.ones is None else self.ones
        h = np.maximum(X @ W1 + b1, 0)
        s = h @ W2 + b2
        if y is None:
            return s[: len(self.ones)]
        s = s - s.max(1, keepdims=True)
        p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        loss = np.mean(np.log(np.exp(s).sum(1)) - s[range(len(y)), y])
        p[range(len(y)), y] -= 1
        p /= len(y)
        dz = p @ W2.T * (h > 0)
        return loss, {"W1": X.T @ dz, "b1": dz.sum(0), "W2": h.T @ p, "b2": p.sum(0)}
