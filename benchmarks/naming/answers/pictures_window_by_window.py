# answers: 09_convolution
# a helper that gives the slices of each window, windows as rows of a table, dicts as caches
import numpy as np


def out_size(length, window, stride, pad=0):
    return (length + 2 * pad - window) // stride + 1


def add_border(x, pad):
    N, C, H, W = x.shape
    big = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=x.dtype)
    big[:, :, pad : pad + H, pad : pad + W] = x
    return big


def window_at(i, j, hh, ww, stride):
    top, left = i * stride, j * stride
    return slice(top, top + hh), slice(left, left + ww)


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    big = add_border(x, pad)
    H_out = out_size(H, HH, stride, pad)
    W_out = out_size(W, WW, stride, pad)
    out = np.zeros((N, F, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            rows, cols = window_at(i, j, HH, WW, stride)
            patch = big[:, :, rows, cols].reshape(N, -1)
            out[:, :, i, j] = np.dot(patch, w.reshape(F, -1).T)
    out += b.reshape(1, F, 1, 1)
    cache = {"big": big, "w": w, "size": (H, W), "param": conv_param}
    return out, cache


def conv_backward_naive(dout, cache):
    big, w = cache["big"], cache["w"]
    stride, pad = cache["param"]["stride"], cache["param"]["pad"]
    H, W = cache["size"]
    F, C, HH, WW = w.shape
    N, _, H_out, W_out = dout.shape
    dbig = np.zeros(big.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(F)
    for i in range(H_out):
        for j in range(W_out):
            rows, cols = window_at(i, j, HH, WW, stride)
            for n in range(N):
                for f in range(F):
                    up = dout[n, f, i, j]
                    dw[f] += up * big[n, :, rows, cols]
                    dbig[n, :, rows, cols] += up * w[f]
                    db[f] += up
    dx = dbig[:, :, pad : H + pad, pad : W + pad]
    return dx, dw, db


def im2col(x, hh, ww, pad, stride):
    N, C, H, W = x.shape
    big = add_border(x, pad)
    H_out = out_size(H, hh, stride, pad)
    W_out = out_size(W, ww, stride, pad)
    table = np.zeros((N, H_out, W_out, C * hh * ww), dtype=x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            rows, cols = window_at(i, j, hh, ww, stride)
            table[:, i, j] = big[:, :, rows, cols].reshape(N, -1)
    return table.reshape(N * H_out * W_out, -1)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    N, C, H, W = x_shape
    H_out = out_size(H, hh, stride, pad)
    W_out = out_size(W, ww, stride, pad)
    table = dcols.reshape(N, H_out, W_out, C, hh, ww)
    dbig = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dcols.dtype)
    for i in range(H_out):
        for j in range(W_out):
            rows, cols = window_at(i, j, hh, ww, stride)
            dbig[:, :, rows, cols] += table[:, i, j]
    return dbig[:, :, pad : pad + H, pad : pad + W]


def conv_forward_fast(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out = out_size(H, HH, stride, pad)
    W_out = out_size(W, WW, stride, pad)
    cols = im2col(x, HH, WW, pad, stride)
    filters = w.reshape(F, -1)
    flat = np.dot(filters, cols.T) + b[:, None]
    out = flat.reshape(F, N, H_out, W_out).transpose(1, 0, 2, 3)
    cache = {"cols": cols, "w": w, "shape": x.shape, "param": conv_param}
    return out, cache


def conv_backward_fast(dout, cache):
    w, cols = cache["w"], cache["cols"]
    stride, pad = cache["param"]["stride"], cache["param"]["pad"]
    F, C, HH, WW = w.shape
    flat = dout.transpose(1, 0, 2, 3).reshape(F, -1)
    db = flat.sum(axis=1)
    dw = np.dot(flat, cols).reshape(w.shape)
    dcols = np.dot(flat.T, w.reshape(F, -1))
    dx = col2im(dcols, cache["shape"], HH, WW, pad, stride)
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    hh, ww, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    H_out, W_out = out_size(H, hh, stride), out_size(W, ww, stride)
    out = np.full((N, C, H_out, W_out), -np.inf)
    for i in range(H_out):
        for j in range(W_out):
            rows, cols = window_at(i, j, hh, ww, stride)
            patch = x[:, :, rows, cols]
            out[:, :, i, j] = np.max(patch.reshape(N, C, -1), axis=2)
    return out, {"x": x, "window": (hh, ww, stride)}


def max_pool_backward_naive(dout, cache):
    x = cache["x"]
    hh, ww, stride = cache["window"]
    dx = np.zeros(x.shape)
    N, C, H_out, W_out = dout.shape
    for i in range(H_out):
        for j in range(W_out):
            rows, cols = window_at(i, j, hh, ww, stride)
            for n in range(N):
                for c in range(C):
                    patch = x[n, c, rows, cols]
                    r, s = np.unravel_index(np.argmax(patch), patch.shape)
                    dx[n, c, i * stride + r, j * stride + s] += dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    C = x.shape[1]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(C))
    running_var = bn_param.get("running_var", np.zeros(C))
    out = np.zeros(x.shape)
    xhat = np.zeros(x.shape)
    stds = np.zeros(C)
    new_mean, new_var = np.zeros(C), np.zeros(C)
    for c in range(C):
        if bn_param["mode"] == "train":
            mean, var = np.mean(x[:, c]), np.var(x[:, c])
            new_mean[c] = momentum * running_mean[c] + (1 - momentum) * mean
            new_var[c] = momentum * running_var[c] + (1 - momentum) * var
        else:
            mean, var = running_mean[c], running_var[c]
        stds[c] = np.sqrt(var + eps)
        xhat[:, c] = (x[:, c] - mean) / stds[c]
        out[:, c] = gamma[c] * xhat[:, c] + beta[c]
    if bn_param["mode"] == "train":
        bn_param["running_mean"] = new_mean
        bn_param["running_var"] = new_var
    return out, {"xhat": xhat, "stds": stds, "gamma": gamma}


def spatial_batchnorm_backward(dout, cache):
    N, C, H, W = dout.shape
    M = N * H * W
    dx = np.zeros(dout.shape)
    dgamma, dbeta = np.zeros(C), np.zeros(C)
    for c in range(C):
        up, hat = dout[:, c], cache["xhat"][:, c]
        dbeta[c] = np.sum(up)
        dgamma[c] = np.sum(up * hat)
        bracket = M * up - dbeta[c] - hat * dgamma[c]
        dx[:, c] = cache["gamma"][c] * bracket / (M * cache["stds"][c])
    return dx, dgamma, dbeta


def receptive_field(kernels, strides):
    size = 1
    jump = 1
    for k in range(len(kernels)):
        size = size + (kernels[k] - 1) * jump
        jump = jump * strides[k]
    return size, jump


def guided_relu_backward(dout, cache):
    dx = np.maximum(dout, 0)
    dx[cache <= 0] = 0
    return dx


def occlusion(predict, X, y, order, k):
    N = len(X)
    blanked = X.copy().reshape(N, -1)
    for n in range(N):
        blanked[n, order[n, :k]] = 0
    scores = predict(blanked.reshape(X.shape))
    right = 0
    for n in range(N):
        if np.argmax(scores[n]) == y[n]:
            right += 1
    return right / N
