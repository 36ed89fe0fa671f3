# answers: 06_rnn
# the LSTM with slices of one array of gates
import numpy as np


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    gates = np.empty(a.shape)
    gates[:, : 3 * H] = 1 / (1 + np.exp(-np.clip(a[:, : 3 * H], -500, 500)))
    gates[:, 3 * H :] = np.tanh(a[:, 3 * H :])
    i, f = gates[:, :H], gates[:, H : 2 * H]
    o, g = gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
    next_c = prev_c * f + g * i
    squashed = np.tanh(next_c)
    next_h = squashed * o
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, gates, squashed)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, gates, squashed = cache
    H = prev_h.shape[1]
    i, f = gates[:, :H], gates[:, H : 2 * H]
    o, g = gates[:, 2 * H : 3 * H], gates[:, 3 * H :]
    dsquashed = dnext_h * o
    dc = dnext_c + dsquashed * (1 - squashed * squashed)
    da = np.empty(gates.shape)
    da[:, :H] = dc * g
    da[:, H : 2 * H] = dc * prev_c
    da[:, 2 * H : 3 * H] = dnext_h * squashed
    da[:, : 3 * H] *= gates[:, : 3 * H] * (1 - gates[:, : 3 * H])
    da[:, 3 * H :] = dc * i * (1 - g * g)
    dx = np.dot(da, Wx.T)
    dprev_h = np.dot(da, Wh.T)
    dprev_c = f * dc
    dWx = np.dot(x.T, da)
    dWh = np.dot(prev_h.T, da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    h, c = h0, np.zeros_like(h0)
    hs, caches = [], []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t, :], h, c, Wx, Wh, b)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs, axis=1), caches


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    dhn, dcn = np.zeros((N, H)), np.zeros((N, H))
    dxs = []
    dWx, dWh, db = 0, 0, 0
    for t in range(T)[::-1]:
        dxt, dhn, dcn, gx, gh, gb = lstm_step_backward(dh[:, t] + dhn, dcn, cache[t])
        dxs.insert(0, dxt)
        dWx += gx
        dWh += gh
        db += gb
    return np.stack(dxs, axis=1), dhn, dWx, dWh, db
