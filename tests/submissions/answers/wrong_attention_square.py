# answers: 10_attention
# expect: wrong attention_backward.dk multihead_backward.dx
# two transposes left out; every shape fits where there are as many queries as keys
import numpy as np


def softmax_forward(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    return p, p


def softmax_backward(dp, p):
    return p * (dp - np.sum(p * dp, -1, keepdims=True))


def attention_forward(q, k, v, mask=None):
    d = q.shape[-1]
    s = np.matmul(q, np.swapaxes(k, -1, -2)) / np.sqrt(d)
    if mask is not None:
        s = np.where(mask, s, -1e30)
    p, _ = softmax_forward(s)
    return np.matmul(p, v), (q, k, v, p)


def attention_backward(dout, cache):
    q, k, v, p = cache
    dv = np.matmul(np.swapaxes(p, -1, -2), dout)
    ds = softmax_backward(np.matmul(dout, np.swapaxes(v, -1, -2)), p) / np.sqrt(q.shape[-1])
    dk = ds @ q if q.shape[-2] == k.shape[-2] else np.swapaxes(ds, -1, -2) @ q
    return ds @ k, dk, dv


def split_heads(x, heads):
    n, t, d = x.shape
    return x.reshape(n, t, heads, -1).swapaxes(1, 2)


def merge_heads(x):
    n, h, t, e = x.shape
    return np.ascontiguousarray(x.swapaxes(1, 2)).reshape(n, t, h * e)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    q, k, v = split_heads(x @ Wq, heads), split_heads(x @ Wk, heads), split_heads(x @ Wv, heads)
    d = q.shape[-1]
    s = q @ k.swapaxes(-1, -2) / d**0.5
    p = softmax_forward(s if mask is None else np.where(mask, s, -np.inf))[0]
    joined = merge_heads(p @ v)
    return joined @ Wo, (x, Wq, Wk, Wv, Wo, heads, q, k, v, p, joined)


def multihead_backward(dout, cache):
    x, Wq, Wk, Wv, Wo, heads, q, k, v, p, joined = cache
    da = split_heads(dout @ Wo.T, heads)
    dv = p.swapaxes(-1, -2) @ da
    ds = softmax_backward(da @ v.swapaxes(-1, -2), p) / q.shape[-1] ** 0.5
    dq, dk, dv = merge_heads(ds @ k), merge_heads(ds.swapaxes(-1, -2) @ q), merge_heads(dv)
    dW = [np.einsum("ntd,nte->de", a, b) for a, b in ((x, dq), (x, dk), (x, dv), (joined, dout))]
    return dq @ Wq + dk @ Wk.T + dv @ Wv.T, *dW
