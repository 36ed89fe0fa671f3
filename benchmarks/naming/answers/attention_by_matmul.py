# answers: 10_attention
# matmul with axes swapped, heads in loops over slices, dicts as caches, small helpers for weights
import numpy as np


def swap(a):
    return np.swapaxes(a, -1, -2)


def weight_grad(x, dout):
    total = np.matmul(swap(x), dout)
    while total.ndim > 2:
        total = total.sum(axis=0)
    return total


def softmax_forward(x):
    biggest = np.max(x, axis=-1, keepdims=True)
    powers = np.exp(x - biggest)
    total = np.sum(powers, axis=-1, keepdims=True)
    p = powers / total
    return p, p


def softmax_backward(dp, cache):
    p = cache
    mean = np.sum(p * dp, axis=-1, keepdims=True)
    dx = dp - mean
    dx = dx * p
    return dx


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param.get("eps", 1e-5)
    square = np.mean(x * x, axis=-1, keepdims=True)
    rms = np.sqrt(square + eps)
    out = gamma * x / rms
    cache = {"x": x, "gamma": gamma, "rms": rms}
    return out, cache


def rmsnorm_backward(dout, cache):
    x, gamma, rms = cache["x"], cache["gamma"], cache["rms"]
    D = x.shape[-1]
    places = tuple(range(x.ndim - 1))
    dgamma = np.sum(dout * x / rms, axis=places)
    dy = dout * gamma
    drms = -np.sum(dy * x, axis=-1, keepdims=True) / rms**2
    dsquare = drms / (2 * rms)
    dx = dy / rms
    dx += dsquare * 2 * x / D
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    d = q.shape[-1]
    scores = np.matmul(q, swap(k))
    scores = scores / float(np.sqrt(d))
    if mask is not None:
        scores[..., ~mask] = -np.inf
    p, soft = softmax_forward(scores)
    out = np.matmul(p, v)
    cache = {"q": q, "k": k, "v": v, "p": p, "soft": soft}
    return out, cache


def attention_backward(dout, cache):
    q, k, v = cache["q"], cache["k"], cache["v"]
    d = q.shape[-1]
    dv = np.matmul(swap(cache["p"]), dout)
    dp = np.matmul(dout, swap(v))
    dscores = softmax_backward(dp, cache["soft"])
    dscores = dscores / float(np.sqrt(d))
    dq = np.matmul(dscores, k)
    dk = np.matmul(swap(dscores), q)
    return dq, dk, dv


def split_heads(x, heads):
    N, T, D = x.shape
    width = D // heads
    out = np.zeros((N, heads, T, width), dtype=x.dtype)
    for h in range(heads):
        out[:, h] = x[:, :, h * width : (h + 1) * width]
    return out


def merge_heads(x):
    N, H, T, width = x.shape
    out = np.zeros((N, T, H * width), dtype=x.dtype)
    for h in range(H):
        out[:, :, h * width : (h + 1) * width] = x[:, h]
    return out


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    q = split_heads(np.matmul(x, Wq), heads)
    k = split_heads(np.matmul(x, Wk), heads)
    v = split_heads(np.matmul(x, Wv), heads)
    mixed, inner = attention_forward(q, k, v, mask)
    joined = merge_heads(mixed)
    out = np.matmul(joined, Wo)
    cache = {"x": x, "W": (Wq, Wk, Wv, Wo), "heads": heads, "inner": inner, "joined": joined}
    return out, cache


def multihead_backward(dout, cache):
    x = cache["x"]
    Wq, Wk, Wv, Wo = cache["W"]
    dWo = weight_grad(cache["joined"], dout)
    djoined = np.matmul(dout, swap(Wo))
    dmixed = split_heads(djoined, cache["heads"])
    dq, dk, dv = attention_backward(dmixed, cache["inner"])
    dq = merge_heads(dq)
    dk = merge_heads(dk)
    dv = merge_heads(dv)
    dx = np.matmul(dq, swap(Wq))
    dx += np.matmul(dk, swap(Wk))
    dx += np.matmul(dv, swap(Wv))
    return dx, weight_grad(x, dq), weight_grad(x, dk), weight_grad(x, dv), dWo


