# answers: 10_attention
# queries scaled before the product, masks as an added bias, heads by split and concatenate, letters as one-hot rows
import numpy as np


def flip(a):
    return np.moveaxis(a, -1, -2)


def rows_of(a):
    return a.reshape(-1, a.shape[-1])


def softmax_forward(x):
    top = np.amax(x, axis=-1, keepdims=True)
    log_total = top + np.log(np.sum(np.exp(x - top), axis=-1, keepdims=True))
    p = np.exp(x - log_total)
    return p, {"p": p}


def softmax_backward(dp, cache):
    p = cache["p"]
    weighted = dp * p
    return weighted - p * weighted.sum(axis=-1, keepdims=True)


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param["eps"] if "eps" in rms_param else 1e-5
    power = np.sum(x * x, axis=-1) / x.shape[-1]
    inv = (power + eps)[..., None] ** -0.5
    return x * inv * gamma, {"x": x, "inv": inv, "gamma": gamma}


def rmsnorm_backward(dout, cache):
    x, inv, gamma = cache["x"], cache["inv"], cache["gamma"]
    g = dout * gamma
    dinv = np.sum(g * x, axis=-1, keepdims=True)
    dx = g * inv
    dx -= dinv * inv**3 * x / x.shape[-1]
    dgamma = rows_of(dout * x * inv).sum(axis=0)
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    small = q / float(np.sqrt(q.shape[-1]))
    bias = 0.0 if mask is None else np.where(mask, 0.0, -np.inf).astype(q.dtype)
    p, soft = softmax_forward(np.matmul(small, flip(k)) + bias)
    return np.matmul(p, v), (small, k, v, p, soft)


def attention_backward(dout, cache):
    small, k, v, p, soft = cache
    dv = np.matmul(flip(p), dout)
    dscores = softmax_backward(np.matmul(dout, flip(v)), soft)
    dk = np.matmul(flip(dscores), small)
    dsmall = np.matmul(dscores, k)
    dq = dsmall / float(np.sqrt(k.shape[-1]))
    return dq, dk, dv


def split_heads(x, heads):
    parts = np.split(x, heads, axis=2)
    return np.stack(parts, axis=1)


def merge_heads(x):
    each = [x[:, h] for h in range(x.shape[1])]
    return np.concatenate(each, axis=2)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    inputs = []
    for W in (Wq, Wk, Wv):
        inputs.append(split_heads(np.matmul(x, W), heads))
    mixed, kept = attention_forward(*inputs, mask)
    joined = merge_heads(mixed)
    weights = {"Wq": Wq, "Wk": Wk, "Wv": Wv, "Wo": Wo}
    return np.matmul(joined, Wo), (x, weights, heads, joined, kept)


def multihead_backward(dout, cache):
    x, weights, heads, joined, kept = cache
    dWo = np.matmul(rows_of(joined).T, rows_of(dout))
    djoined = np.matmul(dout, weights["Wo"].T)
    dparts = attention_backward(split_heads(djoined, heads), kept)
    dx, dWs = np.zeros_like(x), []
    for name, dpart in zip(("Wq", "Wk", "Wv"), dparts):
        d = merge_heads(dpart)
        dx += np.matmul(d, weights[name].T)
        dWs.append(np.matmul(rows_of(x).T, rows_of(d)))
    return dx, *dWs, dWo


def embed_forward(idx, W, P):
    N, T = idx.shape
    out = np.repeat(P[None, :T], N, axis=0)
    out += W[idx]
    return out, (idx, len(W), len(P))


def embed_backward(dout, cache):
    idx, V, L = cache
    N, T = idx.shape
    hot = (idx.reshape(-1, 1) == np.arange(V)).astype(dout.dtype)
    dW = np.matmul(hot.T, rows_of(dout))
    later = np.zeros((L - T, dout.shape[2]), dout.dtype)
    dP = np.concatenate([dout.sum(axis=0), later], axis=0)
    return dW, dP


def block_forward(x, params, heads, mask=None):
    n1, c1 = rmsnorm_forward(x, params["g1"], {})
    squares = [params[key] for key in ("Wq", "Wk", "Wv", "Wo")]
    a, c2 = multihead_forward(n1, *squares, heads, mask)
    middle = x + a
    n2, c3 = rmsnorm_forward(middle, params["g2"], {})
    bent, slope = gelu(np.matmul(n2, params["W1"]) + params["b1"])
    out = middle + np.matmul(bent, params["W2"]) + params["b2"]
    return out, (params, c1, c2, c3, n2, bent, slope)


def block_backward(dout, cache):
    params, c1, c2, c3, n2, bent, slope = cache
    d = {"b2": dout.sum(axis=(0, 1))}
    d["W2"] = np.matmul(rows_of(bent).T, rows_of(dout))
    dpre = np.matmul(dout, params["W2"].T) * slope
    d["b1"] = dpre.sum(axis=(0, 1))
    d["W1"] = np.matmul(rows_of(n2).T, rows_of(dpre))
    dn2 = np.matmul(dpre, params["W1"].T)
    through, d["g2"] = rmsnorm_backward(dn2, c3)
    dmiddle = dout + through
    dn1, d["Wq"], d["Wk"], d["Wv"], d["Wo"] = multihead_backward(dmiddle, c2)
    through, d["g1"] = rmsnorm_backward(dn1, c1)
    return dmiddle + through, d


def lora_backward(dout, cache):
    x, W, A, B, scale, low = cache
    up = dout * scale
    dlow = np.einsum("ntm,rm->ntr", up, B)
    dA = np.einsum("ntd,ntr->dr", x, dlow)
    dB = np.einsum("ntr,ntm->rm", low, up)
    dx = np.einsum("ntm,dm->ntd", dout, W)
    dx += np.einsum("ntr,dr->ntd", dlow, A)
    return dx, dA, dB


def checkpointed_backward(dout, cache):
    kept, blocks, heads, mask, every = cache
    dblocks, dx = [], dout
    first = (len(kept) - 1) * every
    while first >= 0:
        x, notes = kept[first // every], []
        for params in blocks[first : first + every]:
            x, note = block_forward(x, params, heads, mask)
            notes.append(note)
        while notes:
            dx, one = block_backward(dx, notes.pop())
            dblocks.insert(0, one)
        first -= every
    return dx, dblocks


def scaled_step(params, grads16, scale, lr):
    after = {}
    for key, w in params.items():
        g = grads16[key].astype(np.float32)
        if np.isinf(g).any() or np.isnan(g).any():
            return dict(params), scale / 2
        after[key] = w - lr * (g / scale)
    return after, scale
