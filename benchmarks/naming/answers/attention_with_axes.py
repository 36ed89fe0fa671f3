# answers: 10_attention
# transposes with named axes, one matrix for all heads, scatter by np.add.at
import numpy as np


def softmax_forward(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return p, (p,)


def softmax_backward(dp, cache):
    (p,) = cache
    mean = np.sum(p * dp, axis=-1, keepdims=True)
    dx = (dp - mean) * p
    return dx


def rmsnorm_forward(x, gamma, rms_param):
    size = np.mean(x**2, axis=-1, keepdims=True)
    rms = np.sqrt(size + rms_param.get("eps", 1e-5))
    z = x / rms
    return z * gamma, (z, rms, gamma)


def rmsnorm_backward(dout, cache):
    z, rms, gamma = cache
    axes = tuple(range(dout.ndim - 1))
    dgamma = np.sum(dout * z, axis=axes)
    dz = dout * gamma
    along = np.mean(dz * z, axis=-1, keepdims=True)
    return (dz - z * along) / rms, dgamma


def attention_forward(q, k, v, mask=None):
    scale = 1 / np.sqrt(q.shape[-1])
    scores = scale * (q @ np.swapaxes(k, -1, -2))
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -np.inf)
    p, c = softmax_forward(scores)
    out = p @ v
    return out, (q, k, v, p, c, scale)


def attention_backward(dout, cache):
    q, k, v, p, c, scale = cache
    dp = dout @ np.swapaxes(v, -1, -2)
    dv = np.swapaxes(p, -1, -2) @ dout
    dscores = softmax_backward(dp, c)
    dq = scale * (dscores @ k)
    dk = scale * (np.swapaxes(dscores, -1, -2) @ q)
    return dq, dk, dv


def split_heads(x, heads):
    N, T, D = x.shape
    parts = x.reshape(N, T, heads, D // heads)
    return np.transpose(parts, (0, 2, 1, 3))


def merge_heads(x):
    N, H, T, d = x.shape
    return np.transpose(x, (0, 2, 1, 3)).reshape(N, T, H * d)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    q, k, v = (split_heads(x @ W, heads) for W in (Wq, Wk, Wv))
    o, c = attention_forward(q, k, v, mask)
    joined = merge_heads(o)
    out = joined @ Wo
    return out, (x, Wq, Wk, Wv, Wo, heads, c, joined)


def multihead_backward(dout, cache):
    x, Wq, Wk, Wv, Wo, heads, c, joined = cache
    D = x.shape[-1]
    flat = lambda a: a.reshape(-1, a.shape[-1])
    dWo = flat(joined).T @ flat(dout)
    do = split_heads(dout @ Wo.T, heads)
    dq, dk, dv = [merge_heads(g) for g in attention_backward(do, c)]
    dWq = flat(x).T @ flat(dq)
    dWk = flat(x).T @ flat(dk)
    dWv = flat(x).T @ flat(dv)
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, dWq, dWk, dWv, dWo


def embed_forward(idx, W, P):
    T = idx.shape[1]
    return W[idx] + P[:T], (idx, W, P)


def embed_backward(dout, cache):
    idx, W, P = cache
    dW, dP = np.zeros_like(W), np.zeros_like(P)
    np.add.at(dW, idx, dout)
    dP[: idx.shape[1]] = dout.sum(axis=0)
    return dW, dP


def online_attention_forward(q, k, v, block):
    scale = q.shape[-1] ** -0.5
    top = np.full(q.shape[:-1] + (1,), -np.inf)
    below = np.zeros_like(top)
    above = np.zeros(q.shape[:-1] + (v.shape[-1],))
    for lo in range(0, k.shape[-2], block):
        kb, vb = k[..., lo : lo + block, :], v[..., lo : lo + block, :]
        s = scale * (q @ np.swapaxes(kb, -1, -2))
        now = np.maximum(top, s.max(axis=-1, keepdims=True))
        fade = np.exp(top - now)
        e = np.exp(s - now)
        below = below * fade + e.sum(axis=-1, keepdims=True)
        above = above * fade + e @ vb
        top = now
    out = above / below
    return out, (q, k, v, out, top + np.log(below), scale, block)


def online_attention_backward(dout, cache):
    q, k, v, out, logs, scale, block = cache
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    inner = np.sum(dout * out, axis=-1, keepdims=True)
    for lo in range(0, k.shape[-2], block):
        hi = lo + block
        kb, vb = k[..., lo:hi, :], v[..., lo:hi, :]
        p = np.exp(scale * (q @ np.swapaxes(kb, -1, -2)) - logs)
        dv[..., lo:hi, :] = np.swapaxes(p, -1, -2) @ dout
        dp = dout @ np.swapaxes(vb, -1, -2)
        ds = p * (dp - inner) * scale
        dq += ds @ kb
        dk[..., lo:hi, :] = np.swapaxes(ds, -1, -2) @ q
    return dq, dk, dv


def lora_backward(dout, cache):
    x, W, A, B, scale, low = cache
    x2, low2, d2 = (a.reshape(-1, a.shape[-1]) for a in (x, low, dout))
    dlow = scale * (d2 @ B.T)
    dA = x2.T @ dlow
    dB = scale * (low2.T @ d2)
    dx = d2 @ W.T + dlow @ A.T
    return dx.reshape(x.shape), dA, dB


def scaled_step(params, grads16, scale, lr):
    fine = True
    for g in grads16.values():
        if not np.isfinite(g).all():
            fine = False
    if not fine:
        return params, scale / 2
    new = {}
    for name in params:
        g = grads16[name].astype(params[name].dtype) / scale
        new[name] = params[name] - lr * g
    return new, scale
