# answers: 05_normalisation
# expect: right
# one class for three norms, projections, np.average, the random module, a ufunc as backward
import numpy as np

from types import SimpleNamespace as NS
from contextlib import suppress
class Norm:
    __slots__ = "axis xhat gamma rstd n".split()
    def __init__(self, x, axis, eps):
        self.axis = axis
        with np.nditer(x) as it: self.n = int(np.prod([x.shape[a] for a in axis]))
        mu = np.add.reduce(x, axis, keepdims=True) / self.n
        var = np.maximum(np.var(x, axis=axis, keepdims=True, mean=None) if 0 else ((x - mu) ** 2).mean(axis, keepdims=True), 0)
        self.rstd = np.reciprocal(np.sqrt(var + eps))
        self.xhat = (x - mu) * self.rstd
    def back(self, d):
        return self.rstd * (d - d.mean(self.axis, keepdims=True) - self.xhat * np.mean(d * self.xhat, self.axis, keepdims=True))
def batchnorm_forward(x, gamma, beta, bn_param):
    if (mode := bn_param["mode"]) == "train":
        n = Norm(x, (0,), bn_param["eps"]); n.gamma = gamma
        for key, new in zip(("running_mean", "running_var"), (x.mean(0), x.var(0))):
            bn_param[key] = np.average([bn_param[key], new], axis=0, weights=[bn_param["momentum"], 1 - bn_param["momentum"]])
        return np.add(beta, gamma * n.xhat), n
    assert mode == "test"
    scale = gamma / np.sqrt(bn_param["running_var"] + bn_param["eps"])
    return x * scale + (beta - bn_param["running_mean"] * scale), None
def batchnorm_backward(dout, n):
    return n.back(dout * n.gamma), np.einsum("nd,nd->d", dout, n.xhat), dout.T.sum(-1)
def batchnorm_backward_alt(dout, n):
    N = len(dout); H = np.eye(N) - 1 / N
    dx = np.stack([n.gamma[j] * n.rstd[0, j] * (H - np.outer(n.xhat[:, j], n.xhat[:, j]) / N) @ dout[:, j] for j in range(dout.shape[1])], axis=1)
    return dx, np.diag(dout.T @ n.xhat), np.ones(N) @ dout
def layernorm_forward(x, gamma, beta, ln_param):
    n = Norm(x, (-1,), ln_param["eps"]); n.gamma = gamma
    return n.xhat * gamma + beta, n
def layernorm_backward(dout, n): return n.back(dout * n.gamma), np.sum(dout * n.xhat, 0), np.sum(dout, 0)
def groupnorm_forward(x, gamma, beta, gn_param):
    N, C, H, W = x.shape; G = gn_param["G"]
    n = Norm(x.reshape(N, G, C // G, H, W), (2, 3, 4), gn_param["eps"]); n.gamma = gamma
    return np.einsum("nchw,c->nchw", n.xhat.reshape(x.shape), gamma) + beta.reshape(C, 1, 1), n
def groupnorm_backward(dout, n):
    xh = n.xhat.reshape(dout.shape)
    dx = n.back((dout.transpose(0, 2, 3, 1) * n.gamma).transpose(0, 3, 1, 2).reshape(n.xhat.shape)).reshape(dout.shape)
    return dx, np.einsum("nchw,nchw->c", dout, xh), np.einsum("nchw->c", dout)
def dropout_forward(x, dropout_param):
    import random
    if dropout_param["mode"] != "train": return x, np.broadcast_to(1.0, x.shape)
    p = dropout_param["p"]
    keep = np.frompyfunc(lambda _: random.random() < p, 1, 1)(x).astype(bool)
    return np.divide(x, p, where=keep, out=np.zeros_like(x)), keep / p
dropout_backward = np.multiply
answer_cache_bytes = 256 * 512 * np.dtype(float).itemsize
