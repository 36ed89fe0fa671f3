# answers: 06_rnn
# time in front, gates in a dict, sums over the flattened batch
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)
    return h, (h, x, prev_h, Wx, Wh)


def rnn_step_backward(dnext_h, cache):
    h, x, prev_h, Wx, Wh = cache
    da = (1 - h**2) * dnext_h
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    return dx, dprev_h, dWx, dWh, da.sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    xt = x.swapaxes(0, 1)
    out = np.zeros((len(xt),) + h0.shape)
    h, caches = h0, []
    for t in range(len(xt)):
        h, cache = rnn_step_forward(xt[t], h, Wx, Wh, b)
        out[t] = h
        caches.append(cache)
    return out.swapaxes(0, 1), caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][1].shape[1]
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    carried = np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        d = dh[:, t] + carried
        dx[:, t], carried, a, b, c = rnn_step_backward(d, cache[t])
        dWx += a
        dWh += b
        db += c
    return dx, carried, dWx, dWh, db


def word_embedding_forward(x, W):
    return W[x], (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = 0 * W
    flat = dout.reshape(-1, dout.shape[-1])
    for k, word in enumerate(x.reshape(-1)):
        dW[word] += flat[k]
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    rows = x.reshape(N * T, D)
    return (rows @ w + b).reshape(N, T, -1), (rows, w, x.shape)


def temporal_affine_backward(dout, cache):
    rows, w, shape = cache
    d = dout.reshape(len(rows), -1)
    return (d @ w.T).reshape(shape), rows.T @ d, d.sum(axis=0)


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    z = x - x.max(axis=2, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=2, keepdims=True))
    n, t = np.indices((N, T))
    loss = -(logp[n, t, y] * mask).sum() / N
    dx = np.exp(logp)
    dx[n, t, y] -= 1
    dx *= mask[:, :, None]
    return loss, dx / N


def clip_grad_norm(grads, max_norm):
    total = 0.0
    for g in grads.values():
        total += (g**2).sum()
    norm = np.sqrt(total)
    scale = max_norm / norm if norm > max_norm else 1.0
    return {name: scale * g for name, g in grads.items()}, norm


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    sig = lambda z: 0.5 * (1 + np.tanh(0.5 * z))
    g = {
        "i": sig(a[:, :H]),
        "f": sig(a[:, H : 2 * H]),
        "o": sig(a[:, 2 * H : 3 * H]),
        "g": np.tanh(a[:, 3 * H :]),
    }
    c = g["f"] * prev_c + g["i"] * g["g"]
    h = g["o"] * np.tanh(c)
    return h, c, (x, prev_h, prev_c, Wx, Wh, g, c)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, g, c = cache
    tc = np.tanh(c)
    dc = dnext_c + dnext_h * g["o"] * (1 - tc**2)
    do = dnext_h * tc
    di, df, dg = dc * g["g"], dc * prev_c, dc * g["i"]
    parts = [d * g[k] * (1 - g[k]) for d, k in ((di, "i"), (df, "f"), (do, "o"))]
    parts.append(dg * (1 - g["g"] ** 2))
    da = np.concatenate(parts, axis=1)
    return da @ Wx.T, da @ Wh.T, dc * g["f"], x.T @ da, prev_h.T @ da, da.sum(axis=0)
