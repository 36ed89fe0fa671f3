# answers: 05_normalisation
# every statistic keeps its axis; one line of algebra for dx; masks drawn and divided
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, m = bn_param["eps"], bn_param["momentum"]
    if bn_param["mode"] == "test":
        z = (x - bn_param["running_mean"]) / (bn_param["running_var"] + eps) ** 0.5
        return z * gamma + beta, None
    mu = x.mean(0, keepdims=True)
    var = ((x - mu) ** 2).mean(0, keepdims=True)
    sigma = (var + eps) ** 0.5
    z = (x - mu) / sigma
    bn_param["running_mean"] = m * bn_param["running_mean"] + (1 - m) * mu[0]
    bn_param["running_var"] = m * bn_param["running_var"] + (1 - m) * var[0]
    return z * gamma + beta, (z, sigma, gamma)


def batchnorm_backward(dout, cache):
    z, sigma, gamma = cache
    dz = dout * gamma
    back = dz - dz.mean(0, keepdims=True) - z * (dz * z).mean(0, keepdims=True)
    dgamma = (z * dout).sum(0)
    dbeta = dout.sum(0)
    return back / sigma, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    mu = x.mean(axis=1, keepdims=True)
    centred = x - mu
    var = (centred**2).mean(axis=1, keepdims=True)
    rstd = (var + ln_param["eps"]) ** -0.5
    z = centred * rstd
    return gamma * z + beta, {"z": z, "rstd": rstd, "gamma": gamma}


def layernorm_backward(dout, cache):
    z, rstd = cache["z"], cache["rstd"]
    dgamma, dbeta = np.sum(dout * z, 0), np.sum(dout, 0)
    dz = dout * cache["gamma"]
    mean = dz.mean(axis=1, keepdims=True)
    along = (dz * z).mean(axis=1, keepdims=True)
    dx = rstd * (dz - mean - z * along)
    return dx, dgamma, dbeta


def groupnorm_forward(x, gamma, beta, gn_param):
    N, C, H, W = x.shape
    G = gn_param["G"]
    flat = x.reshape(N, G, -1)
    mu = flat.mean(axis=2, keepdims=True)
    rstd = 1 / np.sqrt(flat.var(axis=2, keepdims=True) + gn_param["eps"])
    z = ((flat - mu) * rstd).reshape(N, C, H, W)
    out = z * gamma.reshape(1, C, 1, 1) + beta.reshape(1, C, 1, 1)
    return out, (z, rstd, gamma, G)


def groupnorm_backward(dout, cache):
    z, rstd, gamma, G = cache
    N, C, H, W = dout.shape
    dbeta = dout.sum(axis=(0, 2, 3))
    dgamma = (dout * z).sum(axis=(0, 2, 3))
    d = (dout * gamma.reshape(1, C, 1, 1)).reshape(N, G, -1)
    zf = z.reshape(N, G, -1)
    d = d - d.mean(axis=2, keepdims=True) - zf * (d * zf).mean(axis=2, keepdims=True)
    dx = (d * rstd).reshape(N, C, H, W)
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    mask = np.ones(x.shape)
    if mode == "train":
        mask = (rng.random(x.shape) < p) / p
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache
