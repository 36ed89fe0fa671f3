# answers: 06_rnn
# expect: right
# recursion over time, slots, np.hypot, bincount, accumulate, a class for the LSTM
import numpy as np

import itertools, operator, functools
from dataclasses import dataclass
from typing import Any
@dataclass(slots=True)
class Step:
    x: Any; h: Any; Wx: Any; Wh: Any; y: Any
    def __iter__(self): return (getattr(self, k) for k in self.__slots__)
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    y = np.tanh(np.einsum("nd,dh->nh", x, Wx) + np.einsum("nk,kh->nh", prev_h, Wh) + b)
    return y, Step(x, prev_h, Wx, Wh, y)
def rnn_step_backward(dnext_h, cache):
    x, h, Wx, Wh, y = cache
    z = dnext_h - dnext_h * y * y
    return tuple(np.atleast_1d(a) for a in (np.inner(z, Wx), np.inner(z, Wh), np.tensordot(x, z, (0, 0)), np.tensordot(h, z, (0, 0)), np.ones(len(z)) @ z))
def rnn_forward(x, h0, Wx, Wh, b):
    def go(h, t):
        if t == x.shape[1]: return []
        y, c = rnn_step_forward(x[:, t], h, Wx, Wh, b)
        return [(y, c), *go(y, t + 1)]
    hs, caches = zip(*go(h0, 0))
    return np.moveaxis(hs, 0, 1), caches
def rnn_backward(dh, cache):
    total = None
    dxs, carry = [], 0
    for t, c in reversed(list(enumerate(cache))):
        dx, carry, *w = rnn_step_backward(dh[:, t] + carry, c)
        dxs.insert(0, dx)
        total = w if total is None else list(map(operator.add, total, w))
    return np.stack(dxs, axis=1), carry, *total
def bptt_norms(Whh, T, activation):
    f, g = dict(linear=(lambda z: z, np.ones_like), tanh=(np.tanh, lambda y: 1 - y * y), relu=(lambda z: z.clip(0), lambda y: (y > 0) * 1.0))[activation]
    hs = list(itertools.accumulate(range(T), lambda h, _: f(Whh @ h), initial=np.ones(len(Whh))))[1:]
    def back():
        d = np.full(len(Whh), len(Whh) ** -.5)
        for h in hs[::-1]:
            d = Whh.T @ (g(h) * d)
            yield np.linalg.norm(d)
    return np.fromiter(back(), float)
def clip_grad_norm(grads, max_norm):
    norm = functools.reduce(np.hypot, (np.linalg.norm(g) for g in grads.values()))
    return {k: g * min(1, max_norm / norm if norm else 1) for k, g in grads.items()}, norm
word_embedding_forward = lambda x, W: (np.take(W, x, axis=0), (x, W.shape))
def word_embedding_backward(dout, cache):
    x, (V, D) = cache
    return np.stack([np.bincount(x.ravel(), weights=dout[..., d].ravel(), minlength=V) for d in range(D)], axis=1)
def temporal_affine_forward(x, w, b): return np.apply_along_axis(lambda v: v @ w + b, 2, x), (x, w)
def temporal_affine_backward(dout, cache):
    x, w = cache; N, T, D = x.shape
    return dout @ w.T, np.matmul(x.swapaxes(1, 2), dout).sum(0), np.sum(dout, axis=(0, 1))
def temporal_softmax_loss(x, y, mask):
    p = np.exp(x - x.max(2, keepdims=True)); p /= p.sum(2, keepdims=True)
    lse = np.logaddexp.reduce(x, axis=2)
    hit = np.take_along_axis(x, y[..., None], 2)[..., 0]
    p -= np.arange(x.shape[2]) == y[:, :, None]
    return np.sum(lse - hit, where=mask) / len(x), p * mask[..., None] / len(x)
class Lstm:
    def __init__(self, *a): self.a = a
    def forward(self):
        x, h, c, Wx, Wh, b = self.a
        z = x @ Wx + h @ Wh + b
        self.i, self.f, self.o, g = np.split(z, 4, axis=1)
        self.i, self.f, self.o = (1 / (1 + np.exp(-np.clip(v, -500, 500))) for v in (self.i, self.f, self.o))
        self.g = np.tanh(g)
        self.c = self.f * c + self.i * self.g
        self.t = np.tanh(self.c)
        return self.o * self.t, self.c, self
    def backward(self, dh, dc):
        x, h, c, Wx, Wh, b = self.a
        dc = dc + dh * self.o * (1 - self.t**2)
        z = np.hstack([dc * self.g * self.i * (1 - self.i), dc * c * self.f * (1 - self.f), dh * self.t * self.o * (1 - self.o), dc * self.i * (1 - self.g**2)])
        return [z @ Wx.T, z @ Wh.T, dc * self.f, x.T @ z, h.T @ z, z.sum(0)]
def lstm_step_forward(*args): return Lstm(*args).forward()
def lstm_step_backward(dnext_h, dnext_c, cache): return cache.backward(dnext_h, dnext_c)
def lstm_forward(x, h0, Wx, Wh, b):
    c = np.zeros(h0.shape); out = []; tape = []
    for xt in x.transpose(1, 0, 2):
        h0, c, k = lstm_step_forward(xt, h0, c, Wx, Wh, b); out.append(h0); tape.append(k)
    return np.array(out).transpose(1, 0, 2), tape
def lstm_backward(dh, cache):
    dn = dc = 0; acc = [0, 0, 0]; dx = []
    for t in reversed(range(dh.shape[1])):
        d, dn, dc, *w = lstm_step_backward(dh[:, t] + dn, dc, cache[t])
        dx.append(d); acc = [a + b for a, b in zip(acc, w)]
    return np.stack(dx[::-1], 1), dn, *acc
answer_must_explode = "no"
answer_left_after_100 = np.exp(100 * np.log(0.9))
