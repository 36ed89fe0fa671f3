# answers: 10_attention
# broadcast sums in place of products, one letter per axis
import numpy as np


def softmax_forward(x):
    top = np.max(x, axis=-1)
    e = np.exp(x - top[..., None])
    total = np.sum(e, axis=-1)
    p = e / total[..., None]
    return p, {"p": p}


def softmax_backward(dp, cache):
    p = cache["p"]
    weighted = p * dp
    return weighted - p * np.sum(weighted, axis=-1)[..., None]


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param.get("eps", 1e-5)
    d = x.shape[-1]
    squares = np.sum(x * x, axis=-1) / d
    scale = (squares + eps) ** -0.5
    unit = x * scale[..., None]
    return unit * gamma, (x, gamma, scale)


def rmsnorm_backward(dout, cache):
    x, gamma, scale = cache
    d = x.shape[-1]
    unit = x * scale[..., None]
    products = dout * unit
    dgamma = np.sum(products, axis=tuple(range(x.ndim - 1)))
    dunit = dout * gamma
    dscale = np.sum(dunit * x, axis=-1)
    dsquares = -0.5 * dscale * scale**3
    dx = dunit * scale[..., None]
    dx = dx + 2 * x * dsquares[..., None] / d
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    d = q.shape[-1]
    scores = np.einsum("...td,...sd->...ts", q, k)
    scores = scores / d**0.5
    if mask is not None:
        scores[..., ~mask] = -np.inf
    p, _ = softmax_forward(scores)
    out = np.einsum("...ts,...sm->...tm", p, v)
    return out, (p, q, k, v)


def attention_backward(dout, cache):
    p, q, k, v = cache
    d = q.shape[-1]
    dv = np.einsum("...ts,...tm->...sm", p, dout)
    dp = np.einsum("...tm,...sm->...ts", dout, v)
    dscores = softmax_backward(dp, {"p": p})
    dscores = dscores / d**0.5
    dq = np.einsum("...ts,...sd->...td", dscores, k)
    dk = np.einsum("...ts,...td->...sd", dscores, q)
    return dq, dk, dv
