# answers: 02_layers
# every sum an einsum, every layer's memory a dict, one helper for the softmax
import numpy as np


def log_softmax(scores):
    top = np.max(scores, axis=1, keepdims=True)
    rest = scores - top
    return rest - np.log(np.einsum("nc->n", np.exp(rest)))[:, None]


def one_hot(y, classes):
    return (np.arange(classes) == y[:, None]).astype(float)


def affine_forward(x, w, b):
    flat = x.reshape(len(x), -1)
    out = np.einsum("nd,dm->nm", flat, w) + b
    return out, dict(flat=flat, w=w, shape=x.shape)


def affine_backward(dout, cache):
    flat, w = cache["flat"], cache["w"]
    dx = np.einsum("nm,dm->nd", dout, w).reshape(cache["shape"])
    dw = np.einsum("nd,nm->dm", flat, dout)
    db = np.einsum("nm->m", dout)
    return dx, dw, db


def relu_forward(x):
    return np.where(x > 0, x, 0.0), {"on": x > 0}


def relu_backward(dout, cache):
    return np.where(cache["on"], dout, 0.0)


def sigmoid_forward(x):
    out = np.zeros(x.shape)
    up, down = x >= 0, x < 0
    out[up] = 1 / (1 + np.exp(-x[up]))
    out[down] = np.exp(x[down]) / (1 + np.exp(x[down]))
    return out, out.copy()


def sigmoid_backward(dout, cache):
    slope = cache - cache**2
    return slope * dout


def tanh_forward(x):
    y = np.tanh(x)
    return y, {"slope": (1 + y) * (1 - y)}


def tanh_backward(dout, cache):
    return np.multiply(dout, cache["slope"])


def softmax_loss(x, y):
    n, c = x.shape
    logs = log_softmax(x)
    truth = one_hot(y, c)
    loss = -np.einsum("nc,nc->", truth, logs) / n
    return loss, (np.exp(logs) - truth) / n


def mse_loss(x, y):
    n, d = x.shape
    gap = x - y
    return np.einsum("nd,nd->", gap, gap) / (n * d), 2.0 / (n * d) * gap


def svm_loss(x, y):
    n, c = x.shape
    truth = one_hot(y, c)
    right = np.einsum("nc,nc->n", truth, x)
    over = (x - right[:, None] + 1.0) * (1 - truth)
    bad = (over > 0).astype(float)
    loss = np.einsum("nc,nc->", bad, over) / n
    return loss, (bad - truth * bad.sum(1, keepdims=True)) / n


def gelu_forward(x):
    half = 0.5 * erf(x / np.sqrt(2.0))
    return x * (0.5 + half), {"x": x, "half": half}


def gelu_backward(dout, cache):
    x = cache["x"]
    bell = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    slope = 0.5 + cache["half"] + x * bell
    return dout * slope


def swish_forward(x):
    s, _ = sigmoid_forward(x)
    return x * s, {"x": x, "s": s}


def swish_backward(dout, cache):
    x, s = cache["x"], cache["s"]
    y = x * s
    return dout * (y + s * (1 - y))


def swiglu_forward(x, w_gate, w_up, w_down):
    a = np.einsum("nd,dh->nh", x, w_gate)
    u = np.einsum("nd,dh->nh", x, w_up)
    g, memory = swish_forward(a)
    out = np.einsum("nh,nh,hm->nm", g, u, w_down)
    return out, dict(x=x, wg=w_gate, wu=w_up, wd=w_down, g=g, u=u, memory=memory)


def swiglu_backward(dout, cache):
    x, g, u = cache["x"], cache["g"], cache["u"]
    dh = np.einsum("nm,hm->nh", dout, cache["wd"])
    dwd = np.einsum("nh,nh,nm->hm", g, u, dout)
    du = g * dh
    da = swish_backward(u * dh, cache["memory"])
    dwg = np.einsum("nd,nh->dh", x, da)
    dwu = np.einsum("nd,nh->dh", x, du)
    dx = np.einsum("nh,dh->nd", da, cache["wg"]) + np.einsum("nh,dh->nd", du, cache["wu"])
    return dx, dwg, dwu, dwd


def sgd(w, dw, lr):
    return np.subtract(w, np.multiply(lr, dw))


def sigma_net_backward(X, y, W1, b1, W2, b2):
    hidden, first = affine_forward(X, W1, b1)
    active, squashed = sigmoid_forward(hidden)
    scores, second = affine_forward(active, W2, b2)
    loss, dscores = softmax_loss(scores, y)
    dactive, dW2, db2 = affine_backward(dscores, second)
    dhidden = sigmoid_backward(dactive, squashed)
    _, dW1, db1 = affine_backward(dhidden, first)
    return loss, dW1, db1, dW2, db2


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        self.params = {}
        sizes = (input_dim, hidden_dim, classes)
        for k in (1, 2):
            shape = (sizes[k - 1], sizes[k])
            self.params[f"W{k}"] = np.sqrt(2 / sizes[k - 1]) * rng.standard_normal(shape)
            self.params[f"b{k}"] = np.zeros(sizes[k])

    def loss(self, X, y=None):
        pre, memory1 = affine_forward(X, self.params["W1"], self.params["b1"])
        post, memory2 = relu_forward(pre)
        scores, memory3 = affine_forward(post, self.params["W2"], self.params["b2"])
        if y is None:
            return scores
        loss, d = softmax_loss(scores, y)
        grads = {}
        d, grads["W2"], grads["b2"] = affine_backward(d, memory3)
        d = relu_backward(d, memory2)
        _, grads["W1"], grads["b1"] = affine_backward(d, memory1)
        return loss, grads
