# answers: 06_rnn
# expect: wrong rnn_step_backward.dprev_h rnn_backward.dx rnn_backward.dh0 rnn_backward.dWx rnn_backward.dWh rnn_backward.db
# Wh not transposed in the step; the loop over time forgets the first step
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return h, (x, prev_h, Wx, Wh, h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, h = cache
    d = dnext_h * (1 - h * h)
    return d @ Wx.T, d @ Wh, x.T @ d, prev_h.T @ d, d.sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    h, caches = np.empty((*x.shape[:2], len(b))), []
    for t in range(x.shape[1]):
        h0, cache = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        h[:, t] = h0
        caches.append(cache)
    return h, caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    dx = np.zeros((N, T, cache[0][0].shape[1]))
    carry = np.zeros((N, H))
    dWx, dWh, db = 0, 0, 0
    for t in range(T - 1, 0, -1):
        dx[:, t], carry, a, b, c = rnn_step_backward(dh[:, t] + carry, cache[t])
        dWx, dWh, db = dWx + a, dWh + b, db + c
    return dx, carry, dWx, dWh, db
