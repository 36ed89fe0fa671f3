# answers: 05_normalisation
# expect: right
# statistics updated in place, x normalised in place
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    m = bn_param["momentum"]
    if bn_param["mode"] == "train":
        mean, var = x.mean(0), x.var(0)
        bn_param["running_mean"] *= m
        bn_param["running_mean"] += (1 - m) * mean
        bn_param["running_var"][:] = m * bn_param["running_var"] + (1 - m) * var
    elif bn_param["mode"] == "test":
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    else:
        raise ValueError
    std = (var + bn_param["eps"]) ** 0.5
    x -= mean
    x /= std
    cache = dict(xn=x, g=gamma, std=std)
    return x * gamma + beta, cache


def batchnorm_backward(dout, cache):
    xn, g, std = cache["xn"], cache["g"], cache["std"]
    dg = (dout * xn).sum(axis=0)
    db = dout.sum(axis=0)
    dout *= g
    dx = (dout - dout.mean(0) - xn * (dout * xn).mean(0)) / std
    return [dx, dg, db]


batchnorm_backward_alt = batchnorm_backward
