# answers: 09_convolution
# np.pad, windows multiplied by einsum, columns by append, places of the maxima kept on the way forward
import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Ho = 1 + (H + 2 * p - HH) // s
    Wo = 1 + (W + 2 * p - WW) // s
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    out = np.zeros((N, F, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            window = xp[:, :, i * s : i * s + HH, j * s : j * s + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, w) + b
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, b, conv_param = cache
    s, p = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Ho, Wo = dout.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dxp = np.zeros_like(xp)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for i in range(Ho):
        for j in range(Wo):
            top, left = i * s, j * s
            d = dout[:, :, i, j]
            window = xp[:, :, top : top + HH, left : left + WW]
            dw += np.einsum("nf,nchw->fchw", d, window)
            dxp[:, :, top : top + HH, left : left + WW] += np.einsum("nf,fchw->nchw", d, w)
            db += d.sum(axis=0)
    dx = dxp[:, :, p : p + H, p : p + W]
    return dx, dw, db


def im2col(x, hh, ww, pad, stride):
    N, C, H, W = x.shape
    Ho = 1 + (H + 2 * pad - hh) // stride
    Wo = 1 + (W + 2 * pad - ww) // stride
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = []
    for n in range(N):
        for i in range(Ho):
            for j in range(Wo):
                r, c = i * stride, j * stride
                cols.append(xp[n, :, r : r + hh, c : c + ww].ravel())
    return np.array(cols)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    N, C, H, W = x_shape
    Ho = 1 + (H + 2 * pad - hh) // stride
    Wo = 1 + (W + 2 * pad - ww) // stride
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    row = 0
    for n in range(N):
        for i in range(Ho):
            for j in range(Wo):
                r, c = i * stride, j * stride
                dxp[n, :, r : r + hh, c : c + ww] += dcols[row].reshape(C, hh, ww)
                row += 1
    return dxp[:, :, pad : pad + H, pad : pad + W]


def conv_forward_fast(x, w, b, conv_param):
    s, p = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    Ho = 1 + (H + 2 * p - HH) // s
    Wo = 1 + (W + 2 * p - WW) // s
    cols = im2col(x, HH, WW, p, s)
    out = cols @ w.reshape(F, -1).T + b
    out = out.reshape(N, Ho, Wo, F)
    out = np.moveaxis(out, 3, 1)
    return out, (x.shape, cols, w, conv_param)


def conv_backward_fast(dout, cache):
    x_shape, cols, w, conv_param = cache
    s, p = conv_param["stride"], conv_param["pad"]
    F, C, HH, WW = w.shape
    d = np.moveaxis(dout, 1, 3).reshape(-1, F)
    db = d.sum(axis=0)
    dw = (d.T @ cols).reshape(F, C, HH, WW)
    dcols = d @ w.reshape(F, -1)
    dx = col2im(dcols, x_shape, HH, WW, p, s)
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    hh, ww = pool_param["pool_height"], pool_param["pool_width"]
    s = pool_param["stride"]
    N, C, H, W = x.shape
    Ho = 1 + (H - hh) // s
    Wo = 1 + (W - ww) // s
    out = np.zeros((N, C, Ho, Wo))
    where = {}
    for n, c, i, j in np.ndindex(N, C, Ho, Wo):
        window = x[n, c, i * s : i * s + hh, j * s : j * s + ww]
        k = np.argmax(window)
        r, q = k // ww, k % ww
        out[n, c, i, j] = window[r, q]
        where[n, c, i, j] = (i * s + r, j * s + q)
    return out, (x.shape, where)


def max_pool_backward_naive(dout, cache):
    x_shape, where = cache
    dx = np.zeros(x_shape)
    for n, c, i, j in where:
        row, col = where[n, c, i, j]
        dx[n, c, row, col] += dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    rm = bn_param.get("running_mean", np.zeros(C))
    rv = bn_param.get("running_var", np.zeros(C))
    flat = np.moveaxis(x, 1, 3).reshape(-1, C)
    if bn_param["mode"] == "train":
        mu = flat.mean(axis=0)
        var = flat.var(axis=0)
        bn_param["running_mean"] = momentum * rm + (1 - momentum) * mu
        bn_param["running_var"] = momentum * rv + (1 - momentum) * var
    else:
        mu, var = rm, rv
    std = np.sqrt(var + eps)
    xhat = (flat - mu) / std
    out = gamma * xhat + beta
    out = np.moveaxis(out.reshape(N, H, W, C), 3, 1)
    return out, (xhat, std, gamma)


def spatial_batchnorm_backward(dout, cache):
    xhat, std, gamma = cache
    N, C, H, W = dout.shape
    d = np.moveaxis(dout, 1, 3).reshape(-1, C)
    dbeta = d.sum(axis=0)
    dgamma = (d * xhat).sum(axis=0)
    dxhat = d * gamma
    m1 = dxhat.mean(axis=0)
    m2 = (dxhat * xhat).mean(axis=0)
    dx = (dxhat - m1 - xhat * m2) / std
    dx = np.moveaxis(dx.reshape(N, H, W, C), 3, 1)
    return dx, dgamma, dbeta


def receptive_field(kernels, strides):
    # go back from one unit of the last layer
    field = 1
    for k, s in zip(kernels[::-1], strides[::-1]):
        field = (field - 1) * s + k
    jump = 1
    for s in strides:
        jump *= s
    return field, jump


def guided_relu_backward(dout, cache):
    x = cache
    dx = np.where(np.logical_and(x > 0, dout > 0), dout, 0)
    return dx


def occlusion(predict, X, y, order, k):
    N = X.shape[0]
    X2 = X.reshape(N, -1).copy()
    rows = np.arange(N).reshape(N, 1)
    X2[rows, order[:, :k]] = 0
    scores = predict(X2.reshape(X.shape))
    guess = np.argmax(scores, axis=1)
    return np.mean(guess == y)
