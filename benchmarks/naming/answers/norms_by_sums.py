# answers: 05_normalisation
# sums and counts in place of means, dicts as caches, loops over groups
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    N, D = x.shape
    eps = bn_param.get("eps", 1e-5)
    m = bn_param.get("momentum", 0.9)
    run_mean = bn_param.get("running_mean", np.zeros(D))
    run_var = bn_param.get("running_var", np.zeros(D))
    if bn_param["mode"] == "test":
        out = (x - run_mean) * gamma / np.sqrt(run_var + eps)
        return out + beta, None
    mean = np.sum(x, axis=0) / N
    centred = x - mean
    var = np.sum(centred**2, axis=0) / N
    bn_param["running_mean"] = m * run_mean + (1 - m) * mean
    bn_param["running_var"] = m * run_var + (1 - m) * var
    std = np.sqrt(var + eps)
    xhat = centred / std
    out = xhat * gamma
    out += beta
    cache = {"xhat": xhat, "centred": centred, "std": std, "gamma": gamma}
    return out, cache


def batchnorm_backward(dout, cache):
    N = len(dout)
    xhat, centred = cache["xhat"], cache["centred"]
    std, gamma = cache["std"], cache["gamma"]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dcentred = dxhat / std
    dstd = -np.sum(dxhat * centred, axis=0) / std**2
    dvar = dstd / (2 * std)
    dcentred += 2 * centred * dvar / N
    dmean = -np.sum(dcentred, axis=0)
    dx = dcentred + dmean / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    N = len(dout)
    xhat = cache["xhat"]
    scale = cache["gamma"] / cache["std"]
    dbeta = np.zeros(dout.shape[1])
    dgamma = np.zeros(dout.shape[1])
    for n in range(N):
        dbeta += dout[n]
        dgamma += dout[n] * xhat[n]
    dx = dout - dbeta / N
    dx = dx - xhat * dgamma / N
    dx *= scale
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    D = x.shape[1]
    xhat = np.zeros(x.shape)
    stds = np.zeros(len(x))
    for n in range(len(x)):
        row = x[n] - np.sum(x[n]) / D
        stds[n] = np.sqrt(np.sum(row**2) / D + eps)
        xhat[n] = row / stds[n]
    out = xhat * gamma + beta
    cache = {"xhat": xhat, "stds": stds, "gamma": gamma}
    return out, cache


def layernorm_backward(dout, cache):
    xhat, stds = cache["xhat"], cache["stds"]
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxhat = dout * cache["gamma"]
    D = dout.shape[1]
    dx = np.zeros(dout.shape)
    for n in range(len(dout)):
        total = np.sum(dxhat[n])
        weighted = np.sum(dxhat[n] * xhat[n])
        bracket = D * dxhat[n] - total - xhat[n] * weighted
        dx[n] = bracket / (D * stds[n])
    return dx, dgamma, dbeta


def groupnorm_forward(x, gamma, beta, gn_param):
    N, C, H, W = x.shape
    G = gn_param["G"]
    eps = gn_param.get("eps", 1e-5)
    size = C // G
    M = size * H * W
    xhat = np.zeros(x.shape)
    stds = []
    for g in range(G):
        part = x[:, g * size : (g + 1) * size]
        mean = np.sum(part, axis=(1, 2, 3), keepdims=True) / M
        var = np.sum((part - mean) ** 2, axis=(1, 2, 3), keepdims=True) / M
        std = np.sqrt(var + eps)
        xhat[:, g * size : (g + 1) * size] = (part - mean) / std
        stds.append(std)
    out = xhat * gamma.reshape(1, C, 1, 1)
    out += beta.reshape(1, C, 1, 1)
    return out, {"xhat": xhat, "stds": stds, "gamma": gamma}


def groupnorm_backward(dout, cache):
    xhat, stds, gamma = cache["xhat"], cache["stds"], cache["gamma"]
    N, C, H, W = dout.shape
    size = C // len(stds)
    dgamma = np.zeros(C)
    dbeta = np.zeros(C)
    for c in range(C):
        dgamma[c] = np.sum(dout[:, c] * xhat[:, c])
        dbeta[c] = np.sum(dout[:, c])
    dxhat = dout * gamma.reshape(1, C, 1, 1)
    dx = np.zeros(dout.shape)
    for g, std in enumerate(stds):
        own = slice(g * size, (g + 1) * size)
        d, hat = dxhat[:, own], xhat[:, own]
        mean_d = d.mean(axis=(1, 2, 3), keepdims=True)
        mean_dhat = (d * hat).mean(axis=(1, 2, 3), keepdims=True)
        dx[:, own] = (d - mean_d - hat * mean_dhat) / std
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    mode, p = dropout_param["mode"], dropout_param["p"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    if mode != "train":
        return x.copy(), None
    keep = rng.random(x.shape) < p
    out = np.zeros(x.shape)
    out[keep] = x[keep] / p
    return out, (keep, p)


def dropout_backward(dout, cache):
    if cache is None:
        return dout.copy()
    keep, p = cache
    dx = dout / p
    dx[~keep] = 0
    return dx
