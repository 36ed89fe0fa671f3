# answers: 10_attention
# head after head in a list, rows by reshape, sums with named axes
import numpy as np


def softmax_forward(x):
    z = x - x.max(-1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    return p, p


def softmax_backward(dp, cache):
    p = cache
    inner = (dp * p).sum(-1, keepdims=True)
    return p * (dp - inner)


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param.get("eps", 1e-5)
    ms = np.mean(np.square(x), axis=-1)
    r = 1 / np.sqrt(ms + eps)
    out = x * r[..., np.newaxis] * gamma
    return out, (x, r, gamma)


def rmsnorm_backward(dout, cache):
    x, r, gamma = cache
    D = x.shape[-1]
    r = r[..., np.newaxis]
    dgamma = (dout * x * r).reshape(-1, D).sum(axis=0)
    g = dout * gamma
    dot = np.sum(g * x, axis=-1, keepdims=True)
    dx = g * r - x * dot * r**3 / D
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    d = q.shape[-1]
    kt = np.swapaxes(k, -1, -2)
    scores = np.matmul(q, kt) / np.sqrt(d)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    p, kept = softmax_forward(scores)
    return np.matmul(p, v), (q, k, v, p, kept)


def attention_backward(dout, cache):
    q, k, v, p, kept = cache
    d = q.shape[-1]
    dv = np.matmul(np.swapaxes(p, -1, -2), dout)
    dp = np.matmul(dout, np.swapaxes(v, -1, -2))
    ds = softmax_backward(dp, kept) / np.sqrt(d)
    dq = np.matmul(ds, k)
    dk = np.matmul(np.swapaxes(ds, -1, -2), q)
    return dq, dk, dv


def split_heads(x, heads):
    N, T, D = x.shape
    width = D // heads
    out = np.zeros((N, heads, T, width))
    for h in range(heads):
        out[:, h] = x[:, :, h * width : (h + 1) * width]
    return out


def merge_heads(x):
    H = x.shape[1]
    return np.concatenate([x[:, h] for h in range(H)], axis=-1)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    q = split_heads(np.matmul(x, Wq), heads)
    k = split_heads(np.matmul(x, Wk), heads)
    v = split_heads(np.matmul(x, Wv), heads)
    each, caches = [], []
    for h in range(heads):
        o, c = attention_forward(q[:, h], k[:, h], v[:, h], mask)
        each.append(o)
        caches.append(c)
    joined = np.concatenate(each, axis=-1)
    return joined @ Wo, (x, Wq, Wk, Wv, Wo, heads, caches, joined)


def multihead_backward(dout, cache):
    x, Wq, Wk, Wv, Wo, heads, caches, joined = cache
    N, T, D = x.shape
    dWo = joined.reshape(N * T, D).T @ dout.reshape(N * T, D)
    djoined = dout @ Wo.T
    width = D // heads
    dq, dk, dv = np.zeros(x.shape), np.zeros(x.shape), np.zeros(x.shape)
    for h in range(heads):
        part = slice(h * width, (h + 1) * width)
        dq[..., part], dk[..., part], dv[..., part] = attention_backward(
            djoined[..., part], caches[h]
        )
    rows = x.reshape(N * T, D)
    dWq = rows.T @ dq.reshape(N * T, D)
    dWk = rows.T @ dk.reshape(N * T, D)
    dWv = rows.T @ dv.reshape(N * T, D)
    dx = dq @ Wq.T
    dx += dk @ Wk.T
    dx += dv @ Wv.T
    return dx, dWq, dWk, dWv, dWo


def embed_forward(idx, W, P):
    N, T = idx.shape
    out = np.zeros((N, T, W.shape[1]))
    for t in range(T):
        out[:, t] = W[idx[:, t]] + P[t]
    return out, (idx, W.shape, P.shape)


def embed_backward(dout, cache):
    idx, shape_w, shape_p = cache
    N, T = idx.shape
    dW = np.zeros(shape_w)
    dP = np.zeros(shape_p)
    for n in range(N):
        for t in range(T):
            dW[idx[n, t]] += dout[n, t]
            dP[t] += dout[n, t]
    return dW, dP


def lora_backward(dout, cache):
    x, W, A, B, scale, low = cache
    dlow = (dout @ B.T) * scale
    dx = dout @ W.T + dlow @ A.T
    dA = np.einsum("ntd,ntr->dr", x, dlow)
    dB = np.einsum("ntr,ntm->rm", low, dout) * scale
    return dx, dA, dB
