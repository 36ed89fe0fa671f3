# answers: 06_rnn
# dicts as caches, arrays filled step by step, gates by slices, loops over words
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = np.dot(x, Wx)
    a += np.dot(prev_h, Wh)
    a += b
    next_h = np.tanh(a)
    cache = {"x": x, "prev_h": prev_h, "Wx": Wx, "Wh": Wh, "next_h": next_h}
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    slope = 1 - cache["next_h"] * cache["next_h"]
    da = slope * dnext_h
    dx = np.dot(da, cache["Wx"].T)
    dprev_h = np.dot(da, cache["Wh"].T)
    dWx = np.dot(cache["x"].T, da)
    dWh = np.dot(cache["prev_h"].T, da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = len(b)
    h = np.zeros((N, T, H))
    caches = {}
    prev = h0
    for t in range(T):
        prev, caches[t] = rnn_step_forward(x[:, t, :], prev, Wx, Wh, b)
        h[:, t, :] = prev
    return h, caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0]["x"].shape[1]
    dx = np.zeros((N, T, D))
    dWx = np.zeros((D, H))
    dWh = np.zeros((H, H))
    db = np.zeros(H)
    dprev = np.zeros((N, H))
    t = T - 1
    while t >= 0:
        total = dh[:, t, :] + dprev
        dxt, dprev, dWx_t, dWh_t, db_t = rnn_step_backward(total, cache[t])
        dx[:, t, :] = dxt
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
        t -= 1
    return dx, dprev, dWx, dWh, db


def bptt_norms(Whh, T, activation):
    H = Whh.shape[0]
    states = [np.ones(H)]
    for t in range(T):
        z = np.dot(Whh, states[-1])
        if activation == "tanh":
            z = np.tanh(z)
        if activation == "relu":
            z = np.where(z > 0, z, 0.0)
        states.append(z)
    grad = np.ones(H) / H**0.5
    norms = []
    for t in range(T, 0, -1):
        if activation == "tanh":
            grad = grad * (1 - states[t] ** 2)
        if activation == "relu":
            grad = grad * (states[t] > 0)
        grad = np.dot(grad, Whh)
        norms.append(np.sqrt(np.sum(grad**2)))
    return np.array(norms)


def clip_grad_norm(grads, max_norm):
    total = 0.0
    for name in grads:
        total += np.sum(grads[name] ** 2)
    norm = np.sqrt(total)
    if norm <= max_norm:
        return grads, norm
    clipped = {}
    for name in grads:
        clipped[name] = grads[name] * max_norm / norm
    return clipped, norm


def word_embedding_forward(x, W):
    N, T = x.shape
    out = np.zeros((N, T, W.shape[1]))
    for n in range(N):
        for t in range(T):
            out[n, t] = W[x[n, t]]
    return out, (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    for word in range(shape[0]):
        dW[word] = np.sum(dout[x == word], axis=0)
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    out = np.zeros((N, T, len(b)))
    for t in range(T):
        out[:, t] = np.dot(x[:, t], w) + b
    return out, {"x": x, "w": w}


def temporal_affine_backward(dout, cache):
    x, w = cache["x"], cache["w"]
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(w.shape[1])
    for t in range(x.shape[1]):
        dx[:, t] = np.dot(dout[:, t], w.T)
        dw += np.dot(x[:, t].T, dout[:, t])
        db += np.sum(dout[:, t], axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    scores = x.reshape(N * T, V)
    words = y.reshape(N * T)
    on = mask.reshape(N * T)
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    logs = scores - log_sum
    places = np.arange(N * T)
    loss = -np.sum(on * logs[places, words]) / N
    dscores = np.exp(logs)
    dscores[places, words] -= 1
    dscores *= on[:, None]
    dscores /= N
    return loss, dscores.reshape(N, T, V)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H : 2 * H])
    o = sigmoid(a[:, 2 * H : 3 * H])
    g = np.tanh(a[:, 3 * H :])
    next_c = prev_c * f
    next_c += i * g
    tc = np.tanh(next_c)
    next_h = o * tc
    cache = {"x": x, "h": prev_h, "c": prev_c, "Wx": Wx, "Wh": Wh}
    cache["gates"] = (i, f, o, g)
    cache["tc"] = tc
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    i, f, o, g = cache["gates"]
    tc = cache["tc"]
    N, H = dnext_h.shape
    do = dnext_h * tc
    dc = dnext_c.copy()
    dc += dnext_h * o * (1 - tc * tc)
    df = dc * cache["c"]
    di = dc * g
    dg = dc * i
    da = np.zeros((N, 4 * H))
    da[:, :H] = di * i * (1 - i)
    da[:, H : 2 * H] = df * f * (1 - f)
    da[:, 2 * H : 3 * H] = do * o * (1 - o)
    da[:, 3 * H :] = dg * (1 - g * g)
    dx = np.dot(da, cache["Wx"].T)
    dprev_h = np.dot(da, cache["Wh"].T)
    dprev_c = dc * f
    dWx = np.dot(cache["x"].T, da)
    dWh = np.dot(cache["h"].T, da)
    db = np.sum(da, axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    caches = {}
    prev_h = h0
    prev_c = np.zeros(h0.shape)
    for t in range(T):
        prev_h, prev_c, caches[t] = lstm_step_forward(x[:, t], prev_h, prev_c, Wx, Wh, b)
        h[:, t] = prev_h
    return h, caches


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    Wx, Wh = cache[0]["Wx"], cache[0]["Wh"]
    dx = np.zeros((N, T, len(Wx)))
    dWx = np.zeros(Wx.shape)
    dWh = np.zeros(Wh.shape)
    db = np.zeros(4 * H)
    dprev_h = np.zeros((N, H))
    dprev_c = np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        grads = lstm_step_backward(dh[:, t] + dprev_h, dprev_c, cache[t])
        dx[:, t] = grads[0]
        dprev_h = grads[1]
        dprev_c = grads[2]
        dWx += grads[3]
        dWh += grads[4]
        db += grads[5]
    return dx, dprev_h, dWx, dWh, db
