# answers: 09_convolution
# windows seen through strides and summed by einsum; the way back with np.add.at and place tables
import numpy as np


def out_size(size, window, pad, stride):
    return (size + 2 * pad - window) // stride + 1


def padded(x, pad):
    n, c, h, w = x.shape
    big = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    big[:, :, pad : pad + h, pad : pad + w] = x
    return big


def windows(x, hh, ww, stride):
    seen = np.lib.stride_tricks.sliding_window_view(x, (hh, ww), axis=(2, 3))
    return seen[:, :, ::stride, ::stride]


def places(count, window, stride):
    return stride * np.arange(count)[:, None] + np.arange(window)[None, :]


def spread(dwindows, shape, pad, stride):
    n, c, down, across, hh, ww = dwindows.shape
    big = np.zeros((n, c, shape[2] + 2 * pad, shape[3] + 2 * pad))
    rows = places(down, hh, stride)[:, None, :, None]
    columns = places(across, ww, stride)[None, :, None, :]
    np.add.at(big, (slice(None), slice(None), rows, columns), dwindows)
    return big[:, :, pad : pad + shape[2], pad : pad + shape[3]]


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    seen = windows(padded(x, pad), *w.shape[2:], stride)
    out = np.einsum("ncijpq,fcpq->nfij", seen, w) + b.reshape(1, -1, 1, 1)
    return out, (seen, w, x.shape, stride, pad)


def conv_backward_naive(dout, cache):
    seen, w, shape, stride, pad = cache
    dw = np.einsum("nfij,ncijpq->fcpq", dout, seen)
    dseen = np.einsum("nfij,fcpq->ncijpq", dout, w)
    return spread(dseen, shape, pad, stride), dw, np.einsum("nfij->f", dout)


def im2col(x, hh, ww, pad, stride):
    seen = windows(padded(x, pad), hh, ww, stride)
    n, c, down, across, _, _ = seen.shape
    rows = seen.transpose(0, 2, 3, 1, 4, 5)
    return rows.reshape(n * down * across, -1)


def col2im(dcols, x_shape, hh, ww, pad, stride):
    n, c, h, w = x_shape
    down, across = out_size(h, hh, pad, stride), out_size(w, ww, pad, stride)
    dseen = dcols.reshape(n, down, across, c, hh, ww)
    return spread(dseen.transpose(0, 3, 1, 2, 4, 5), x_shape, pad, stride)


