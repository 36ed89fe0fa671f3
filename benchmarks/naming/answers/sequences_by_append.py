# answers: 06_rnn
# tuples in the cache, lists that grow by append and are stacked, gates by split, words in plain loops
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    z = x @ Wx + prev_h @ Wh + b
    next_h = np.tanh(z)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h**2)
    db = dz.sum(axis=0)
    dWx = x.T @ dz
    dWh = prev_h.T @ dz
    dx = dz @ Wx.T
    dprev_h = dz @ Wh.T
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    T = x.shape[1]
    hs, caches = [], []
    h = h0
    for t in range(T):
        h, step_cache = rnn_step_forward(x[:, t], h, Wx, Wh, b)
        hs.append(h)
        caches.append(step_cache)
    return np.stack(hs, axis=1), caches


def rnn_backward(dh, cache):
    T = dh.shape[1]
    dprev_h = 0
    dWx, dWh, db = 0, 0, 0
    dxs = []
    for t in reversed(range(T)):
        grads = rnn_step_backward(dh[:, t] + dprev_h, cache[t])
        dxt, dprev_h, dWxt, dWht, dbt = grads
        dxs.append(dxt)
        dWx = dWx + dWxt
        dWh = dWh + dWht
        db = db + dbt
    dxs.reverse()
    dx = np.stack(dxs, axis=1)
    return dx, dprev_h, dWx, dWh, db


def bptt_norms(Whh, T, activation):
    H = Whh.shape[0]
    h = np.ones(H)
    slopes = []
    for t in range(T):
        a = Whh @ h
        if activation == "tanh":
            h = np.tanh(a)
            slopes.append(1 - h**2)
        elif activation == "relu":
            h = np.maximum(a, 0)
            slopes.append(np.where(a > 0, 1.0, 0.0))
        else:
            h = a
            slopes.append(np.ones(H))
    g = np.ones(H) / np.sqrt(H)
    norms = []
    for slope in slopes[::-1]:
        da = g * slope
        g = Whh.T @ da
        norms.append(np.linalg.norm(g))
    return np.array(norms)


def clip_grad_norm(grads, max_norm):
    squares = []
    for g in grads.values():
        squares.append(np.sum(g**2))
    norm = np.sqrt(sum(squares))
    scale = 1.0
    if norm > max_norm:
        scale = max_norm / norm
    out = {}
    for k, g in grads.items():
        out[k] = g * scale
    return out, norm


def word_embedding_forward(x, W):
    N, T = x.shape
    V, D = W.shape
    flat = x.reshape(N * T)
    out = W[flat].reshape(N, T, D)
    return out, (x, V)


def word_embedding_backward(dout, cache):
    x, V = cache
    N, T, D = dout.shape
    dW = np.zeros((V, D))
    for n in range(N):
        for t in range(T):
            word = x[n, t]
            dW[word] += dout[n, t]
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = w.shape[1]
    x2 = x.reshape(N * T, D)
    out = (x2 @ w + b).reshape(N, T, M)
    return out, (x2, w)


def temporal_affine_backward(dout, cache):
    x2, w = cache
    N, T, M = dout.shape
    D = w.shape[0]
    d2 = dout.reshape(N * T, M)
    dx = (d2 @ w.T).reshape(N, T, D)
    dw = x2.T @ d2
    db = d2.sum(axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    loss = 0.0
    dx = np.zeros(x.shape)
    for n in range(N):
        for t in range(T):
            if not mask[n, t]:
                continue
            s = x[n, t] - np.max(x[n, t])
            e = np.exp(s)
            p = e / np.sum(e)
            loss += np.log(np.sum(e)) - s[y[n, t]]
            dx[n, t] = p
            dx[n, t, y[n, t]] -= 1
    loss = loss / N
    dx = dx / N
    return loss, dx


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    a = x @ Wx + prev_h @ Wh + b
    ai, af, ao, ag = np.split(a, 4, axis=1)
    i, f, o = sigmoid(ai), sigmoid(af), sigmoid(ao)
    g = np.tanh(ag)
    next_c = f * prev_c + i * g
    tc = np.tanh(next_c)
    next_h = o * tc
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, tc)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, tc = cache
    dtc = dnext_h * o
    dc = dnext_c + dtc * (1 - tc**2)
    dai = dc * g * i * (1 - i)
    daf = dc * prev_c * f * (1 - f)
    dao = dnext_h * tc * o * (1 - o)
    dag = dc * i * (1 - g**2)
    da = np.hstack([dai, daf, dao, dag])
    dprev_c = dc * f
    dprev_h = da @ Wh.T
    dx = da @ Wx.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    T = x.shape[1]
    h, c = h0, np.zeros_like(h0)
    hs, caches = [], []
    for t in range(T):
        h, c, step_cache = lstm_step_forward(x[:, t], h, c, Wx, Wh, b)
        hs.append(h)
        caches.append(step_cache)
    return np.stack(hs, axis=1), caches


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    dprev_h, dprev_c = np.zeros((N, H)), np.zeros((N, H))
    dWx, dWh, db = 0, 0, 0
    dxs = []
    for t in reversed(range(T)):
        grads = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, cache[t])
        dxt, dprev_h, dprev_c, dWxt, dWht, dbt = grads
        dxs.append(dxt)
        dWx = dWx + dWxt
        dWh = dWh + dWht
        db = db + dbt
    dx = np.stack(dxs[::-1], axis=1)
    return dx, dprev_h, dWx, dWh, db
