# answers: 02_layers
# tuples in the cache, np.where, one temporary variable a line, numbers of examples by shape, ranges as indices
import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    D = w.shape[0]
    out = x.reshape(N, D) @ w + b
    return out, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    N, D = x.shape[0], w.shape[0]
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(N, D).T @ dout
    db = np.ones(N) @ dout
    return dx, dw, db


def relu_forward(x):
    out = np.where(x > 0, x, 0.0)
    return out, x


def relu_backward(dout, cache):
    x = cache
    dx = np.where(x > 0, dout, 0.0)
    return dx


def sigmoid_forward(x):
    # exp of a negative number never overflows
    t = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1 / (1 + t), t / (1 + t))
    return out, out


def sigmoid_backward(dout, cache):
    s = cache
    ds = s * (1 - s)
    return dout * ds


def tanh_forward(x):
    t = np.tanh(x)
    return t, t


def tanh_backward(dout, cache):
    t = cache
    dt = 1 - t**2
    return dout * dt


def softmax_loss(x, y):
    N = x.shape[0]
    shifted = x - x.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    probs = exps / sums
    logp = shifted - np.log(sums)
    loss = -logp[range(N), y].mean()
    dx = probs.copy()
    dx[range(N), y] -= 1
    dx = dx / N
    return loss, dx


def gelu_forward(x):
    cdf = 0.5 * (1.0 + erf(x / np.sqrt(2.0)))
    pdf = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)
    out = x * cdf
    return out, (x, cdf, pdf)


def gelu_backward(dout, cache):
    x, cdf, pdf = cache
    dx = dout * cdf
    dx = dx + dout * x * pdf
    return dx


def swish_forward(x):
    s, _ = sigmoid_forward(x)
    out = x * s
    return out, (x, s)


def swish_backward(dout, cache):
    x, s = cache
    grad = s + x * s * (1 - s)
    return dout * grad


def swiglu_forward(x, w_gate, w_up, w_down):
    g = x @ w_gate
    u = x @ w_up
    act, act_cache = swish_forward(g)
    h = act * u
    out = h @ w_down
    cache = (x, w_gate, w_up, w_down, u, act, act_cache, h)
    return out, cache


def swiglu_backward(dout, cache):
    x, w_gate, w_up, w_down, u, act, act_cache, h = cache
    dh = dout @ w_down.T
    dw_down = h.T @ dout
    dact = dh * u
    du = dh * act
    dg = swish_backward(dact, act_cache)
    dw_up = x.T @ du
    dw_gate = x.T @ dg
    dx = dg @ w_gate.T + du @ w_up.T
    return dx, dw_gate, dw_up, dw_down


def mse_loss(x, y):
    diff = x - y
    loss = np.mean(diff**2)
    dx = 2 * diff / diff.size
    return loss, dx


def svm_loss(x, y):
    N = x.shape[0]
    correct = x[range(N), y].reshape(N, 1)
    margins = np.where(x - correct + 1 > 0, x - correct + 1, 0)
    margins[range(N), y] = 0
    loss = margins.sum() / N
    dx = np.where(margins > 0, 1.0, 0.0)
    counts = dx.sum(axis=1)
    dx[range(N), y] -= counts
    dx = dx / N
    return loss, dx


def sgd(w, dw, lr):
    next_w = w - lr * dw
    return next_w


def sigma_net_backward(X, y, W1, b1, W2, b2):
    # forward
    z1, c1 = affine_forward(X, W1, b1)
    a1, c2 = sigmoid_forward(z1)
    z2, c3 = affine_forward(a1, W2, b2)
    loss, dz2 = softmax_loss(z2, y)
    # backward
    da1, dW2, db2 = affine_backward(dz2, c3)
    dz1 = sigmoid_backward(da1, c2)
    dX, dW1, db1 = affine_backward(dz1, c1)
    return loss, dW1, db1, dW2, db2


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        W1 = rng.standard_normal((input_dim, hidden_dim))
        W1 *= np.sqrt(2 / input_dim)
        W2 = rng.standard_normal((hidden_dim, classes))
        W2 *= np.sqrt(2 / hidden_dim)
        b1 = np.zeros(hidden_dim)
        b2 = np.zeros(classes)
        self.params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}

    def loss(self, X, y=None):
        p = self.params
        h, c1 = affine_forward(X, p["W1"], p["b1"])
        r, c2 = relu_forward(h)
        scores, c3 = affine_forward(r, p["W2"], p["b2"])
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dr, dW2, db2 = affine_backward(dscores, c3)
        dh = relu_backward(dr, c2)
        _, dW1, db1 = affine_backward(dh, c1)
        grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
        return loss, grads
