# answers: 06_rnn
# states in lists, gates joined by hstack, sequences flattened to rows
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    joined = np.concatenate([x, prev_h], axis=1)
    weights = np.concatenate([Wx, Wh], axis=0)
    next_h = np.tanh(joined @ weights + b)
    return next_h, (joined, weights, next_h, x.shape[1])


def rnn_step_backward(dnext_h, cache):
    joined, weights, next_h, D = cache
    da = dnext_h * (1 - next_h * next_h)
    djoined = da @ weights.T
    dweights = joined.T @ da
    db = da.sum(axis=0)
    return djoined[:, :D], djoined[:, D:], dweights[:D], dweights[D:], db


def rnn_forward(x, h0, Wx, Wh, b):
    hidden = [h0]
    caches = []
    for t in range(x.shape[1]):
        h, kept = rnn_step_forward(x[:, t], hidden[-1], Wx, Wh, b)
        hidden.append(h)
        caches.append(kept)
    return np.stack(hidden[1:], axis=1), caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    dprev = np.zeros((N, H))
    dx, dWx, dWh, db = [], 0, 0, 0
    for t in reversed(range(T)):
        dxt, dprev, gWx, gWh, gb = rnn_step_backward(dh[:, t] + dprev, cache[t])
        dx.append(dxt)
        dWx = dWx + gWx
        dWh = dWh + gWh
        db = db + gb
    dx = np.stack(dx[::-1], axis=1)
    return dx, dprev, dWx, dWh, db


def bptt_norms(Whh, T, activation):
    H = Whh.shape[0]
    h = np.ones(H)
    slopes = []
    for t in range(T):
        a = np.dot(Whh, h)
        if activation == "linear":
            h, slope = a, np.ones(H)
        elif activation == "tanh":
            h = np.tanh(a)
            slope = 1 - h * h
        else:
            h, slope = a * (a > 0), 1.0 * (a > 0)
        slopes.append(slope)
    dh = np.full(H, 1 / np.sqrt(H))
    norms = []
    for t in range(T - 1, -1, -1):
        da = slopes[t] * dh
        dh = np.dot(Whh.T, da)
        norms.append(np.sqrt(np.sum(dh**2)))
    return np.array(norms)


def word_embedding_forward(x, W):
    N, T = x.shape
    out = np.zeros((N, T, W.shape[1]))
    for n in range(N):
        for t in range(T):
            out[n, t] = W[x[n, t]]
    return out, (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    words = x.reshape(-1)
    rows = dout.reshape(len(words), -1)
    dW = np.zeros(shape)
    for word, row in zip(words, rows):
        dW[word] += row
    return dW


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat = y.reshape(N * T)
    mask_flat = mask.reshape(N * T)
    shifted = x_flat - np.max(x_flat, axis=1, keepdims=True)
    probs = np.exp(shifted)
    total = np.sum(probs, axis=1, keepdims=True)
    probs /= total
    logs = (shifted - np.log(total))[np.arange(N * T), y_flat]
    loss = -np.sum(mask_flat * logs) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    return loss, dx_flat.reshape(N, T, V)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i = sigmoid(a[:, 0:H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H : 4 * H])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (i, f, o, g, x, prev_h, prev_c, next_c, Wx, Wh)


def lstm_step_backward(dnext_h, dnext_c, cache):
    i, f, o, g, x, prev_h, prev_c, next_c, Wx, Wh = cache
    t = np.tanh(next_c)
    do = dnext_h * t
    dc = dnext_c + dnext_h * o * (1 - t**2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i
    dai = di * i * (1 - i)
    daf = df * f * (1 - f)
    dao = do * o * (1 - o)
    dag = dg * (1 - g**2)
    da = np.hstack([dai, daf, dao, dag])
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db
