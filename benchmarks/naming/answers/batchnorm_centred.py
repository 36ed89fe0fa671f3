# answers: 05_normalisation
# batch norm by way of the inverse deviation, backward through centred gradients
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    eps, momentum = bn_param["eps"], bn_param["momentum"]
    if bn_param["mode"] == "train":
        mean = np.mean(x, axis=0)
        var = np.var(x, axis=0)
        old_mean, old_var = bn_param["running_mean"], bn_param["running_var"]
        bn_param["running_mean"] = old_mean * momentum + mean * (1 - momentum)
        bn_param["running_var"] = old_var * momentum + var * (1 - momentum)
    else:
        mean = bn_param["running_mean"]
        var = bn_param["running_var"]
    inv = 1 / np.sqrt(var + eps)
    normed = (x - mean) * inv
    out = normed * gamma + beta
    return out, (normed, inv, gamma)


def batchnorm_backward(dout, cache):
    normed, inv, gamma = cache
    dgamma = np.sum(normed * dout, axis=0)
    dbeta = np.sum(dout, axis=0)
    dnormed = gamma * dout
    centred = dnormed - np.mean(dnormed, axis=0)
    projected = normed * np.mean(dnormed * normed, axis=0)
    dx = inv * (centred - projected)
    return dx, dgamma, dbeta
