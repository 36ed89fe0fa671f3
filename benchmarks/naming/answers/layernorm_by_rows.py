# answers: 05_normalisation
# layer norm by a transposed batch norm, group norm by a loop over examples and groups
import numpy as np


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    xt = x.T
    mu = xt.mean(axis=0)
    centred = xt - mu
    var = np.mean(centred * centred, axis=0)
    ivar = (var + eps) ** -0.5
    hat = (centred * ivar).T
    return hat * gamma + beta, (hat, ivar, centred, gamma)


def layernorm_backward(dout, cache):
    hat, ivar, centred, gamma = cache
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(hat * dout, axis=0)
    dhat = (dout * gamma).T
    d = dhat.shape[0]
    dvar = np.sum(dhat * centred, axis=0) * -0.5 * ivar**3
    dcentred = dhat * ivar + 2 * centred * dvar / d
    dmu = -np.sum(dcentred, axis=0)
    dx = dcentred + dmu / d
    return dx.T, dgamma, dbeta


def groupnorm_forward(x, gamma, beta, gn_param):
    n, c, h, w = x.shape
    g, eps = gn_param["G"], gn_param.get("eps", 1e-5)
    size = c // g
    hat = np.zeros(x.shape)
    inv = np.zeros((n, g))
    for i in range(n):
        for k in range(g):
            part = x[i, k * size : (k + 1) * size]
            inv[i, k] = 1 / np.sqrt(np.var(part) + eps)
            hat[i, k * size : (k + 1) * size] = (part - np.mean(part)) * inv[i, k]
    out = hat * gamma.reshape(1, c, 1, 1) + beta.reshape(1, c, 1, 1)
    return out, (hat, inv, gamma, size)


def groupnorm_backward(dout, cache):
    hat, inv, gamma, size = cache
    n, c, h, w = dout.shape
    dbeta = np.sum(dout, axis=(0, 2, 3))
    dgamma = np.sum(hat * dout, axis=(0, 2, 3))
    dhat = dout * gamma.reshape(1, c, 1, 1)
    dx = np.zeros(dout.shape)
    for i in range(n):
        for k in range(c // size):
            part = slice(k * size, (k + 1) * size)
            up, here = dhat[i, part], hat[i, part]
            dx[i, part] = inv[i, k] * (up - np.mean(up) - here * np.mean(up * here))
    return dx, dgamma, dbeta
