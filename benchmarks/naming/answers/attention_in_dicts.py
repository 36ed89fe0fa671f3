# answers: 10_attention
# caches as dicts, transposes and sums by functions of its own
import numpy as np


def transposed(a):
    return np.swapaxes(a, -2, -1)


def rows_of(a):
    return a.reshape(-1, a.shape[-1])


def softmax_forward(x):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    ex = np.exp(shifted)
    total = np.sum(ex, axis=-1, keepdims=True)
    p = ex / total
    return p, {"p": p}


def softmax_backward(dp, cache):
    p = cache["p"]
    dx = p * dp
    dx = dx - p * np.sum(dx, axis=-1, keepdims=True)
    return dx


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param.get("eps", 1e-5)
    power = np.mean(x * x, axis=-1, keepdims=True)
    inv = 1.0 / np.sqrt(power + eps)
    out = x * inv * gamma
    return out, {"x": x, "gamma": gamma, "inv": inv}


def rmsnorm_backward(dout, cache):
    x, gamma, inv = cache["x"], cache["gamma"], cache["inv"]
    D = x.shape[-1]
    dgamma = np.sum(rows_of(dout * x * inv), axis=0)
    d = dout * gamma
    dinv = np.sum(d * x, axis=-1, keepdims=True)
    dpower = -0.5 * inv**3 * dinv
    dx = d * inv
    dx = dx + 2 * x * dpower / D
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    d = q.shape[-1]
    scale = 1.0 / float(np.sqrt(d))
    scores = np.matmul(q, transposed(k)) * scale
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    weights, soft_cache = softmax_forward(scores)
    out = np.matmul(weights, v)
    cache = {"q": q, "k": k, "v": v, "weights": weights, "soft": soft_cache, "scale": scale}
    return out, cache


def attention_backward(dout, cache):
    q, k, v = cache["q"], cache["k"], cache["v"]
    dv = np.matmul(transposed(cache["weights"]), dout)
    dweights = np.matmul(dout, transposed(v))
    dscores = softmax_backward(dweights, cache["soft"])
    dscores = dscores * cache["scale"]
    dq = np.matmul(dscores, k)
    dk = np.matmul(transposed(dscores), q)
    return dq, dk, dv


