# answers: 05_normalisation
# one pair of helpers normalises rows; every layer turns its numbers into rows, and back
import numpy as np


def standard_rows(rows, eps):
    mean = rows.mean(axis=1, keepdims=True)
    var = ((rows - mean) ** 2).mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(var + eps)
    return (rows - mean) * inv, inv, mean[:, 0], var[:, 0]


def standard_rows_back(drows, hat, inv):
    width = hat.shape[1]
    total = drows.sum(axis=1, keepdims=True)
    along = (drows * hat).sum(axis=1, keepdims=True)
    return inv * (drows - total / width - hat * along / width)


def batchnorm_forward(x, gamma, beta, bn_param):
    eps = bn_param.get("eps", 1e-5)
    keep = bn_param.get("momentum", 0.9)
    old_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    old_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] == "test":
        hat = (x - old_mean) / np.sqrt(old_var + eps)
        return gamma * hat + beta, None
    hat, inv, mean, var = standard_rows(x.T, eps)
    bn_param["running_mean"] = keep * old_mean + (1 - keep) * mean
    bn_param["running_var"] = keep * old_var + (1 - keep) * var
    return gamma * hat.T + beta, (hat, inv, gamma)


def batchnorm_backward(dout, cache):
    hat, inv, gamma = cache
    dhat = gamma[:, None] * dout.T
    dx = standard_rows_back(dhat, hat, inv).T
    return dx, (dout.T * hat).sum(axis=1), dout.sum(axis=0)


def batchnorm_backward_alt(dout, cache):
    hat, inv, gamma = cache
    n = len(dout)
    project = np.eye(n) - 1 / n
    dx = np.empty(dout.shape)
    for j in range(dout.shape[1]):
        outer = np.outer(hat[j], hat[j]) / n
        dx[:, j] = gamma[j] * inv[j] * ((project - outer) @ dout[:, j])
    return dx, np.einsum("nd,dn->d", dout, hat), np.einsum("nd->d", dout)


def layernorm_forward(x, gamma, beta, ln_param):
    hat, inv, _, _ = standard_rows(x, ln_param.get("eps", 1e-5))
    return hat * gamma + beta, (hat, inv, gamma)


def layernorm_backward(dout, cache):
    hat, inv, gamma = cache
    dx = standard_rows_back(dout * gamma, hat, inv)
    return dx, (dout * hat).sum(axis=0), dout.sum(axis=0)


def groupnorm_forward(x, gamma, beta, gn_param):
    n, c, h, w = x.shape
    groups = gn_param["G"]
    hat, inv, _, _ = standard_rows(x.reshape(n * groups, -1), gn_param.get("eps", 1e-5))
    out = hat.reshape(n, c, h, w) * gamma.reshape(c, 1, 1) + beta.reshape(c, 1, 1)
    return out, (hat, inv, gamma)


def groupnorm_backward(dout, cache):
    hat, inv, gamma = cache
    n, c, h, w = dout.shape
    dhat = (dout * gamma.reshape(c, 1, 1)).reshape(hat.shape)
    dx = standard_rows_back(dhat, hat, inv).reshape(n, c, h, w)
    dgamma = np.einsum("nchw,nchw->c", dout, hat.reshape(n, c, h, w))
    dbeta = np.einsum("nchw->c", dout)
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x.copy(), 1.0
    rng = np.random.default_rng(dropout_param.get("seed"))
    scale = np.where(rng.random(x.shape) < p, 1 / p, 0.0)
    return scale * x, scale


def dropout_backward(dout, cache):
    return cache * dout
