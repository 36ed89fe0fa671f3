# answers: 05_normalisation
# the graph of batch norm node by node, there and back; groups by loops
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    N, D = x.shape
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    cache = None
    if mode == "train":
        mu = 1.0 / N * np.sum(x, axis=0)
        xmu = x - mu
        sq = xmu**2
        var = 1.0 / N * np.sum(sq, axis=0)
        sqrtvar = np.sqrt(var + eps)
        ivar = 1.0 / sqrtvar
        xhat = xmu * ivar
        out = gamma * xhat + beta
        running_mean = momentum * running_mean + (1.0 - momentum) * mu
        running_var = momentum * running_var + (1.0 - momentum) * var
        cache = (xhat, gamma, xmu, ivar, sqrtvar, var, eps)
    elif mode == "test":
        xhat = (x - running_mean) / np.sqrt(running_var + eps)
        out = gamma * xhat + beta
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / sqrtvar**2 * divar
    dvar = 0.5 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    dx = dx1 + dx2
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    xhat, gamma, _, ivar, _, _, _ = cache
    N = dout.shape[0]
    dgamma = np.sum(xhat * dout, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx = dout - dbeta / N - xhat * dgamma / N
    dx = gamma * ivar * dx
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    D = x.shape[1]
    mean = np.sum(x, axis=1) / D
    var = np.sum(x**2, axis=1) / D - mean**2
    std = np.sqrt(var + eps)
    normed = (x - mean[:, None]) / std[:, None]
    out = normed * gamma + beta
    return out, (normed, std, gamma)


def layernorm_backward(dout, cache):
    normed, std, gamma = cache
    D = dout.shape[1]
    dgamma = np.sum(dout * normed, axis=0)
    dbeta = np.sum(dout, axis=0)
    dnormed = dout * gamma
    total = np.sum(dnormed, axis=1)[:, None]
    along = np.sum(dnormed * normed, axis=1)[:, None]
    dx = (D * dnormed - total - normed * along) / (D * std[:, None])
    return dx, dgamma, dbeta


def groupnorm_forward(x, gamma, beta, gn_param):
    G, eps = gn_param["G"], gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    size = C // G
    hat = np.zeros(x.shape)
    stds = np.zeros((N, G))
    for g in range(G):
        lo, hi = g * size, (g + 1) * size
        part = x[:, lo:hi]
        mean = part.mean(axis=(1, 2, 3), keepdims=True)
        var = part.var(axis=(1, 2, 3), keepdims=True)
        std = np.sqrt(var + eps)
        hat[:, lo:hi] = (part - mean) / std
        stds[:, g] = std[:, 0, 0, 0]
    out = gamma[None, :, None, None] * hat + beta[None, :, None, None]
    return out, (hat, stds, gamma)


def groupnorm_backward(dout, cache):
    hat, stds, gamma = cache
    N, C, H, W = dout.shape
    G = stds.shape[1]
    size = C // G
    dbeta = np.einsum("nchw->c", dout)
    dgamma = np.einsum("nchw,nchw->c", dout, hat)
    dhat = dout * gamma[None, :, None, None]
    dx = np.zeros(dout.shape)
    for n in range(N):
        for g in range(G):
            lo, hi = g * size, (g + 1) * size
            d, h = dhat[n, lo:hi], hat[n, lo:hi]
            dx[n, lo:hi] = (d - d.mean() - h * (d * h).mean()) / stds[n, g]
    return dx, dgamma, dbeta
