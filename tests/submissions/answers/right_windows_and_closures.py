# answers: 09_convolution
# expect: right
# views of windows, the turned filter over a spread dout, closures as caches, bincount, argmax at ties
import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def windows(x, hh, ww, stride):
    return sliding_window_view(x, (hh, ww), axis=(2, 3))[:, :, ::stride, ::stride]


def ring(x, rows, columns):
    return np.pad(x, [(0, 0), (0, 0), (rows, rows), (columns, columns)])


def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    hh, ww = w.shape[2:]
    xp = ring(x, p, p)
    axes = [(1, 4, 5), (1, 2, 3)]
    out = np.moveaxis(np.tensordot(windows(xp, hh, ww, s), w, axes), 3, 1) + b.reshape(-1, 1, 1)

    def back(dout):
        n, f, down, across = dout.shape
        spread = np.zeros((n, f, xp.shape[2] - hh + 1, xp.shape[3] - ww + 1))
        spread[:, :, : down * s : s, : across * s : s] = dout
        seen = windows(ring(spread, hh - 1, ww - 1), hh, ww, 1)
        dxp = np.einsum("nfijpq,fcpq->ncij", seen, w[:, :, ::-1, ::-1])
        dw = np.einsum("nfij,ncijpq->fcpq", dout, windows(xp, hh, ww, s))
        return [dxp[:, :, p : -p or None, p : -p or None], dw, np.einsum("nfij->f", dout)]

    return out, back


def conv_backward_naive(dout, cache):
    return cache(dout)


def places(shape, hh, ww, stride):
    where = np.arange(np.prod(shape)).reshape(shape)
    return np.moveaxis(windows(where, hh, ww, stride), 1, 3).reshape(-1, shape[1] * hh * ww)


def im2col(x, hh, ww, pad, stride):
    xp = ring(x, pad, pad)
    n, c, h, w = xp.shape
    a, b, d, e = xp.strides
    shape = (n, (h - hh) // stride + 1, (w - ww) // stride + 1, c, hh, ww)
    return as_strided(xp, shape, (a, d * stride, e * stride, b, d, e)).reshape(-1, c * hh * ww)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    shape = (*x_shape[:2], x_shape[2] + 2 * pad, x_shape[3] + 2 * pad)
    where = places(shape, hh, ww, stride).ravel()
    dxp = np.bincount(where, dcols.ravel(), int(np.prod(shape))).reshape(shape)
    return dxp[:, :, pad : pad + x_shape[2], pad : pad + x_shape[3]]


class Kept:
    pass


def conv_forward_fast(x, w, b, conv_param):
    kept = Kept()
    kept.cols = im2col(x, *w.shape[2:], conv_param["pad"], conv_param["stride"])
    kept.x_shape, kept.w, kept.conv_param = x.shape, w, conv_param
    rows = w.reshape(len(w), -1) @ kept.cols.T + b[:, None]
    down = (x.shape[2] + 2 * conv_param["pad"] - w.shape[2]) // conv_param["stride"] + 1
    return rows.reshape(len(w), len(x), down, -1).swapaxes(0, 1), kept


def conv_backward_fast(dout, kept):
    rows = dout.swapaxes(0, 1).reshape(len(kept.w), -1)
    dcols = rows.T @ kept.w.reshape(len(kept.w), -1)
    dx = col2im(dcols, kept.x_shape, *kept.w.shape[2:], kept.conv_param["pad"], kept.conv_param["stride"])
    return dx, (rows @ kept.cols).reshape(kept.w.shape), rows.sum(1)


def max_pool_forward_naive(x, pool_param):
    hh, ww, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    seen = windows(x, hh, ww, s)
    flat = seen.reshape(*seen.shape[:4], -1)
    return flat.max(-1), {"first": flat.argmax(-1), "shape": x.shape, "ww": ww, "s": s}


def max_pool_backward_naive(dout, cache):
    n, c, i, j = np.indices(dout.shape)
    row, column = np.divmod(cache["first"], cache["ww"])
    dx = np.zeros(cache["shape"])
    np.add.at(dx, (n, c, i * cache["s"] + row, j * cache["s"] + column), dout)
    return dx


OVER = (0, 2, 3)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    wide = lambda v: v.reshape(1, -1, 1, 1)
    mean, var = bn_param["running_mean"], bn_param["running_var"]
    if bn_param["mode"] == "train":
        m = bn_param["momentum"]
        old, (mean, var) = (mean, var), (x.mean(OVER), x.var(OVER))
        bn_param.update(running_mean=m * old[0] + (1 - m) * mean, running_var=m * old[1] + (1 - m) * var)
    inv = wide(1 / np.sqrt(var + bn_param["eps"]))
    centred = x - wide(mean)
    return wide(gamma) * centred * inv + wide(beta), (centred, inv, wide(gamma))


def spatial_batchnorm_backward(dout, cache):
    centred, inv, gamma = cache
    count = dout.size / dout.shape[1]
    dhat = dout * gamma
    dvar = np.sum(dhat * centred, OVER, keepdims=True) * -0.5 * inv**3
    dmean = -np.sum(dhat * inv, OVER, keepdims=True)
    dx = dhat * inv + 2 * centred * dvar / count + dmean / count
    return dx, np.sum(dout * centred * inv, OVER), dout.sum(OVER)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    n, c, h, w = x.shape
    five = x.reshape(n, G, c // G, h, w)
    over = (2, 3, 4)
    centred = five - five.mean(over, keepdims=True)
    inv = 1 / np.sqrt((centred**2).mean(over, keepdims=True) + gn_param["eps"])
    return gamma * (centred * inv).reshape(x.shape) + beta, (centred, inv, gamma)


def spatial_groupnorm_backward(dout, cache):
    centred, inv, gamma = cache
    hat, over = centred * inv, (2, 3, 4)
    five = (dout * gamma).reshape(hat.shape)
    dx = (five - five.mean(over, keepdims=True) - hat * (five * hat).mean(over, keepdims=True)) * inv
    sums = [v.sum(OVER, keepdims=True) for v in (dout * hat.reshape(dout.shape), dout)]
    return dx.reshape(dout.shape), *sums


def receptive_field(kernels, strides):
    size = 1
    for k, s in zip(reversed(kernels), reversed(strides)):
        size = (size - 1) * s + k
    return size, int(np.prod(strides))
