# answers: 05_normalisation
# batch norm through the inverse deviation, layer and group norm in loops
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, D = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.zeros(D))
    if mode == "train":
        sample_mean = np.sum(x, axis=0) / N
        centered = x - sample_mean
        sample_var = np.sum(centered**2, axis=0) / N
        inv_std = 1.0 / np.sqrt(sample_var + eps)
        x_norm = centered * inv_std
        running_mean = momentum * running_mean + (1 - momentum) * sample_mean
        running_var = momentum * running_var + (1 - momentum) * sample_var
        cache = {"x_norm": x_norm, "centered": centered, "inv_std": inv_std, "gamma": gamma}
    else:
        x_norm = (x - running_mean) / np.sqrt(running_var + eps)
        cache = None
    out = gamma * x_norm + beta
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout, cache):
    x_norm, centered = cache["x_norm"], cache["centered"]
    inv_std, gamma = cache["inv_std"], cache["gamma"]
    N = dout.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_norm, axis=0)
    dx_norm = dout * gamma
    dinv_std = np.sum(dx_norm * centered, axis=0)
    dcentered = dx_norm * inv_std
    dvar_sum = -0.5 * inv_std**3 * dinv_std
    dcentered += 2.0 / N * centered * dvar_sum
    dmean_sum = -np.sum(dcentered, axis=0)
    dx = dcentered + dmean_sum / N
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_norm = cache["x_norm"]
    dgamma = (x_norm * dout).sum(0)
    dbeta = dout.sum(0)
    d = cache["gamma"] * dout
    d_mean = d.mean(0)
    d_along = (d * x_norm).mean(0)
    dx = cache["inv_std"] * (d - d_mean - x_norm * d_along)
    return dx, dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    x_norm = np.zeros(x.shape)
    inv_std = np.zeros(len(x))
    for i in range(len(x)):
        row = x[i] - np.mean(x[i])
        inv_std[i] = 1.0 / np.sqrt(np.mean(row**2) + eps)
        x_norm[i] = row * inv_std[i]
    out = gamma * x_norm + beta
    return out, (x_norm, inv_std, gamma)


def layernorm_backward(dout, cache):
    x_norm, inv_std, gamma = cache
    N, D = dout.shape
    dgamma = np.sum(dout * x_norm, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx = np.zeros((N, D))
    for i in range(N):
        d = dout[i] * gamma
        dx[i] = d - np.sum(d) / D
        dx[i] -= x_norm[i] * np.dot(d, x_norm[i]) / D
        dx[i] *= inv_std[i]
    return dx, dgamma, dbeta


def groupnorm_forward(x, gamma, beta, gn_param):
    G = gn_param["G"]
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    size = C // G
    x_norm = np.zeros((N, C, H, W))
    stds = np.zeros((N, G))
    for n in range(N):
        for g in range(G):
            part = x[n, g * size : (g + 1) * size]
            stds[n, g] = np.sqrt(np.var(part) + eps)
            x_norm[n, g * size : (g + 1) * size] = (part - np.mean(part)) / stds[n, g]
    out = gamma.reshape(1, C, 1, 1) * x_norm + beta.reshape(1, C, 1, 1)
    return out, (x_norm, stds, gamma, size)


def groupnorm_backward(dout, cache):
    x_norm, stds, gamma, size = cache
    dgamma = np.sum(dout * x_norm, axis=(0, 2, 3))
    dbeta = np.sum(dout, axis=(0, 2, 3))
    dx_norm = dout * gamma[None, :, None, None]
    dx = np.zeros(dout.shape)
    for n in range(stds.shape[0]):
        for g in range(stds.shape[1]):
            own = slice(g * size, (g + 1) * size)
            d, hat = dx_norm[n, own], x_norm[n, own]
            dx[n, own] = d - d.mean() - hat * (d * hat).mean()
            dx[n, own] /= stds[n, g]
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    mode, p = dropout_param["mode"], dropout_param["p"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    if mode == "test":
        return x.copy(), None
    keep = rng.random(x.shape) < p
    out = np.where(keep, x / p, 0)
    return out, (keep, p)


def dropout_backward(dout, cache):
    if cache is None:
        return dout
    keep, p = cache
    dx = dout * keep
    dx = dx / p
    return dx
