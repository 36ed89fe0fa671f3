# answers: 10_attention
# expect: wrong attention_forward.out attention_backward.* merge_heads.out embed_backward.dW embed_backward.dP
# the mask acts after softmax, heads are merged by reshape alone, repeated letters count once
import numpy as np


def attention_forward(q, k, v, mask=None):
    s = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    if mask is not None:
        p = p * mask
    return p @ v, (q, k, v, p)


def attention_backward(dout, cache):
    q, k, v, p = cache
    dp = dout @ np.swapaxes(v, -1, -2)
    ds = p * (dp - (p * dp).sum(axis=-1, keepdims=True)) / np.sqrt(q.shape[-1])
    return ds @ k, np.swapaxes(ds, -1, -2) @ q, np.swapaxes(p, -1, -2) @ dout


def merge_heads(x):
    n, h, t, e = x.shape
    return x.reshape(n, t, h * e)


def embed_forward(idx, W, P):
    return W[idx] + P[: idx.shape[1]], (idx, W, P)


def embed_backward(dout, cache):
    idx, W, P = cache
    dW, dP = np.zeros_like(W), np.zeros_like(P)
    dW[idx] += dout
    dP[: idx.shape[1]] = dout.mean(axis=0)
    return dW, dP