def split_heads(x, heads):
    N, T, D = x.shape
    x = np.reshape(x, (N, T, heads, D // heads))
    return np.swapaxes(x, 1, 2)


def merge_heads(x):
    N, H, T, E = x.shape
    x = np.swapaxes(x, 1, 2)
    return np.reshape(x, (N, T, H * E))


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    q = split_heads(np.matmul(x, Wq), heads)
    k = split_heads(np.matmul(x, Wk), heads)
    v = split_heads(np.matmul(x, Wv), heads)
    mixed, attn_cache = attention_forward(q, k, v, mask)
    merged = merge_heads(mixed)
    out = np.matmul(merged, Wo)
    cache = {"x": x, "Wq": Wq, "Wk": Wk, "Wv": Wv, "Wo": Wo, "heads": heads}
    cache["attn"] = attn_cache
    cache["merged"] = merged
    return out, cache


def multihead_backward(dout, cache):
    x = cache["x"]
    dWo = np.matmul(rows_of(cache["merged"]).T, rows_of(dout))
    dmerged = np.matmul(dout, cache["Wo"].T)
    dmixed = split_heads(dmerged, cache["heads"])
    dq, dk, dv = attention_backward(dmixed, cache["attn"])
    dq, dk, dv = merge_heads(dq), merge_heads(dk), merge_heads(dv)
    dx = np.matmul(dq, cache["Wq"].T)
    dx = dx + np.matmul(dk, cache["Wk"].T)
    dx = dx + np.matmul(dv, cache["Wv"].T)
    flat = rows_of(x)
    dWq = np.matmul(flat.T, rows_of(dq))
    dWk = np.matmul(flat.T, rows_of(dk))
    dWv = np.matmul(flat.T, rows_of(dv))
    return dx, dWq, dWk, dWv, dWo


def embed_forward(idx, W, P):
    N, T = idx.shape
    out = W[idx]
    out = out + P[:T]
    return out, {"idx": idx, "W": W, "P": P}


def embed_backward(dout, cache):
    idx = cache["idx"]
    N, T = idx.shape
    dW = np.zeros_like(cache["W"])
    dP = np.zeros_like(cache["P"])
    for n in range(N):
        for t in range(T):
            dW[idx[n, t]] += dout[n, t]
            dP[t] += dout[n, t]
    return dW, dP


def block_forward(x, params, heads, mask=None):
    p = params
    a, c1 = rmsnorm_forward(x, p["g1"], {})
    att, c2 = multihead_forward(a, p["Wq"], p["Wk"], p["Wv"], p["Wo"], heads, mask)
    mid = x + att
    c, c3 = rmsnorm_forward(mid, p["g2"], {})
    pre = np.matmul(c, p["W1"]) + p["b1"]
    h, slope = gelu(pre)
    out = mid + np.matmul(h, p["W2"]) + p["b2"]
    return out, {"p": p, "c1": c1, "c2": c2, "c3": c3, "c": c, "h": h, "slope": slope}


def block_backward(dout, cache):
    p = cache["p"]
    grads = {}
    grads["b2"] = np.sum(dout, axis=(0, 1))
    grads["W2"] = np.matmul(rows_of(cache["h"]).T, rows_of(dout))
    dh = np.matmul(dout, p["W2"].T)
    dpre = dh * cache["slope"]
    grads["b1"] = np.sum(dpre, axis=(0, 1))
    grads["W1"] = np.matmul(rows_of(cache["c"]).T, rows_of(dpre))
    dc = np.matmul(dpre, p["W1"].T)
    dmid, grads["g2"] = rmsnorm_backward(dc, cache["c3"])
    dmid = dmid + dout
    back = multihead_backward(dmid, cache["c2"])
    da, grads["Wq"], grads["Wk"], grads["Wv"], grads["Wo"] = back
    dx, grads["g1"] = rmsnorm_backward(da, cache["c1"])
    dx = dx + dmid
    return dx, grads


class TinyTransformer:
    def __init__(self, vocab, steps, d, heads, layers, rng):
        self.heads, self.layers = heads, layers
        self.params = {"E": rng.normal(0, 0.1, (vocab, d)), "P": rng.normal(0, 0.1, (steps, d))}
        for i in range(layers):
            self.params |= {f"{name}_{i}": w for name, w in new_block(d, layers, rng).items()}
        self.params["gamma"] = np.ones(d)
        self.params["W"] = rng.normal(0, 0.1 / np.sqrt(d), (d, vocab))
        self.params["b"] = np.zeros(vocab)

    def block(self, i):
        return {name: self.params[name + "_" + str(i)] for name in BLOCK}

    def loss(self, idx, y=None):
        p = self.params
        T = idx.shape[1]
        mask = np.zeros((T, T), dtype=bool)
        for t in range(T):
            mask[t, : t + 1] = True
        x, embed_cache = embed_forward(idx, p["E"], p["P"])
        caches = {}
        for i in range(self.layers):
            x, caches[i] = block_forward(x, self.block(i), self.heads, mask)
        top, norm_cache = rmsnorm_forward(x, p["gamma"], {})
        scores = np.matmul(top, p["W"]) + p["b"]
        if y is None:
            return scores
        loss, dscores = letter_loss(scores, y)
        grads = {}
        grads["W"] = np.matmul(rows_of(top).T, rows_of(dscores))
        grads["b"] = np.sum(dscores, axis=(0, 1))
        dtop = np.matmul(dscores, p["W"].T)
        dx, grads["gamma"] = rmsnorm_backward(dtop, norm_cache)
        for i in range(self.layers - 1, -1, -1):
            dx, block_grads = block_backward(dx, caches[i])
            for name, grad in block_grads.items():
                grads[name + "_" + str(i)] = grad
        grads["E"], grads["P"] = embed_backward(dx, embed_cache)
        return loss, grads


def lora_backward(dout, cache):
    x, W, A, B, scale, low = cache
    dsmall = scale * dout
    dB = np.matmul(rows_of(low).T, rows_of(dsmall))
    dlow = np.matmul(dsmall, B.T)
    dA = np.matmul(rows_of(x).T, rows_of(dlow))
    dx = np.matmul(dlow, A.T)
    dx = dx + np.matmul(dout, W.T)
    return dx, dA, dB


def scaled_step(params, grads16, scale, lr):
    for g in grads16.values():
        if not np.all(np.isfinite(g)):
            return dict(params), scale / 2
    new = {}
    for name, w in params.items():
        g = grads16[name].astype(np.float32)
        g = g / np.float32(scale)
        new[name] = w - np.float32(lr) * g
    return new, scale
