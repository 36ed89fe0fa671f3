# answers: 05_normalisation
# tuples in the cache, layer norm along columns of the transpose, groups by reshape, masks that are scaled once
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    rm = bn_param.get("running_mean", np.zeros(D))
    rv = bn_param.get("running_var", np.zeros(D))
    cache = None
    if mode == "train":
        mu = np.mean(x, axis=0)
        var = np.var(x, axis=0)
        std = np.sqrt(var + eps)
        xhat = (x - mu) / std
        out = gamma * xhat + beta
        rm = momentum * rm + (1 - momentum) * mu
        rv = momentum * rv + (1 - momentum) * var
        cache = (xhat, std, gamma)
    else:
        xhat = (x - rm) / np.sqrt(rv + eps)
        out = gamma * xhat + beta
    bn_param["running_mean"] = rm
    bn_param["running_var"] = rv
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, std, gamma = cache
    N, D = dout.shape
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = dout * gamma
    # through std, and through the mean
    dstd = (dxhat * -xhat / std).sum(axis=0)
    dxmu = dxhat / std
    dxmu = dxmu + dstd * xhat / N
    dmu = -dxmu.sum(axis=0)
    dx = dxmu + dmu / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    xhat, std, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = gamma * dout
    mean1 = dxhat.mean(axis=0)
    mean2 = (dxhat * xhat).mean(axis=0)
    dx = (dxhat - mean1 - xhat * mean2) / std
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    xt = x.T
    mu = xt.mean(axis=0)
    var = xt.var(axis=0)
    std = np.sqrt(var + eps)
    xhat = ((xt - mu) / std).T
    out = gamma * xhat + beta
    cache = (xhat, std, gamma)
    return out, cache


def layernorm_backward(dout, cache):
    xhat, std, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dxhat = (dout * gamma).T
    xh = xhat.T
    dx = dxhat - dxhat.mean(axis=0)
    dx -= xh * (dxhat * xh).mean(axis=0)
    dx /= std
    return dx.T, dgamma, dbeta


def groupnorm_forward(x, gamma, beta, gn_param):
    G = gn_param["G"]
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    xg = x.reshape(N * G, -1)
    mu = xg.mean(axis=1, keepdims=True)
    var = xg.var(axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    xhat = (xg - mu) / std
    xhat = xhat.reshape(N, C, H, W)
    out = gamma.reshape(C, 1, 1) * xhat + beta.reshape(C, 1, 1)
    cache = (G, xhat, std, gamma)
    return out, cache


def groupnorm_backward(dout, cache):
    G, xhat, std, gamma = cache
    N, C, H, W = dout.shape
    dbeta = dout.sum(axis=(0, 2, 3))
    dgamma = (dout * xhat).sum(axis=(0, 2, 3))
    dxhat = dout * gamma.reshape(C, 1, 1)
    dxg = dxhat.reshape(N * G, -1)
    xg = xhat.reshape(N * G, -1)
    m1 = dxg.mean(axis=1, keepdims=True)
    m2 = (dxg * xg).mean(axis=1, keepdims=True)
    dx = (dxg - m1 - xg * m2) / std
    return dx.reshape(N, C, H, W), dgamma, dbeta


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    mode = dropout_param["mode"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    if mode == "train":
        mask = (rng.random(x.shape) < p).astype(float)
        mask = mask / p
    else:
        mask = np.ones_like(x)
    out = x * mask
    return out, mask


def dropout_backward(dout, cache):
    mask = cache
    dx = dout * mask
    return dx
