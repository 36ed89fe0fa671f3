# answers: 09_convolution
# expect: wrong conv_backward_naive.dx conv_backward_fast.dw conv_backward_fast.dx conv_backward_fast.db max_pool_backward_naive.dx spatial_batchnorm_forward.out spatial_batchnorm_forward.running_mean spatial_batchnorm_forward.running_var receptive_field.size
# a turned filter scattered; dout reshaped without a transpose; ties paid in full; channels mixed; the stride on its own layer
import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    xp = np.pad(x, ((0,), (0,), (p,), (p,)))
    hh, ww = w.shape[2:]
    places = [range(0, side - k + 1, s) for side, k in zip(xp.shape[2:], (hh, ww))]
    out = np.array([[np.einsum("ncpq,fcpq->nf", xp[:, :, i : i + hh, j : j + ww], w) + b for j in places[1]] for i in places[0]])
    return out.transpose(2, 3, 0, 1), (x, w, xp, s, p)


def conv_backward_naive(dout, cache):
    x, w, xp, s, p = cache
    hh, ww = w.shape[2:]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            window = np.s_[:, :, i * s : i * s + hh, j * s : j * s + ww]
            dw += np.einsum("nf,ncpq->fcpq", dout[:, :, i, j], xp[window])
            dxp[window] += np.einsum("nf,fcpq->ncpq", dout[:, :, i, j], np.flip(w, (2, 3)))
    return dxp[:, :, p : p + x.shape[2], p : p + x.shape[3]], dw, dout.sum((0, 2, 3))


def conv_backward_fast(dout, cache):
    x_shape, w, cols, stride, pad = cache
    rows = dout.reshape(-1, len(w))
    dcols = rows @ w.reshape(len(w), -1)
    return col2im(dcols, x_shape, *w.shape[2:], pad, stride), (rows.T @ cols).reshape(w.shape), rows.sum(0)


def conv_forward_fast(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    down, across = ((side + 2 * p - k) // s + 1 for side, k in zip(x.shape[2:], w.shape[2:]))
    cols = im2col(x, *w.shape[2:], p, s)
    out = np.dot(cols, w.reshape(len(w), -1).T) + b
    return out.reshape(len(x), down, across, -1).transpose(0, 3, 1, 2), (x.shape, w, cols, s, p)


def im2col(x, hh, ww, pad, stride):
    xp = np.pad(x, ((0,), (0,), (pad,), (pad,)))
    rows = []
    for example in xp:
        for i in range(0, xp.shape[2] - hh + 1, stride):
            for j in range(0, xp.shape[3] - ww + 1, stride):
                rows.append(example[:, i : i + hh, j : j + ww].ravel())
    return np.array(rows)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    n, c, h, w = x_shape
    dxp = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    row = iter(dcols)
    for example in dxp:
        for i in range(0, h + 2 * pad - hh + 1, stride):
            for j in range(0, w + 2 * pad - ww + 1, stride):
                example[:, i : i + hh, j : j + ww] += next(row).reshape(c, hh, ww)
    return dxp[:, :, pad : pad + h, pad : pad + w]


def max_pool_forward_naive(x, pool_param):
    hh, ww, s = (pool_param[key] for key in ("pool_height", "pool_width", "stride"))
    seen = np.lib.stride_tricks.sliding_window_view(x, (hh, ww), axis=(2, 3))[:, :, ::s, ::s]
    return seen.max(axis=(4, 5)), (x, hh, ww, s)


def max_pool_backward_naive(dout, cache):
    x, hh, ww, s = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        window = np.s_[n, c, i * s : i * s + hh, j * s : j * s + ww]
        dx[window] += dout[n, c, i, j] * (x[window] == x[window].max())
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    n, c, h, w = x.shape
    rows, eps, m = x.reshape(-1, c), bn_param["eps"], bn_param["momentum"]
    mean, var = bn_param["running_mean"], bn_param["running_var"]
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = m * mean + (1 - m) * rows.mean(0)
        bn_param["running_var"] = m * var + (1 - m) * rows.var(0)
        mean, var = rows.mean(0), rows.var(0)
    return (gamma * (rows - mean) / np.sqrt(var + eps) + beta).reshape(x.shape), None


def receptive_field(kernels, strides):
    size = jump = 1
    for kernel, stride in zip(kernels, strides):
        jump *= stride
        size += (kernel - 1) * jump
    return size, jump
