# answers: 06_rnn
# expect: wrong rnn_backward.dx rnn_backward.dh0 rnn_backward.dWx rnn_backward.dWh rnn_backward.db
# the gradient that comes back from the following step is not added
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)
    return dz @ Wx.T, dz @ Wh.T, x.T @ dz, prev_h.T @ dz, dz.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    states, caches, h = [], [], h0
    for t in range(x.shape[1]):
        h, cache = rnn_step_forward(x[:, t], h, Wx, Wh, b)
        states.append(h)
        caches.append(cache)
    return np.stack(states, axis=1), caches


def rnn_backward(dh, cache):
    dx, dWx, dWh, db = [], 0, 0, 0
    for t in reversed(range(len(cache))):
        dxt, dh0, a, b, c = rnn_step_backward(dh[:, t], cache[t])
        dx.insert(0, dxt)
        dWx, dWh, db = dWx + a, dWh + b, db + c
    return np.stack(dx, axis=1), dh0, dWx, dWh, db
