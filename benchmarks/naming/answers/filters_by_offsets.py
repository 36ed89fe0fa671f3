# answers: 09_convolution
# a loop over the filter's entries, strided slices of the padded input, masks for the maximum
import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, hh, ww = w.shape
    Ho, Wo = (H + 2 * p - hh) // s + 1, (W + 2 * p - ww) // s + 1
    big = np.zeros((N, C, H + 2 * p, W + 2 * p))
    big[:, :, p : H + p, p : W + p] = x
    out = np.zeros((N, F, Ho, Wo)) + b[:, None, None]
    for r in range(hh):
        for c in range(ww):
            seen = big[:, :, r : r + s * Ho : s, c : c + s * Wo : s]
            out += np.einsum("ncij,fc->nfij", seen, w[:, :, r, c])
    return out, (x, w, big, s, p)


def conv_backward_naive(dout, cache):
    x, w, big, s, p = cache
    N, C, H, W = x.shape
    F, _, hh, ww = w.shape
    Ho, Wo = dout.shape[2:]
    dbig, dw = np.zeros_like(big), np.zeros_like(w)
    for r in range(hh):
        for c in range(ww):
            rows, cols = slice(r, r + s * Ho, s), slice(c, c + s * Wo, s)
            dw[:, :, r, c] = np.einsum("nfij,ncij->fc", dout, big[:, :, rows, cols])
            dbig[:, :, rows, cols] += np.einsum("nfij,fc->ncij", dout, w[:, :, r, c])
    db = dout.sum(axis=(0, 2, 3))
    return dbig[:, :, p : p + H, p : p + W], dw, db


def max_pool_forward_naive(x, pool_param):
    h, w, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    Ho, Wo = 1 + (H - h) // s, 1 + (W - w) // s
    out = np.full((N, C, Ho, Wo), -np.inf)
    for r in range(h):
        for c in range(w):
            out = np.maximum(out, x[:, :, r : r + s * Ho : s, c : c + s * Wo : s])
    return out, (x, h, w, s)


def max_pool_backward_naive(dout, cache):
    x, h, w, s = cache
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * s : i * s + h, j * s : j * s + w]
        best = window == window.max()
        dx[n, c, i * s : i * s + h, j * s : j * s + w] += best * dout[n, c, i, j] / best.sum()
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    C = x.shape[1]
    wide = (1, C, 1, 1)
    m, eps = bn_param["momentum"], bn_param["eps"]
    mu, var = bn_param["running_mean"], bn_param["running_var"]
    if bn_param["mode"] == "train":
        rows = np.transpose(x, (0, 2, 3, 1)).reshape(-1, C)
        bn_param["running_mean"] = m * mu + (1 - m) * rows.mean(axis=0)
        bn_param["running_var"] = m * var + (1 - m) * rows.var(axis=0)
        mu, var = rows.mean(axis=0), rows.var(axis=0)
    z = (x - mu.reshape(wide)) / np.sqrt(var.reshape(wide) + eps)
    return gamma.reshape(wide) * z + beta.reshape(wide), (z, gamma, var, eps)


def spatial_batchnorm_backward(dout, cache):
    z, gamma, var, eps = cache
    N, C, H, W = dout.shape
    dgamma, dbeta = (dout * z).sum((0, 2, 3)), dout.sum((0, 2, 3))
    factor = (gamma / np.sqrt(var + eps)).reshape(1, C, 1, 1)
    mean = dbeta.reshape(1, C, 1, 1) / (N * H * W)
    along = z * dgamma.reshape(1, C, 1, 1) / (N * H * W)
    return factor * (dout - mean - along), dgamma, dbeta


def receptive_field(kernels, strides):
    size, jump = 1, 1
    for k, s in zip(kernels, strides):
        size += (k - 1) * jump
        jump *= s
    return size, jump
