# answers: 02_layers
# small helpers for what several layers share, dicts as caches, loops over classes and over the two weights
import numpy as np


def flatten(x):
    return x.reshape(len(x), -1)


def logistic(x):
    out = np.empty(x.shape)
    positive = x >= 0
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    small = np.exp(x[~positive])
    out[~positive] = small / (1 + small)
    return out


def log_softmax(x):
    x = x - np.max(x, axis=1)[:, None]
    norm = np.log(np.sum(np.exp(x), axis=1))
    return x - norm[:, None]


def affine_forward(x, w, b):
    out = np.dot(flatten(x), w)
    out += b
    cache = dict(x=x, w=w)
    return out, cache


def affine_backward(dout, cache):
    x = cache["x"]
    w = cache["w"]
    dw = np.dot(flatten(x).T, dout)
    db = np.sum(dout, 0)
    dx = np.dot(dout, w.T)
    dx = dx.reshape(x.shape)
    return dx, dw, db


def relu_forward(x):
    out = np.array(x, dtype=float)
    out[x < 0] = 0
    cache = dict(off=x <= 0)
    return out, cache


def relu_backward(dout, cache):
    dx = np.array(dout, dtype=float)
    dx[cache["off"]] = 0
    return dx


def sigmoid_forward(x):
    out = logistic(x)
    return out, dict(slope=out * (1 - out))


def sigmoid_backward(dout, cache):
    dx = cache["slope"] * dout
    return dx


def tanh_forward(x):
    out = 2 * logistic(2 * x) - 1
    return out, dict(slope=1 - out**2)


def tanh_backward(dout, cache):
    dx = cache["slope"] * dout
    return dx


def softmax_loss(x, y):
    N = x.shape[0]
    logs = log_softmax(x)
    loss = 0.0
    dx = np.exp(logs)
    for i in range(N):
        loss -= logs[i, y[i]]
        dx[i, y[i]] -= 1
    loss /= N
    dx /= N
    return loss, dx


def gelu_forward(x):
    phi = (1 + erf(x / np.sqrt(2))) / 2
    out = x * phi
    cache = dict(x=x, phi=phi)
    return out, cache


def gelu_backward(dout, cache):
    x = cache["x"]
    slope = cache["phi"].copy()
    bell = np.exp(-x * x / 2)
    slope += x * bell / np.sqrt(2 * np.pi)
    return slope * dout


def swish_forward(x):
    s = logistic(x)
    cache = dict(x=x, s=s)
    return x * s, cache


def swish_backward(dout, cache):
    x, s = cache["x"], cache["s"]
    ds = dout * x
    dx = dout * s
    dx = dx + ds * s * (1 - s)
    return dx


def swiglu_forward(x, w_gate, w_up, w_down):
    a = np.dot(x, w_gate)
    gate, swish_cache = swish_forward(a)
    value = np.dot(x, w_up)
    mixed = gate * value
    out = np.dot(mixed, w_down)
    cache = dict(x=x, ws=(w_gate, w_up, w_down), gate=gate, value=value, swish=swish_cache)
    return out, cache


def swiglu_backward(dout, cache):
    x = cache["x"]
    w_gate, w_up, w_down = cache["ws"]
    mixed = cache["gate"] * cache["value"]
    dw_down = np.dot(mixed.T, dout)
    dmixed = np.dot(dout, w_down.T)
    da = swish_backward(dmixed * cache["value"], cache["swish"])
    dvalue = dmixed * cache["gate"]
    dx = np.zeros(x.shape)
    for dbranch, w in ((da, w_gate), (dvalue, w_up)):
        dx += np.dot(dbranch, w.T)
    return dx, np.dot(x.T, da), np.dot(x.T, dvalue), dw_down


def mse_loss(x, y):
    N, D = x.shape
    diff = x - y
    loss = 0.0
    for row in diff:
        loss += np.sum(row * row)
    loss = loss / (N * D)
    dx = diff * 2 / (N * D)
    return loss, dx


def svm_loss(x, y):
    N, C = x.shape
    loss = 0.0
    dx = np.zeros(x.shape)
    for i in range(N):
        right = y[i]
        for j in range(C):
            if j == right:
                continue
            margin = x[i, j] - x[i, right] + 1
            if margin > 0:
                loss += margin
                dx[i, j] += 1
                dx[i, right] -= 1
    return loss / N, dx / N


def sgd(w, dw, lr):
    step = lr * dw
    new_w = w.copy()
    new_w -= step
    return new_w


def sigma_net_backward(X, y, W1, b1, W2, b2):
    hidden, first = affine_forward(X, W1, b1)
    act, bend = sigmoid_forward(hidden)
    scores, second = affine_forward(act, W2, b2)
    loss, dscores = softmax_loss(scores, y)
    dact, dW2, db2 = affine_backward(dscores, second)
    dhidden = sigmoid_backward(dact, bend)
    dW1, db1 = affine_backward(dhidden, first)[1:]
    return loss, dW1, db1, dW2, db2


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        widths = [input_dim, hidden_dim, classes]
        self.params = {}
        for i in (1, 2):
            fan_in, fan_out = widths[i - 1], widths[i]
            W = rng.standard_normal((fan_in, fan_out))
            self.params[f"W{i}"] = W * np.sqrt(2 / fan_in)
            self.params[f"b{i}"] = np.zeros(fan_out)

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        h, cache1 = affine_forward(X, W1, b1)
        a, cache_relu = relu_forward(h)
        scores, cache2 = affine_forward(a, W2, b2)
        if y is None:
            return scores
        grads = {}
        loss, dscores = softmax_loss(scores, y)
        da, grads["W2"], grads["b2"] = affine_backward(dscores, cache2)
        dh = relu_backward(da, cache_relu)
        _, grads["W1"], grads["b1"] = affine_backward(dh, cache1)
        return loss, grads
