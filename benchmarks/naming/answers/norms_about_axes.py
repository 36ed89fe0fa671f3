# answers: 05_normalisation
# one helper that whitens along given axes, the terms of dx one by one, dropout with the mask as booleans
import numpy as np


def whiten(x, axes, eps):
    mean = np.mean(x, axis=axes, keepdims=True)
    centred = x - mean
    var = np.mean(centred * centred, axis=axes, keepdims=True)
    inv = 1.0 / np.sqrt(var + eps)
    return centred * inv, inv, mean, var


def batchnorm_forward(x, gamma, beta, bn_param):
    settings = {"eps": 1e-5, "momentum": 0.9}
    for key in ("running_mean", "running_var"):
        settings[key] = np.zeros(x.shape[1])
    settings.update(bn_param)
    if settings["mode"] == "test":
        inv = (settings["running_var"] + settings["eps"]) ** -0.5
        return (x - settings["running_mean"]) * inv * gamma + beta, None
    hat, inv, mean, var = whiten(x, 0, settings["eps"])
    m = settings["momentum"]
    for key, now in (("running_mean", mean[0]), ("running_var", var[0])):
        bn_param[key] = settings[key] + (1 - m) * (now - settings[key])
    return hat * gamma + beta, (hat, inv, gamma)


def batchnorm_backward(dout, cache):
    hat, inv, gamma = cache
    N = dout.shape[0]
    dgamma = np.einsum("nd,nd->d", dout, hat)
    dbeta = np.einsum("nd->d", dout)
    dhat = dout * gamma
    dx = dhat.copy()
    dx -= dhat.sum(axis=0) / N
    dx -= hat * (dhat * hat).sum(axis=0) / N
    dx *= inv
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    hat, inv, gamma = cache
    dgamma = np.diag(dout.T @ hat).copy()
    dbeta = dout.sum(axis=0)
    mean_part = dbeta / len(dout)
    along_part = hat * dgamma / len(dout)
    dx = gamma * inv * (dout - mean_part - along_part)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param["eps"] if "eps" in ln_param else 1e-5
    hat, inv, _, _ = whiten(x, 1, eps)
    out = hat * gamma
    out += beta
    return out, {"hat": hat, "inv": inv, "gamma": gamma}


def layernorm_backward(dout, cache):
    hat, inv, gamma = cache["hat"], cache["inv"], cache["gamma"]
    D = hat.shape[1]
    g = dout * gamma
    total = g.sum(axis=1, keepdims=True)
    along = np.einsum("nd,nd->n", g, hat)[:, None]
    dx = inv / D * (D * g - total - hat * along)
    return dx, (dout * hat).sum(axis=0), dout.sum(axis=0)


def per_channel(a):
    return a.reshape(1, -1, 1, 1)


def groupnorm_forward(x, gamma, beta, gn_param):
    N, C, H, W = x.shape
    G = gn_param["G"]
    grouped = x.reshape(N, G, C // G, H, W)
    hat, inv, _, _ = whiten(grouped, (2, 3, 4), gn_param.get("eps", 1e-5))
    out = hat.reshape(N, C, H, W) * per_channel(gamma) + per_channel(beta)
    return out, (hat, inv, gamma)


def groupnorm_backward(dout, cache):
    hat, inv, gamma = cache
    flat_hat = hat.reshape(dout.shape)
    dgamma = np.einsum("nchw,nchw->c", dout, flat_hat)
    dbeta = np.einsum("nchw->c", dout)
    g = (dout * per_channel(gamma)).reshape(hat.shape)
    dx = g - g.mean(axis=(2, 3, 4), keepdims=True)
    dx -= hat * (g * hat).mean(axis=(2, 3, 4), keepdims=True)
    dx *= inv
    return dx.reshape(dout.shape), dgamma, dbeta


def dropout_forward(x, dropout_param):
    if dropout_param["mode"] == "test":
        return x.copy(), None
    p = dropout_param["p"]
    chance = np.random.default_rng(dropout_param.get("seed", None))
    kept = chance.random(x.shape) < p
    out = np.where(kept, x / p, 0.0)
    return out, (kept, p)


def dropout_backward(dout, cache):
    if cache is None:
        return dout.copy()
    kept, p = cache
    dx = np.zeros(dout.shape)
    dx[kept] = dout[kept] / p
    return dx
