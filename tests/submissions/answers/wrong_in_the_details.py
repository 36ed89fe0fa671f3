# answers: 05_normalisation
# expect: wrong batchnorm_forward.running_mean batchnorm_forward.running_var batchnorm_backward.dx batchnorm_backward.dgamma batchnorm_backward.dbeta groupnorm_forward.out groupnorm_backward.dx groupnorm_backward.dgamma dropout_backward.dx
# updated at test time; eps of its own in backward, gradients swapped; groups of two; a mask drawn anew
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, m = bn_param["eps"], bn_param["momentum"]
    mu, var = x.mean(0), x.var(0)
    centre, spread = mu, var
    if bn_param["mode"] == "test":
        centre, spread = bn_param["running_mean"], bn_param["running_var"]
    xhat = (x - centre) / np.sqrt(spread + eps)
    bn_param["running_mean"] = m * bn_param["running_mean"] + (1 - m) * mu
    bn_param["running_var"] = m * bn_param["running_var"] + (1 - m) * var
    return gamma * xhat + beta, (xhat, gamma, var)


def batchnorm_backward(dout, cache):
    xhat, gamma, var = cache
    d = dout * gamma
    dx = (d - d.mean(0) - xhat * (d * xhat).mean(0)) / np.sqrt(var + 1e-5)
    return dx, dout.sum(0), (dout * xhat).sum(0)


def groupnorm_forward(x, gamma, beta, gn_param):
    rows = x.reshape(len(x), 2, -1)
    std = np.sqrt(rows.var(axis=2, keepdims=True) + gn_param["eps"])
    xhat = ((rows - rows.mean(axis=2, keepdims=True)) / std).reshape(x.shape)
    return gamma[:, None, None] * xhat + beta[:, None, None], (xhat, gamma, std)


def groupnorm_backward(dout, cache):
    xhat, gamma, std = cache
    shape = len(dout), 2, -1
    hat, d = xhat.reshape(shape), (dout * gamma[:, None, None]).reshape(shape)
    along = (d * hat).mean(axis=2, keepdims=True)
    dx = (d - d.mean(axis=2, keepdims=True) - hat * along) / std
    return dx.reshape(dout.shape), (dout * xhat).sum((0, 2, 3)), dout.sum((0, 2, 3))


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] != "train":
        return x, None
    return x * (np.random.rand(*x.shape) < p) / p, p


def dropout_backward(dout, p):
    return dout if p is None else dout * (np.random.rand(*dout.shape) < p) / p
