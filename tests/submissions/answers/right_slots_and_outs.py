# answers: 02_layers
# expect: right
# slotted dataclasses, out=, nonlocal, locals() as a cache, results in place of inputs
import numpy as np

import dataclasses, functools, itertools, math, logging, weakref, collections
from typing import *
log = logging.getLogger("me")
@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    x: np.ndarray
    w: np.ndarray
def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Kept]:
    log.warning("forward %s", x.shape)
    out = np.empty((len(x), b.size), order="F")
    np.matmul(x.reshape(len(x), -1), w, out=out)
    np.add(out, b, out=out)
    return out[::1], Kept(x, w)
def affine_backward(dout, cache):
    match cache:
        case Kept(x=x, w=w):
            axes = tuple(range(x.ndim - 1))
            dx = np.tensordot(dout, w.reshape(*x.shape[1:], -1), axes=(1, x.ndim - 1))
            dw = np.tensordot(x, dout, axes=(0, 0)).reshape(w.shape)
            return dx, dw, functools.reduce(np.add, dout)
relu_forward = lambda x: (x.clip(0), np.signbit(x))
def relu_backward(dout, cache):
    np.copyto(dout, 0, where=cache)
    return dout.view()
def sigmoid_forward(x):
    f = np.vectorize(lambda t: 1 / (1 + math.exp(-t)) if t > 0 else (e := math.exp(t)) / (1 + e))
    return f(x), x.__class__
_deriv = None
def sigmoid_forward(x):
    e = np.exp(-np.logaddexp(0, -x))
    def back(d):
        nonlocal e
        e *= 1 - e
        return d * e
    return e.copy(), back
def sigmoid_backward(dout, cache): return cache(dout)
def tanh_forward(x):
    out = 2 * np.exp(-np.logaddexp(0, -2*x)) - 1
    return out[::-1][::-1], collections.deque([x])
def tanh_backward(dout, cache):
    x, = cache
    t = np.tanh(x)
    return np.ma.masked_array(dout * (1 - t * t), mask=False)
def softmax_loss(x, y):
    def rows():
        for s, k in zip(x, y):
            m = s.max(); p = np.exp(s - m); p /= p.sum()
            yield np.log(np.exp(s - m).sum()) + m - s[k], p - (np.arange(s.size) == k)
    losses, grads = zip(*rows())
    return math.fsum(losses) / len(y), np.array(grads) / len(y)
def gelu_forward(x):
    from math import erf
    P = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x.flat]).reshape(x.shape)
    return np.where(x == 0, 0, x * P), {"P": P, "x": x}
def gelu_backward(dout, cache):
    P, x = cache.values()
    return dout * (P + x * np.exp(-.5 * x * x) / np.sqrt(2 * np.pi))
def swish_forward(x):
    s, back = sigmoid_forward(x)
    return x * s, (x, s, back)
def swish_backward(dout, cache):
    x, s, back = cache
    return dout * s + back(dout * x)
def swiglu_forward(x, w_gate, w_up, w_down):
    g, c1 = swish_forward(x @ w_gate); u = x @ w_up
    return (g * u) @ w_down, locals()
def swiglu_backward(dout, cache):
    c = collections.namedtuple("C", cache)(**cache)
    dh = dout @ c.w_down.T
    dgz = swish_backward(dh * c.u, c.c1); du = dh * c.g
    return iter_to_tuple(dgz @ c.w_gate.T + du @ c.w_up.T, c.x.T @ dgz, c.x.T @ du, (c.g * c.u).T @ dout)
def iter_to_tuple(*a): return a
def mse_loss(x, y):
    d = np.subtract(x, y, out=x)
    return np.vdot(d, d) / d.size, np.multiply(d, 2 / d.size, out=d)
def svm_loss(x, y):
    n = np.arange(len(y))
    c = np.take_along_axis(x, y[:, None], 1)
    m = np.where(np.eye(x.shape[1], dtype=bool)[y], 0, x - c + 1)
    a = np.heaviside(m, 0)
    np.put_along_axis(a, y[:, None], -a.sum(1, keepdims=True), 1)
    return m.clip(0).sum() / len(y), a / len(y)
def sgd(w, dw, lr):
    w -= lr * dw
    return w
class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        self.params = dict(W1=rng.standard_normal((input_dim, hidden_dim)) * np.sqrt(2 / input_dim), b1=np.zeros(hidden_dim),
            W2=rng.standard_normal((hidden_dim, classes)) * np.sqrt(2 / hidden_dim), b2=np.zeros(classes))
    def __getattr__(self, name):
        try: return self.__dict__["params"][name]
        except KeyError: raise AttributeError(name)
    def loss(self, X, y=None):
        h = np.maximum(X @ self.W1 + self.b1, 0)
        s = h @ self.W2 + self.b2
        if y is None: return s
        p = np.exp(s - s.max(1, keepdims=True)); p /= p.sum(1, keepdims=True)
        n = np.arange(len(y)); L = -np.log(p[n, y]).mean()
        p[n, y] -= 1; p /= len(y)
        dh = (p @ self.W2.T) * (h > 0)
        return L, {k: v for k, v in zip(("W1", "b1", "W2", "b2"), (X.T @ dh, dh.sum(0), h.T @ p, p.sum(0)))}
