# answers: 06_rnn
# gradients of all steps kept and multiplied at once, gates as an axis of four, masked places picked out
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    a = x.dot(Wx)
    a += prev_h.dot(Wh)
    a += b
    h = np.tanh(a)
    return h, {"inputs": (x, prev_h), "weights": (Wx, Wh), "h": h}


def rnn_step_backward(dnext_h, cache):
    x, prev_h = cache["inputs"]
    Wx, Wh = cache["weights"]
    da = dnext_h - dnext_h * cache["h"] ** 2
    return da.dot(Wx.T), da.dot(Wh.T), x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)


def rnn_forward(x, h0, Wx, Wh, b):
    states = [h0]
    for step in np.swapaxes(x, 0, 1):
        now, _ = rnn_step_forward(step, states[-1], Wx, Wh, b)
        states.append(now)
    h = np.stack(states, axis=1)
    return h[:, 1:], (x, h, Wx, Wh)


def rnn_backward(dh, cache):
    x, h, Wx, Wh = cache
    T = x.shape[1]
    das = np.zeros_like(dh)
    dprev = np.zeros_like(dh[:, 0])
    for t in range(T, 0, -1):
        da = (dh[:, t - 1] + dprev) * (1 - h[:, t] ** 2)
        das[:, t - 1] = da
        dprev = da.dot(Wh.T)
    both = ([0, 1], [0, 1])
    dWx = np.tensordot(x, das, axes=both)
    dWh = np.tensordot(h[:, :-1], das, axes=both)
    return das.dot(Wx.T), dprev, dWx, dWh, das.sum(axis=(0, 1))


SLOPES = {
    "linear": (lambda z: z, lambda h: 1.0 + 0.0 * h),
    "tanh": (np.tanh, lambda h: 1.0 - h * h),
    "relu": (lambda z: z * (z > 0), lambda h: (h > 0) * 1.0),
}


def bptt_norms(Whh, T, activation):
    bend, slope_of = SLOPES[activation]
    H = Whh.shape[0]
    trail = [np.ones(H)]
    while len(trail) <= T:
        trail.append(bend(Whh.dot(trail[-1])))
    back = np.full(H, H**-0.5)
    norms = []
    for h in trail[:0:-1]:
        back = (slope_of(h) * back).dot(Whh)
        norms.append(np.sqrt(back.dot(back)))
    return np.array(norms)


def clip_grad_norm(grads, max_norm):
    everything = np.concatenate([g.ravel() for g in grads.values()])
    norm = np.sqrt(everything.dot(everything))
    if norm <= max_norm:
        return dict(grads), norm
    clipped = {}
    for key, g in grads.items():
        clipped[key] = g * (max_norm / norm)
    return clipped, norm


def word_embedding_forward(x, W):
    out = np.take(W, x, axis=0)
    return out, (x, len(W))


def word_embedding_backward(dout, cache):
    x, V = cache
    hits = np.arange(V)[:, None] == x.ravel()
    return hits.astype(dout.dtype).dot(dout.reshape(x.size, -1))


def temporal_affine_forward(x, w, b):
    out = np.einsum("ntd,dm->ntm", x, w)
    out += b
    return out, {"x": x, "w": w}


def temporal_affine_backward(dout, cache):
    dx = np.einsum("ntm,dm->ntd", dout, cache["w"])
    dw = np.einsum("ntd,ntm->dm", cache["x"], dout)
    return dx, dw, np.einsum("ntm->m", dout)


def temporal_softmax_loss(x, y, mask):
    N = x.shape[0]
    picked, words = x[mask], y[mask]
    picked = picked - picked.max(axis=-1, keepdims=True)
    p = np.exp(picked)
    p /= p.sum(axis=-1, keepdims=True)
    places = np.arange(len(words))
    shifted = picked[places, words]
    loss = np.sum(np.log(np.exp(picked).sum(axis=-1)) - shifted) / N
    p[places, words] -= 1.0
    dx = np.zeros(x.shape)
    dx[mask] = p / N
    return loss, dx


def logistic(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    a = (x.dot(Wx) + prev_h.dot(Wh) + b).reshape(N, 4, H)
    gates = logistic(a)
    gates[:, 3] = np.tanh(a[:, 3])
    next_c = gates[:, 1] * prev_c + gates[:, 0] * gates[:, 3]
    bent = np.tanh(next_c)
    next_h = gates[:, 2] * bent
    return next_h, next_c, (x, prev_h, prev_c, Wx, Wh, gates, bent)


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, gates, bent = cache
    i, f, o, g = np.moveaxis(gates, 1, 0)
    dc = dnext_c.copy()
    dc += dnext_h * o * (1 - bent**2)
    dgates = np.stack([dc * g, dc * prev_c, dnext_h * bent, dc * i], axis=1)
    slopes = gates * (1 - gates)
    slopes[:, 3] = 1 - g**2
    da = (dgates * slopes).reshape(len(x), -1)
    dx, dprev_h = da.dot(Wx.T), da.dot(Wh.T)
    return dx, dprev_h, dc * f, x.T.dot(da), prev_h.T.dot(da), da.sum(axis=0)


def lstm_forward(x, h0, Wx, Wh, b):
    h, c = h0, 0.0 * h0
    caches, hs = [], []
    for step in np.swapaxes(x, 0, 1):
        h, c, kept = lstm_step_forward(step, h, c, Wx, Wh, b)
        hs.append(h)
        caches.append(kept)
    return np.stack(hs, axis=1), caches


def lstm_backward(dh, cache):
    back_h, back_c = np.zeros_like(dh[:, 0]), np.zeros_like(dh[:, 0])
    dxs, sums = [], [0.0, 0.0, 0.0]
    for t in range(len(cache))[::-1]:
        found = lstm_step_backward(dh[:, t] + back_h, back_c, cache[t])
        back_h, back_c = found[1], found[2]
        dxs.insert(0, found[0])
        sums = [old + new for old, new in zip(sums, found[3:])]
    return np.stack(dxs, axis=1), back_h, *sums
