# answers: 05_normalisation
# expect: wrong batchnorm_forward.out batchnorm_forward.running_mean batchnorm_forward.running_var batchnorm_backward.dx batchnorm_backward_alt.dx batchnorm_backward_alt.dgamma
# no gamma at test time; statistics never stored; eps lost in the backward; dbeta in dgamma's place of a mean
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param["eps"], bn_param["momentum"]
    if bn_param["mode"] == "train":
        mean, var = x.mean(0), x.var(0)
        xhat = (x - mean) / np.sqrt(var + eps)
        running_mean = momentum * bn_param["running_mean"] + (1 - momentum) * mean
        running_var = momentum * bn_param["running_var"] + (1 - momentum) * var
        return gamma * xhat + beta, (xhat, x - mean, gamma, eps)
    xhat = (x - bn_param["running_mean"]) / np.sqrt(bn_param["running_var"] + eps)
    return xhat, None


def batchnorm_backward(dout, cache):
    xhat, centred, gamma, _ = cache
    inv = xhat / np.where(centred == 0, 1, centred)
    inv = 1 / np.sqrt((centred**2).mean(0) + 1e-5)
    d = dout * gamma
    dx = (d - d.mean(0) - xhat * (d * xhat).mean(0)) * inv
    return dx, (dout * xhat).sum(0), dout.sum(0)


def batchnorm_backward_alt(dout, cache):
    xhat, centred, gamma, eps = cache
    d = dout * gamma
    dx = d / np.sqrt((centred**2).mean(0) + eps)
    return dx, (dout * xhat).mean(0), dout.sum(0)
