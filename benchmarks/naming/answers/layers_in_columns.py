# answers: 02_layers
# examples as columns, dicts with own names, class by class, small helpers, terms added one at a time
import numpy as np
from scipy.special import erf


def columns_of(x):
    return x.reshape(len(x), -1).T


def chosen(y, count):
    return (y[:, None] == np.arange(count)).astype(float)


def affine_forward(x, w, b):
    columns = columns_of(x)
    out = (w.T @ columns).T + b
    return out, {"shape": x.shape, "columns": columns, "w": w}


def affine_backward(dout, cache):
    dcolumns = cache["w"] @ dout.T
    dx = dcolumns.T.reshape(cache["shape"])
    dw = cache["columns"] @ dout
    db = np.ones(len(dout)) @ dout
    return dx, dw, db


def relu_forward(x):
    on = np.heaviside(x, 0.0)
    return on * x, on


def relu_backward(dout, cache):
    return cache * dout


def sigmoid_forward(x):
    out = np.exp(-np.logaddexp(0.0, -x))
    return out, out


def sigmoid_backward(dout, cache):
    slope = cache - cache**2
    return dout * slope


def tanh_forward(x):
    t = np.tanh(x)
    return t, {"t": t}


def tanh_backward(dout, cache):
    t = cache["t"]
    dx = dout.copy()
    dx -= dout * t * t
    return dx


def softmax_loss(x, y):
    N, C = x.shape
    top = x.max(axis=1)[:, None]
    log_total = np.log(np.exp(x - top).sum(axis=1))[:, None] + top
    log_p = x - log_total
    truth = chosen(y, C)
    loss = -np.sum(truth * log_p) / N
    dx = (np.exp(log_p) - truth) / N
    return loss, dx


def gelu_forward(x):
    phi = (1.0 + erf(x * 2**-0.5)) / 2.0
    return x * phi, {"x": x, "phi": phi}


def gelu_backward(dout, cache):
    x, phi = cache["x"], cache["phi"]
    bell = np.exp(-x * x / 2.0) * (2.0 * np.pi) ** -0.5
    dx = dout * phi
    dx += dout * x * bell
    return dx


def swish_forward(x):
    s = sigmoid_forward(x)[0]
    return x * s, {"x": x, "s": s}


def swish_backward(dout, cache):
    x, s = cache["x"], cache["s"]
    dx = dout * s
    dx += dout * x * s * (1 - s)
    return dx


def swiglu_forward(x, w_gate, w_up, w_down):
    gate, gate_cache = swish_forward(np.dot(x, w_gate))
    up = np.dot(x, w_up)
    both = np.multiply(gate, up)
    return np.dot(both, w_down), (x, (w_gate, w_up, w_down), gate, up, gate_cache)


def swiglu_backward(dout, cache):
    x, (w_gate, w_up, w_down), gate, up, gate_cache = cache
    dboth = np.dot(dout, w_down.T)
    dw_down = np.dot((gate * up).T, dout)
    d1 = swish_backward(dboth * up, gate_cache)
    d2 = dboth * gate
    dx = np.dot(d1, w_gate.T) + np.dot(d2, w_up.T)
    return dx, np.dot(x.T, d1), np.dot(x.T, d2), dw_down


def mse_loss(x, y):
    N, D = x.shape
    loss, dx = 0.0, np.zeros((N, D))
    for n in range(N):
        off = x[n] - y[n]
        loss += np.dot(off, off) / (N * D)
        dx[n] = 2.0 * off / (N * D)
    return loss, dx


def svm_loss(x, y):
    N, C = x.shape
    truth = chosen(y, C)
    right = np.sum(x * truth, axis=1)
    loss, dx = 0.0, np.zeros((N, C))
    for c in range(C):
        margin = (x[:, c] - right + 1.0) * (1.0 - truth[:, c])
        over = margin > 0
        loss += np.sum(margin[over])
        dx[:, c] += over
        dx -= over[:, None] * truth
    return loss / N, dx / N


def sgd(w, dw, lr):
    step = np.multiply(lr, dw)
    return np.subtract(w, step)


def sigma_net_backward(X, y, W1, b1, W2, b2):
    z, first = affine_forward(X, W1, b1)
    h, bent = sigmoid_forward(z)
    scores, second = affine_forward(h, W2, b2)
    loss, dscores = softmax_loss(scores, y)
    dh, dW2, db2 = affine_backward(dscores, second)
    dz = sigmoid_backward(dh, bent)
    _, dW1, db1 = affine_backward(dz, first)
    return loss, dW1, db1, dW2, db2


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        widths = [input_dim, hidden_dim, classes]
        self.params = {}
        for k in (1, 2):
            fan_in, fan_out = widths[k - 1], widths[k]
            self.params[f"W{k}"] = rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in)
            self.params[f"b{k}"] = np.zeros(fan_out)

    def loss(self, X, y=None):
        W1, b1, W2, b2 = (self.params[key] for key in ("W1", "b1", "W2", "b2"))
        h, c1 = affine_forward(X, W1, b1)
        r, c2 = relu_forward(h)
        scores, c3 = affine_forward(r, W2, b2)
        if y is None:
            return scores
        loss, up = softmax_loss(scores, y)
        grads = {}
        up, grads["W2"], grads["b2"] = affine_backward(up, c3)
        up = relu_backward(up, c2)
        up, grads["W1"], grads["b1"] = affine_backward(up, c1)
        return loss, grads
