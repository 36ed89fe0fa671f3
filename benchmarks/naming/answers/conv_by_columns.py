# answers: 09_convolution
# windows copied into rows by loops; statistics over several axes at once
import numpy as np


def im2col(x, hh, ww, pad, stride):
    N, C, H, W = x.shape
    xp = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    Hn = (H + 2 * pad - hh) // stride + 1
    Wn = (W + 2 * pad - ww) // stride + 1
    cols = np.zeros((N * Hn * Wn, C * hh * ww))
    row = 0
    for n in range(N):
        for i in range(0, Hn * stride, stride):
            for j in range(0, Wn * stride, stride):
                cols[row] = xp[n, :, i : i + hh, j : j + ww].reshape(-1)
                row += 1
    return cols


def col2im(dcols, x_shape, hh, ww, pad, stride):
    N, C, H, W = x_shape
    Hn = (H + 2 * pad - hh) // stride + 1
    Wn = (W + 2 * pad - ww) // stride + 1
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    row = 0
    for n in range(N):
        for i in range(Hn):
            for j in range(Wn):
                top, left = i * stride, j * stride
                patch = dcols[row].reshape(C, hh, ww)
                dxp[n, :, top : top + hh, left : left + ww] += patch
                row += 1
    return dxp[:, :, pad : pad + H, pad : pad + W]


def conv_forward_fast(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    Hn = (H + 2 * pad - HH) // stride + 1
    Wn = (W + 2 * pad - WW) // stride + 1
    cols = im2col(x, HH, WW, pad, stride)
    flat = w.reshape(F, -1)
    out = cols.dot(flat.T) + b
    out = out.reshape(N, Hn, Wn, F)
    out = np.moveaxis(out, 3, 1)
    return out, (cols, flat, x.shape, w.shape, stride, pad)


def conv_backward_fast(dout, cache):
    cols, flat, x_shape, w_shape, stride, pad = cache
    F, C, HH, WW = w_shape
    rows = np.moveaxis(dout, 1, 3).reshape(-1, F)
    db = rows.sum(axis=0)
    dw = rows.T.dot(cols).reshape(w_shape)
    dcols = rows.dot(flat)
    dx = col2im(dcols, x_shape, HH, WW, pad, stride)
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    hh, ww, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    Hn = (H - hh) // stride + 1
    Wn = (W - ww) // stride + 1
    out = np.zeros((N, C, Hn, Wn))
    for i in range(Hn):
        for j in range(Wn):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + hh, left : left + ww]
            out[:, :, i, j] = np.amax(window, axis=(2, 3))
    return out, (x, hh, ww, stride)


def max_pool_backward_naive(dout, cache):
    x, hh, ww, stride = cache
    N, C, Hn, Wn = dout.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(Hn):
                for j in range(Wn):
                    top, left = i * stride, j * stride
                    window = x[n, c, top : top + hh, left : left + ww]
                    r, s = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, top + r, left + s] += dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param["eps"], bn_param["momentum"]
    axes = (0, 2, 3)
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        bn_param["running_mean"] = momentum * bn_param["running_mean"] + (1 - momentum) * mean
        bn_param["running_var"] = momentum * bn_param["running_var"] + (1 - momentum) * var
    else:
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    std = np.sqrt(var + eps)[:, None, None]
    xhat = (x - mean[:, None, None]) / std
    out = xhat * gamma[:, None, None] + beta[:, None, None]
    return out, (xhat, std, gamma)


def spatial_batchnorm_backward(dout, cache):
    xhat, std, gamma = cache
    N, C, H, W = dout.shape
    M = N * H * W
    dgamma = np.sum(dout * xhat, axis=(0, 2, 3))
    dbeta = np.sum(dout, axis=(0, 2, 3))
    dxhat = dout * gamma[:, None, None]
    s1 = np.sum(dxhat, axis=(0, 2, 3), keepdims=True)
    s2 = np.sum(dxhat * xhat, axis=(0, 2, 3), keepdims=True)
    dx = (M * dxhat - s1 - xhat * s2) / (M * std)
    return dx, dgamma, dbeta


def receptive_field(kernels, strides):
    size = 1
    jump = 1
    for i in range(len(kernels)):
        size = size + (kernels[i] - 1) * jump
        jump = jump * strides[i]
    return size, jump


def guided_relu_backward(dout, cache):
    dx = np.array(dout)
    dx[cache <= 0] = 0
    dx[dout <= 0] = 0
    return dx
