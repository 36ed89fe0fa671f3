# answers: 09_convolution
# every window by itself; channels last for the statistics
import numpy as np


def out_side(size, window, pad, stride):
    return int((size + 2 * pad - window) / stride) + 1


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out = out_side(H, HH, pad, stride)
    W_out = out_side(W, WW, pad, stride)
    x_pad = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    x_pad[:, :, pad : pad + H, pad : pad + W] = x
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    hs, ws = i * stride, j * stride
                    window = x_pad[n, :, hs : hs + HH, ws : ws + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, x_pad, w, conv_param)


def conv_backward_naive(dout, cache):
    x, x_pad, w, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2], x.shape[3]
    F, _, HH, WW = w.shape
    N, _, H_out, W_out = dout.shape
    dx_pad = np.zeros(x_pad.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(F)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    hs, ws = i * stride, j * stride
                    window = x_pad[n, :, hs : hs + HH, ws : ws + WW]
                    up = dout[n, f, i, j]
                    db[f] += up
                    dw[f] += window * up
                    dx_pad[n, :, hs : hs + HH, ws : ws + WW] += w[f] * up
    dx = dx_pad[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


def im2col(x, hh, ww, pad, stride):
    N, C, H, W = x.shape
    H_out = out_side(H, hh, pad, stride)
    W_out = out_side(W, ww, pad, stride)
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    rows = []
    for n in range(N):
        for i in range(H_out):
            for j in range(W_out):
                top, left = i * stride, j * stride
                rows.append(x_pad[n, :, top : top + hh, left : left + ww].ravel())
    return np.array(rows)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    N, C, H, W = x_shape
    H_out = out_side(H, hh, pad, stride)
    W_out = out_side(W, ww, pad, stride)
    dx_pad = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    for r in range(dcols.shape[0]):
        n, place = divmod(r, H_out * W_out)
        i, j = divmod(place, W_out)
        patch = dcols[r].reshape(C, hh, ww)
        top, left = i * stride, j * stride
        dx_pad[n, :, top : top + hh, left : left + ww] += patch
    return dx_pad[:, :, pad : pad + H, pad : pad + W]


def conv_forward_fast(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out = out_side(H, HH, pad, stride)
    W_out = out_side(W, WW, pad, stride)
    x_cols = im2col(x, HH, WW, pad, stride)
    w_row = w.reshape(F, -1)
    out = np.dot(x_cols, w_row.T) + b
    out = out.reshape(N, H_out, W_out, F)
    out = np.moveaxis(out, 3, 1)
    return out, (x.shape, w, x_cols, pad, stride)


def conv_backward_fast(dout, cache):
    x_shape, w, x_cols, pad, stride = cache
    F, C, HH, WW = w.shape
    dout_rows = np.moveaxis(dout, 1, 3).reshape(-1, F)
    db = np.sum(dout_rows, axis=0)
    dw = np.dot(dout_rows.T, x_cols).reshape(F, C, HH, WW)
    dx_cols = np.dot(dout_rows, w.reshape(F, -1))
    dx = col2im(dx_cols, x_shape, HH, WW, pad, stride)
    return dx, dw, db


def max_pool_forward_naive(x, pool_param):
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    H_out = out_side(H, ph, 0, stride)
    W_out = out_side(W, pw, 0, stride)
    out = np.zeros((N, C, H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            hs, ws = i * stride, j * stride
            window = x[:, :, hs : hs + ph, ws : ws + pw]
            out[:, :, i, j] = np.max(window, axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    ph, pw = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H_out, W_out = dout.shape
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    hs, ws = i * stride, j * stride
                    window = x[n, c, hs : hs + ph, ws : ws + pw]
                    a, b = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, hs + a, ws + b] += dout[n, c, i, j]
    return dx


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    N, C, H, W = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(C))
    running_var = bn_param.get("running_var", np.zeros(C))
    last = np.moveaxis(x, 1, -1)
    if mode == "train":
        mean = np.mean(last, axis=(0, 1, 2))
        var = np.var(last, axis=(0, 1, 2))
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var
    std = np.sqrt(var + eps)
    hat = (last - mean) / std
    out = gamma * hat + beta
    return np.moveaxis(out, -1, 1), (hat, gamma, std)


def spatial_batchnorm_backward(dout, cache):
    hat, gamma, std = cache
    d = np.moveaxis(dout, 1, -1)
    count = d.shape[0] * d.shape[1] * d.shape[2]
    dbeta = np.sum(d, axis=(0, 1, 2))
    dgamma = np.sum(d * hat, axis=(0, 1, 2))
    dlast = count * d - dbeta - hat * dgamma
    dlast = dlast * gamma / (count * std)
    return np.moveaxis(dlast, -1, 1), dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    eps = gn_param.get("eps", 1e-5)
    N, C, H, W = x.shape
    grouped = x.reshape(N, G, C // G, H, W)
    mean = np.mean(grouped, axis=(2, 3, 4), keepdims=True)
    var = np.var(grouped, axis=(2, 3, 4), keepdims=True)
    std = np.sqrt(var + eps)
    hat = (grouped - mean) / std
    out = hat.reshape(N, C, H, W) * gamma + beta
    return out, (hat, gamma, std)


def spatial_groupnorm_backward(dout, cache):
    hat, gamma, std = cache
    hat_full = hat.reshape(dout.shape)
    dgamma = np.sum(dout * hat_full, axis=(0, 2, 3), keepdims=True)
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dhat = (dout * gamma).reshape(hat.shape)
    mean = np.mean(dhat, axis=(2, 3, 4), keepdims=True)
    along = np.mean(dhat * hat, axis=(2, 3, 4), keepdims=True)
    dx = (dhat - mean - hat * along) / std
    return dx.reshape(dout.shape), dgamma, dbeta


def receptive_field(kernels, strides):
    size = 1
    for k in range(len(kernels) - 1, -1, -1):
        size = (size - 1) * strides[k] + kernels[k]
    jump = 1
    for stride in strides:
        jump *= stride
    return size, jump


class ThreeLayerConvNet:
    def __init__(self, input_dim, num_filters, filter_size, hidden_dim, num_classes, rng):
        C, H, W = input_dim
        self.pad = (filter_size - 1) // 2
        flat = num_filters * (H // 2) * (W // 2)
        fan_in = C * filter_size * filter_size
        self.params = {}
        self.params["W1"] = rng.normal(
            0, np.sqrt(2.0 / fan_in), (num_filters, C, filter_size, filter_size)
        )
        self.params["b1"] = np.zeros(num_filters)
        self.params["W2"] = rng.normal(0, np.sqrt(2.0 / flat), (flat, hidden_dim))
        self.params["b2"] = np.zeros(hidden_dim)
        self.params["W3"] = rng.normal(0, np.sqrt(2.0 / hidden_dim), (hidden_dim, num_classes))
        self.params["b3"] = np.zeros(num_classes)

    def loss(self, X, y=None):
        p = self.params
        N = X.shape[0]
        conv_param = {"stride": 1, "pad": self.pad}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        maps, conv_cache = conv_forward_fast(X, p["W1"], p["b1"], conv_param)
        active = np.maximum(0, maps)
        pooled, pool_cache = max_pool_forward_naive(active, pool_param)
        flat = pooled.reshape(N, -1)
        z = np.dot(flat, p["W2"]) + p["b2"]
        h = np.maximum(0, z)
        scores = np.dot(h, p["W3"]) + p["b3"]
        if y is None:
            return scores
        scores = scores - np.max(scores, axis=1, keepdims=True)
        probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
        loss = -np.mean(np.log(probs[np.arange(N), y]))
        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        grads = {}
        grads["W3"] = np.dot(h.T, dscores)
        grads["b3"] = np.sum(dscores, axis=0)
        dh = np.dot(dscores, p["W3"].T)
        dz = dh * (z > 0)
        grads["W2"] = np.dot(flat.T, dz)
        grads["b2"] = np.sum(dz, axis=0)
        dflat = np.dot(dz, p["W2"].T)
        dactive = max_pool_backward_naive(dflat.reshape(pooled.shape), pool_cache)
        dmaps = dactive * (maps > 0)
        _, grads["W1"], grads["b1"] = conv_backward_fast(dmaps, conv_cache)
        return loss, grads


def guided_relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] = 0
    dx[dout < 0] = 0
    return dx


def occlusion(predict, X, y, order, k):
    blanked = X.copy().reshape(len(X), -1)
    for n in range(len(X)):
        blanked[n, order[n, :k]] = 0
    scores = predict(blanked.reshape(X.shape))
    right = np.argmax(scores, axis=1) == y
    return np.sum(right) / len(y)
