# answers: 09_convolution
# four loops, one number at a time; a generator of places
import numpy as np


def places(rows, columns, stride, height, width):
    for i in range(rows):
        for j in range(columns):
            top = i * stride
            left = j * stride
            yield i, j, slice(top, top + height), slice(left, left + width)


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    big = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    big[:, :, pad : pad + H, pad : pad + W] = x
    rows = (H + 2 * pad - HH) // stride + 1
    columns = (W + 2 * pad - WW) // stride + 1
    out = np.empty((N, F, rows, columns))
    for n in range(N):
        for f in range(F):
            for i, j, r, c in places(rows, columns, stride, HH, WW):
                patch = big[n, :, r, c]
                out[n, f, i, j] = np.sum(patch * w[f]) + b[f]
    return out, (big, x.shape, w, stride, pad)


def conv_backward_naive(dout, cache):
    big, shape, w, stride, pad = cache
    N, C, H, W = shape
    F, _, HH, WW = w.shape
    dbig = np.zeros_like(big)
    dw = np.zeros_like(w)
    db = np.zeros(F)
    for n in range(N):
        for f in range(F):
            for i, j, r, c in places(dout.shape[2], dout.shape[3], stride, HH, WW):
                up = dout[n, f, i, j]
                db[f] += up
                dw[f] += up * big[n, :, r, c]
                dbig[n, :, r, c] += up * w[f]
    return dbig[:, :, pad : pad + H, pad : pad + W], dw, db


def max_pool_forward_naive(x, pool_param):
    ph, pw, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    rows = (H - ph) // stride + 1
    columns = (W - pw) // stride + 1
    out = np.empty((N, C, rows, columns))
    best = np.empty((N, C, rows, columns), int)
    for n in range(N):
        for c in range(C):
            for i, j, r, s in places(rows, columns, stride, ph, pw):
                patch = x[n, c, r, s].ravel()
                best[n, c, i, j] = np.argmax(patch)
                out[n, c, i, j] = patch[best[n, c, i, j]]
    return out, (best, x.shape, ph, pw, stride)


def max_pool_backward_naive(dout, cache):
    best, shape, ph, pw, stride = cache
    dx = np.zeros(shape)
    for n, c, i, j in np.ndindex(dout.shape):
        down, across = divmod(best[n, c, i, j], pw)
        dx[n, c, i * stride + down, j * stride + across] += dout[n, c, i, j]
    return dx
