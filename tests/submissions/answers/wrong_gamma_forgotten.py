# answers: 05_normalisation
# expect: wrong batchnorm_backward.dx batchnorm_backward_alt.dx dropout_backward.dx
# gamma is forgotten on the way back; a mask that is drawn again from its seed, where there is one
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param["eps"], bn_param["momentum"]
    if bn_param["mode"] == "test":
        xhat = (x - bn_param["running_mean"]) / np.sqrt(bn_param["running_var"] + eps)
        return gamma * xhat + beta, None
    mean, var = x.mean(axis=0), x.var(axis=0)
    xhat = (x - mean) / np.sqrt(var + eps)
    bn_param["running_mean"] = momentum * bn_param["running_mean"] + (1 - momentum) * mean
    bn_param["running_var"] = momentum * bn_param["running_var"] + (1 - momentum) * var
    return gamma * xhat + beta, (xhat, np.sqrt(var + eps))


def batchnorm_backward(dout, cache):
    xhat, std = cache
    dx = (dout - dout.mean(axis=0) - xhat * (dout * xhat).mean(axis=0)) / std
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def batchnorm_backward_alt(dout, cache):
    return batchnorm_backward(dout, cache)


def dropout_forward(x, dropout_param):
    p, seed = dropout_param["p"], dropout_param.get("seed")
    if dropout_param["mode"] == "test":
        return x, None
    return x * (np.random.default_rng(seed).random(x.shape) < p) / p, (p, seed)


def dropout_backward(dout, cache):
    if cache is None:
        return dout
    p, seed = cache
    return dout * (np.random.default_rng(seed).random(dout.shape) < p) / p
