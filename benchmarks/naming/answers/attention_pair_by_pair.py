# answers: 10_attention
# one sequence after the other in attention, heads stacked by append, tuples in the cache, x flattened to rows for weights
import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dp, cache):
    p = cache
    g = dp * p
    dx = g - p * g.sum(axis=-1, keepdims=True)
    return dx


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param.get("eps", 1e-5)
    ms = (x**2).mean(axis=-1, keepdims=True)
    inv = (ms + eps) ** -0.5
    xhat = x * inv
    out = xhat * gamma
    return out, (xhat, inv, gamma)


def rmsnorm_backward(dout, cache):
    xhat, inv, gamma = cache
    D = xhat.shape[-1]
    dgamma = (dout * xhat).reshape(-1, D).sum(axis=0)
    dxhat = dout * gamma
    proj = (dxhat * xhat).mean(axis=-1, keepdims=True)
    dx = inv * (dxhat - xhat * proj)
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    T, d = q.shape[-2:]
    q3 = q.reshape(-1, T, d)
    k3 = k.reshape(-1, k.shape[-2], d)
    v3 = v.reshape(-1, v.shape[-2], v.shape[-1])
    outs, ps = [], []
    for n in range(len(q3)):
        scores = q3[n] @ k3[n].T / np.sqrt(d).astype(q.dtype)
        if mask is not None:
            scores = np.where(mask, scores, -np.inf)
        p, _ = softmax_forward(scores)
        ps.append(p)
        outs.append(p @ v3[n])
    out = np.array(outs).reshape(*q.shape[:-1], v.shape[-1])
    return out, (q, k, v, ps)


def attention_backward(dout, cache):
    q, k, v, ps = cache
    T, d = q.shape[-2:]
    q3 = q.reshape(-1, T, d)
    k3 = k.reshape(-1, k.shape[-2], d)
    v3 = v.reshape(-1, v.shape[-2], v.shape[-1])
    d3 = dout.reshape(-1, T, v.shape[-1])
    dq, dk, dv = np.zeros_like(q3), np.zeros_like(k3), np.zeros_like(v3)
    for n in range(len(ps)):
        dv[n] = ps[n].T @ d3[n]
        dp = d3[n] @ v3[n].T
        ds = softmax_backward(dp, ps[n]) / np.sqrt(d)
        dq[n] = ds @ k3[n]
        dk[n] = ds.T @ q3[n]
    return dq.reshape(q.shape), dk.reshape(k.shape), dv.reshape(v.shape)


def split_heads(x, heads):
    N, T, D = x.shape
    d = D // heads
    parts = []
    for h in range(heads):
        parts.append(x[:, :, h * d : h * d + d])
    return np.stack(parts, axis=1)


def merge_heads(x):
    parts = []
    for h in range(x.shape[1]):
        parts.append(x[:, h])
    return np.concatenate(parts, axis=-1)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    qh = split_heads(x @ Wq, heads)
    kh = split_heads(x @ Wk, heads)
    vh = split_heads(x @ Wv, heads)
    att, att_cache = attention_forward(qh, kh, vh, mask)
    merged = merge_heads(att)
    out = merged @ Wo
    cache = (x, Wq, Wk, Wv, Wo, heads, merged, att_cache)
    return out, cache


def multihead_backward(dout, cache):
    x, Wq, Wk, Wv, Wo, heads, merged, att_cache = cache
    D = x.shape[-1]
    x2 = x.reshape(-1, D)
    dout2 = dout.reshape(-1, dout.shape[-1])
    dWo = merged.reshape(-1, merged.shape[-1]).T @ dout2
    dmerged = dout @ Wo.T
    datt = split_heads(dmerged, heads)
    dqh, dkh, dvh = attention_backward(datt, att_cache)
    dq, dk, dv = merge_heads(dqh), merge_heads(dkh), merge_heads(dvh)
    dWq = x2.T @ dq.reshape(len(x2), -1)
    dWk = x2.T @ dk.reshape(len(x2), -1)
    dWv = x2.T @ dv.reshape(len(x2), -1)
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, dWq, dWk, dWv, dWo


def embed_forward(idx, W, P):
    T = idx.shape[1]
    out = W[idx] + P[np.arange(T)]
    return out, (idx, W.shape, P.shape)


def embed_backward(dout, cache):
    idx, W_shape, P_shape = cache
    N, T = idx.shape
    dW = np.zeros(W_shape)
    dP = np.zeros(P_shape)
    for v in range(W_shape[0]):
        dW[v] = dout[idx == v].sum(axis=0)
    for t in range(T):
        dP[t] = dout[:, t].sum(axis=0)
    return dW, dP


def block_forward(x, params, heads, mask=None):
    p = params
    a, a_cache = rmsnorm_forward(x, p["g1"], {})
    m, m_cache = multihead_forward(a, p["Wq"], p["Wk"], p["Wv"], p["Wo"], heads, mask)
    h = x + m
    n, n_cache = rmsnorm_forward(h, p["g2"], {})
    u = n @ p["W1"] + p["b1"]
    g, dg = gelu(u)
    out = h + g @ p["W2"] + p["b2"]
    cache = (p, a_cache, m_cache, n_cache, n, g, dg)
    return out, cache


def block_backward(dout, cache):
    p, a_cache, m_cache, n_cache, n, g, dg = cache
    rows = dout.shape[0] * dout.shape[1]
    grads = {}
    d2 = dout.reshape(rows, -1)
    grads["b2"] = d2.sum(axis=0)
    grads["W2"] = g.reshape(rows, -1).T @ d2
    du = (dout @ p["W2"].T) * dg
    du2 = du.reshape(rows, -1)
    grads["b1"] = du2.sum(axis=0)
    grads["W1"] = n.reshape(rows, -1).T @ du2
    dn = du @ p["W1"].T
    dh, grads["g2"] = rmsnorm_backward(dn, n_cache)
    dh = dh + dout
    da, dWq, dWk, dWv, dWo = multihead_backward(dh, m_cache)
    grads.update(Wq=dWq, Wk=dWk, Wv=dWv, Wo=dWo)
    dx, grads["g1"] = rmsnorm_backward(da, a_cache)
    dx = dx + dh
    return dx, grads


def lora_backward(dout, cache):
    x, W, A, B, scale, xA = cache
    x2 = x.reshape(-1, x.shape[-1])
    d2 = dout.reshape(-1, dout.shape[-1])
    dB = scale * xA.reshape(len(x2), -1).T @ d2
    dxA = scale * d2 @ B.T
    dA = x2.T @ dxA
    dx = d2 @ W.T + dxA @ A.T
    return dx.reshape(x.shape), dA, dB


def checkpointed_backward(dout, cache):
    kept, blocks, heads, mask, every = cache
    all_grads = []
    for s in range(len(kept) - 1, -1, -1):
        segment = blocks[s * every : (s + 1) * every]
        x = kept[s]
        caches = []
        for params in segment:
            x, c = block_forward(x, params, heads, mask)
            caches.append(c)
        while caches:
            dout, g = block_backward(dout, caches.pop())
            all_grads.insert(0, g)
    return dout, all_grads


def scaled_step(params, grads16, scale, lr):
    overflow = False
    for name in grads16:
        if not np.all(np.isfinite(grads16[name])):
            overflow = True
    new_params = {}
    for name, w in params.items():
        if overflow:
            new_params[name] = w.copy()
        else:
            g = grads16[name].astype(np.float32) / scale
            new_params[name] = w - lr * g
    if overflow:
        scale = scale / 2
    return new_params, scale
