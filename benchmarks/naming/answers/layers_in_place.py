# answers: 02_layers
# losses number by number; slopes multiplied in place
import math

import numpy as np


def affine_forward(x, w, b):
    N = x.shape[0]
    x_row = np.reshape(x, (N, -1))
    out = np.dot(x_row, w)
    out += b
    return out, (x, x_row, w)


def affine_backward(dout, cache):
    x, x_row, w = cache
    dx = np.dot(dout, w.T)
    dx = dx.reshape(x.shape)
    dw = np.dot(x_row.T, dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_forward(x):
    out = x.copy()
    out[out < 0] = 0
    return out, out > 0


def relu_backward(dout, cache):
    dx = np.array(dout)
    dx[~cache] = 0
    return dx


def sigmoid_forward(x):
    out = np.zeros(x.shape)
    pos = x >= 0
    neg = np.logical_not(pos)
    out[pos] = 1.0 / (1.0 + np.exp(-x[pos]))
    ex = np.exp(x[neg])
    out[neg] = ex / (1.0 + ex)
    return out, {"s": out.copy()}


def sigmoid_backward(dout, cache):
    s = cache["s"]
    dx = s * (1.0 - s)
    dx *= dout
    return dx


def tanh_forward(x):
    t = np.tanh(x)
    return t, 1.0 - t * t


def tanh_backward(dout, cache):
    return np.multiply(dout, cache)


def softmax_loss(x, y):
    num_train, num_classes = x.shape
    loss = 0.0
    dx = np.zeros(x.shape)
    for i in range(num_train):
        scores = x[i] - np.max(x[i])
        log_sum = np.log(np.sum(np.exp(scores)))
        loss += log_sum - scores[y[i]]
        for j in range(num_classes):
            dx[i, j] += np.exp(scores[j] - log_sum)
            if j == y[i]:
                dx[i, j] -= 1
    loss /= num_train
    dx /= num_train
    return loss, dx


def mse_loss(x, y):
    diff = x - y
    count = x.shape[0] * x.shape[1]
    loss = np.sum(diff**2) / count
    dx = 2.0 * diff
    dx /= count
    return loss, dx


def svm_loss(x, y):
    num_train = x.shape[0]
    num_classes = x.shape[1]
    loss = 0.0
    dx = np.zeros(x.shape)
    for i in range(num_train):
        correct = x[i, y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = x[i, j] - correct + 1.0
            if margin > 0:
                loss += margin
                dx[i, j] += 1.0
                dx[i, y[i]] -= 1.0
    return loss / num_train, dx / num_train


def gelu_forward(x):
    cdf = (erf(x / math.sqrt(2.0)) + 1.0) / 2.0
    return x * cdf, {"x": x, "cdf": cdf}


def gelu_backward(dout, cache):
    x, cdf = cache["x"], cache["cdf"]
    pdf = np.exp(-(x**2) / 2.0)
    pdf /= math.sqrt(2.0 * math.pi)
    dx = cdf + x * pdf
    dx *= dout
    return dx


def swish_forward(x):
    gate, gate_cache = sigmoid_forward(x)
    return x * gate, (x, gate, gate_cache)


def swish_backward(dout, cache):
    x, gate, gate_cache = cache
    dx = dout * gate
    dx += sigmoid_backward(dout * x, gate_cache)
    return dx


def swiglu_forward(x, w_gate, w_up, w_down):
    a = np.dot(x, w_gate)
    u = np.dot(x, w_up)
    g, g_cache = swish_forward(a)
    h = g * u
    out = np.dot(h, w_down)
    return out, {
        "x": x,
        "wg": w_gate,
        "wu": w_up,
        "wd": w_down,
        "u": u,
        "g": g,
        "h": h,
        "kept": g_cache,
    }


def swiglu_backward(dout, cache):
    c = cache
    dwd = np.dot(c["h"].T, dout)
    dh = np.dot(dout, c["wd"].T)
    dg = dh * c["u"]
    du = dh * c["g"]
    da = swish_backward(dg, c["kept"])
    dwg = np.dot(c["x"].T, da)
    dwu = np.dot(c["x"].T, du)
    dx = np.dot(da, c["wg"].T)
    dx += np.dot(du, c["wu"].T)
    return dx, dwg, dwu, dwd


def sgd(w, dw, lr):
    step = lr * dw
    return w - step


def sigma_net_backward(X, y, W1, b1, W2, b2):
    hidden_in, cache_a = affine_forward(X, W1, b1)
    hidden, cache_s = sigmoid_forward(hidden_in)
    scores, cache_b = affine_forward(hidden, W2, b2)
    loss, dscores = softmax_loss(scores, y)
    dhidden, dW2, db2 = affine_backward(dscores, cache_b)
    dhidden_in = sigmoid_backward(dhidden, cache_s)
    _, dW1, db1 = affine_backward(dhidden_in, cache_a)
    return loss, dW1, db1, dW2, db2


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        self.params = {}
        self.params["W1"] = self.weights(input_dim, hidden_dim, rng)
        self.params["b1"] = np.zeros(hidden_dim)
        self.params["W2"] = self.weights(hidden_dim, classes, rng)
        self.params["b2"] = np.zeros(classes)

    def weights(self, rows, columns, rng):
        return rng.normal(size=(rows, columns)) * np.sqrt(2.0 / rows)

    def loss(self, X, y=None):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        z = X.dot(W1) + b1
        h = np.maximum(0, z)
        scores = h.dot(W2) + b2
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads = {}
        grads["W2"] = h.T.dot(dscores)
        grads["b2"] = np.sum(dscores, axis=0)
        dh = dscores.dot(W2.T)
        dh[h <= 0] = 0
        grads["W1"] = X.T.dot(dh)
        grads["b1"] = np.sum(dh, axis=0)
        return loss, grads