def embed_forward(idx, W, P):
    N, T = idx.shape
    out = np.zeros((N, T, W.shape[1]), dtype=W.dtype)
    for t in range(T):
        out[:, t] = W[idx[:, t]] + P[t]
    cache = {"idx": idx, "V": W.shape[0], "L": P.shape[0]}
    return out, cache


def embed_backward(dout, cache):
    idx = cache["idx"]
    N, T, D = dout.shape
    dW = np.zeros((cache["V"], D), dtype=dout.dtype)
    dP = np.zeros((cache["L"], D), dtype=dout.dtype)
    for n in range(N):
        for t in range(T):
            dW[idx[n, t]] += dout[n, t]
            dP[t] += dout[n, t]
    return dW, dP


def block_forward(x, params, heads, mask=None):
    normed1, norm1 = rmsnorm_forward(x, params["g1"], {})
    Wq, Wk, Wv, Wo = params["Wq"], params["Wk"], params["Wv"], params["Wo"]
    attended, att = multihead_forward(normed1, Wq, Wk, Wv, Wo, heads, mask)
    y = x + attended
    normed2, norm2 = rmsnorm_forward(y, params["g2"], {})
    z = np.matmul(normed2, params["W1"]) + params["b1"]
    act, slope = gelu(z)
    out = y + np.matmul(act, params["W2"])
    out += params["b2"]
    cache = {"params": params, "norm1": norm1, "att": att, "norm2": norm2}
    cache["mlp"] = (normed2, act, slope)
    return out, cache


def block_backward(dout, cache):
    params = cache["params"]
    normed2, act, slope = cache["mlp"]
    grads = {}
    grads["W2"] = weight_grad(act, dout)
    grads["b2"] = dout.sum(axis=1).sum(axis=0)
    dact = np.matmul(dout, swap(params["W2"]))
    dz = dact * slope
    grads["W1"] = weight_grad(normed2, dz)
    grads["b1"] = dz.sum(axis=1).sum(axis=0)
    dnormed2 = np.matmul(dz, swap(params["W1"]))
    dy, grads["g2"] = rmsnorm_backward(dnormed2, cache["norm2"])
    dy = dy + dout
    found = multihead_backward(dy, cache["att"])
    grads["Wq"], grads["Wk"], grads["Wv"], grads["Wo"] = found[1:]
    dx, grads["g1"] = rmsnorm_backward(found[0], cache["norm1"])
    dx = dx + dy
    return dx, grads


def lora_backward(dout, cache):
    x, W, A, B, scale, low = cache
    dcorrection = scale * dout
    dB = weight_grad(low, dcorrection)
    dlow = np.matmul(dcorrection, swap(B))
    dA = weight_grad(x, dlow)
    dx = np.matmul(dout, swap(W)) + np.matmul(dlow, swap(A))
    return dx, dA, dB


def checkpointed_backward(dout, cache):
    kept, blocks, heads, mask, every = cache
    dblocks = [None for _ in blocks]
    for i in range(len(blocks) - 1, -1, -1):
        nearest = i // every
        x = kept[nearest]
        for j in range(nearest * every, i):
            x, _ = block_forward(x, blocks[j], heads, mask)
        _, block_cache = block_forward(x, blocks[i], heads, mask)
        dout, dblocks[i] = block_backward(dout, block_cache)
    return dout, dblocks


def scaled_step(params, grads16, scale, lr):
    for g in grads16.values():
        if not np.isfinite(g).all():
            return {name: w.copy() for name, w in params.items()}, scale / 2
    new = {}
    for name in params:
        g = grads16[name].astype(np.float32)
        g = g / scale
        new[name] = params[name] - lr * g
    return new, scale
