# answers: 09_convolution
# places as index arrays, tensordot for each window, pads by assignment, loops over examples where it is short
import numpy as np


def framed(x, pad):
    N, C, H, W = x.shape
    big = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    big[:, :, pad : pad + H, pad : pad + W] = x
    return big


def starts(size, window, stride):
    return np.arange(0, size - window + 1, stride)


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    big = framed(x, pad)
    maps = []
    for top in starts(big.shape[2], HH, stride):
        line = []
        for left in starts(big.shape[3], WW, stride):
            window = big[:, :, top : top + HH, left : left + WW]
            line.append(np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3])) + b)
        maps.append(line)
    out = np.array(maps).transpose(2, 3, 0, 1)
    return out, {"big": big, "w": w, "param": (stride, pad)}


def conv_backward_naive(dout, cache):
    big, w = cache["big"], cache["w"]
    stride, pad = cache["param"]
    HH, WW = w.shape[2:]
    dbig, dw = np.zeros_like(big), np.zeros_like(w)
    for i, top in enumerate(starts(big.shape[2], HH, stride)):
        for j, left in enumerate(starts(big.shape[3], WW, stride)):
            up = dout[:, :, i, j]
            here = np.s_[:, :, top : top + HH, left : left + WW]
            dw += np.tensordot(up, big[here], axes=(0, 0))
            dbig[here] += np.tensordot(up, w, axes=(1, 0))
    H, W = big.shape[2] - 2 * pad, big.shape[3] - 2 * pad
    dx = dbig[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, np.einsum("nfhw->f", dout)


def all_places(height, width, hh, ww, stride):
    rows = starts(height, hh, stride)[:, None] + np.arange(hh)
    cols = starts(width, ww, stride)[:, None] + np.arange(ww)
    return rows[:, None, :, None], cols[None, :, None, :]


def im2col(x, hh, ww, pad, stride):
    big = framed(x, pad)
    rows, cols = all_places(big.shape[2], big.shape[3], hh, ww, stride)
    picked = big[:, :, rows, cols]
    picked = np.moveaxis(picked, 1, 3)
    return picked.reshape(-1, x.shape[1] * hh * ww)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    N, C, H, W = x_shape
    big = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    rows, cols = all_places(H + 2 * pad, W + 2 * pad, hh, ww, stride)
    parts = dcols.reshape(N, rows.shape[0], cols.shape[1], C, hh, ww)
    np.add.at(big, np.s_[:, :, rows, cols], np.moveaxis(parts, 3, 1))
    return big[:, :, pad : pad + H, pad : pad + W]


def conv_forward_fast(x, w, b, conv_param):
    F, C, HH, WW = w.shape
    stride, pad = conv_param["stride"], conv_param["pad"]
    down = len(starts(x.shape[2] + 2 * pad, HH, stride))
    table = im2col(x, HH, WW, pad, stride)
    flat = np.einsum("rk,fk->fr", table, w.reshape(F, -1)) + b[:, None]
    out = flat.reshape(F, len(x), down, -1).swapaxes(0, 1)
    return out, (x.shape, table, w, pad, stride)


def conv_backward_fast(dout, cache):
    x_shape, table, w, pad, stride = cache
    F, C, HH, WW = w.shape
    flat = dout.swapaxes(0, 1).reshape(F, -1)
    db = flat.sum(axis=1)
    dw = np.dot(flat, table).reshape(w.shape)
    dtable = np.dot(flat.T, w.reshape(F, -1))
    dx = col2im(dtable, x_shape, HH, WW, pad, stride)
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    hh, ww = pool_param["pool_height"], pool_param["pool_width"]
    rows, cols = all_places(x.shape[2], x.shape[3], hh, ww, pool_param["stride"])
    windows = x[:, :, rows, cols]
    flat = windows.reshape(*windows.shape[:4], hh * ww)
    best = flat.argmax(axis=4)
    out = np.take_along_axis(flat, best[..., None], axis=4)[..., 0]
    return out, (x.shape, best, ww, pool_param["stride"])


def max_pool_backward_naive(dout, cache):
    shape, best, ww, stride = cache
    dx = np.zeros(shape)
    for n, c, i, j in np.ndindex(dout.shape):
        down, across = divmod(best[n, c, i, j], ww)
        dx[n, c, i * stride + down, j * stride + across] += dout[n, c, i, j]
    return dx


PLACES = (0, 2, 3)


def wide(a):
    return np.reshape(a, (1, -1, 1, 1))


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    old_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    old_var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] != "train":
        hat = (x - wide(old_mean)) / np.sqrt(wide(old_var) + eps)
        return wide(gamma) * hat + wide(beta), None
    mean, var = np.mean(x, axis=PLACES), np.var(x, axis=PLACES)
    bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(wide(var) + eps)
    hat = (x - wide(mean)) / std
    return wide(gamma) * hat + wide(beta), {"hat": hat, "std": std, "gamma": gamma}


def spatial_batchnorm_backward(dout, cache):
    hat, std = cache["hat"], cache["std"]
    dgamma, dbeta = np.sum(dout * hat, axis=PLACES), np.sum(dout, axis=PLACES)
    M = dout.size / dout.shape[1]
    inner = dout - wide(dbeta) / M
    inner -= hat * wide(dgamma) / M
    dx = wide(cache["gamma"]) * inner / std
    return dx, dgamma, dbeta


def receptive_field(kernels, strides):
    jumps = [1]
    for stride in strides:
        jumps.append(jumps[-1] * stride)
    size = 1 + sum((kernel - 1) * jump for kernel, jump in zip(kernels, jumps))
    return size, jumps[-1]


def guided_relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    both = np.logical_and(cache > 0, dout > 0)
    dx[both] = dout[both]
    return dx


def occlusion(predict, X, y, order, k):
    blank = X.copy()
    for picture, places in zip(blank, order):
        picture.flat[places[:k]] = 0.0
    guesses = np.argmax(predict(blank), axis=1)
    return np.count_nonzero(guesses == y) / len(y)