def conv_forward_fast(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    f, c, hh, ww = w.shape
    n, _, height, width = x.shape
    columns = im2col(x, hh, ww, pad, stride).T
    out = w.reshape(f, -1) @ columns + b[:, None]
    out = out.reshape(f, n, out_size(height, hh, pad, stride), -1)
    return out.swapaxes(0, 1), (columns, w, x.shape, stride, pad)


def conv_backward_fast(dout, cache):
    columns, w, shape, stride, pad = cache
    f, c, hh, ww = w.shape
    d = dout.swapaxes(0, 1).reshape(f, -1)
    dw = (d @ columns.T).reshape(w.shape)
    db = d.sum(axis=1)
    dcolumns = w.reshape(f, -1).T @ d
    return col2im(dcolumns.T, shape, hh, ww, pad, stride), dw, db


def max_pool_forward_naive(x, pool_param):
    hh, ww, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    seen = windows(x, hh, ww, stride)
    flat = seen.reshape(*seen.shape[:4], hh * ww)
    winner = flat.argmax(axis=-1)
    out = np.take_along_axis(flat, winner[..., None], axis=-1)[..., 0]
    return out, (winner, x.shape, hh, ww, stride)


def max_pool_backward_naive(dout, cache):
    winner, shape, hh, ww, stride = cache
    hot = (winner[..., None] == np.arange(hh * ww)).astype(float)
    dseen = (hot * dout[..., None]).reshape(*dout.shape, hh, ww)
    return spread(dseen, shape, 0, stride)


def per_channel(a):
    return a[None, :, None, None]


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    eps, keep = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    var = bn_param.get("running_var", np.zeros(x.shape[1]))
    if bn_param["mode"] == "train":
        now_mean, now_var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        bn_param["running_mean"] = keep * mean + (1 - keep) * now_mean
        bn_param["running_var"] = keep * var + (1 - keep) * now_var
        mean, var = now_mean, now_var
    sigma = np.sqrt(var + eps)
    hat = (x - per_channel(mean)) / per_channel(sigma)
    return per_channel(gamma) * hat + per_channel(beta), (hat, gamma, sigma)


def spatial_batchnorm_backward(dout, cache):
    hat, gamma, sigma = cache
    count = dout.size // dout.shape[1]
    dbeta = np.einsum("ncij->c", dout)
    dgamma = np.einsum("ncij,ncij->c", dout, hat)
    centred = dout - per_channel(dbeta) / count - hat * per_channel(dgamma) / count
    return per_channel(gamma / sigma) * centred, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    n, c, h, w = x.shape
    parts = np.split(x, G, axis=1)
    hats, sigmas = [], []
    for part in parts:
        mean = part.mean(axis=(1, 2, 3), keepdims=True)
        sigma = np.sqrt(part.var(axis=(1, 2, 3), keepdims=True) + gn_param.get("eps", 1e-5))
        hats.append((part - mean) / sigma)
        sigmas.append(sigma)
    hat = np.concatenate(hats, axis=1)
    return gamma * hat + beta, (hats, sigmas, gamma)


def spatial_groupnorm_backward(dout, cache):
    hats, sigmas, gamma = cache
    hat = np.concatenate(hats, axis=1)
    dgamma = (dout * hat).sum(axis=(0, 2, 3)).reshape(gamma.shape)
    dbeta = dout.sum(axis=(0, 2, 3)).reshape(gamma.shape)
    dparts = []
    for d, one, sigma in zip(np.split(dout * gamma, len(hats), axis=1), hats, sigmas):
        mean = d.mean(axis=(1, 2, 3), keepdims=True)
        along = (d * one).mean(axis=(1, 2, 3), keepdims=True)
        dparts.append((d - mean - one * along) / sigma)
    return np.concatenate(dparts, axis=1), dgamma, dbeta


def receptive_field(kernels, strides):
    jump = 1
    size = 1
    for k, s in zip(kernels, strides):
        size = size + jump * (k - 1)
        jump = jump * s
    return size, jump


class ThreeLayerConvNet:
    def __init__(self, input_dim, num_filters, filter_size, hidden_dim, num_classes, rng):
        c, h, w = input_dim
        self.conv = {"stride": 1, "pad": filter_size // 2}
        self.pool = {"pool_height": 2, "pool_width": 2, "stride": 2}
        shapes = [
            (num_filters, c, filter_size, filter_size),
            (num_filters * (h // 2) * (w // 2), hidden_dim),
            (hidden_dim, num_classes),
        ]
        ins = [c * filter_size * filter_size, shapes[1][0], hidden_dim]
        outs = [num_filters, hidden_dim, num_classes]
        self.params = {}
        for k in range(3):
            self.params[f"W{k + 1}"] = rng.standard_normal(shapes[k]) * np.sqrt(2 / ins[k])
            self.params[f"b{k + 1}"] = np.zeros(outs[k])

    def loss(self, X, y=None):
        p, n = self.params, len(X)
        maps, c1 = conv_forward_fast(X, p["W1"], p["b1"], self.conv)
        small, c2 = max_pool_forward_naive(np.maximum(maps, 0), self.pool)
        flat = small.reshape(n, -1)
        pre = flat @ p["W2"] + p["b2"]
        post = np.maximum(pre, 0)
        scores = post @ p["W3"] + p["b3"]
        if y is None:
            return scores
        top = scores.max(axis=1, keepdims=True)
        logs = scores - top - np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
        loss = -np.mean([logs[i, y[i]] for i in range(n)])
        d = np.exp(logs)
        d[np.arange(n), y] -= 1
        d = d / n
        grads = {"W3": post.T @ d, "b3": d.sum(axis=0)}
        d = (d @ p["W3"].T) * (pre > 0)
        grads["W2"], grads["b2"] = flat.T @ d, d.sum(axis=0)
        d = (d @ p["W2"].T).reshape(small.shape)
        d = max_pool_backward_naive(d, c2) * (maps > 0)
        _, grads["W1"], grads["b1"] = conv_backward_fast(d, c1)
        return loss, grads


def guided_relu_backward(dout, cache):
    passes = np.logical_and(cache > 0, dout > 0)
    return np.where(passes, dout, 0.0)


def occlusion(predict, X, y, order, k):
    blank = X.copy()
    for picture, best in zip(blank, order):
        picture.reshape(-1)[best[:k]] = 0
    guesses = np.argmax(predict(blank), axis=1)
    return np.mean(guesses == y)
