# answers: 05_normalisation
# long names, one operation a line, everything kept by name
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    epsilon = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    count, features = x.shape
    running_mean = bn_param.get("running_mean", np.zeros(features))
    running_var = bn_param.get("running_var", np.zeros(features))
    kept = {}
    if mode == "train":
        mean = x.sum(axis=0) / count
        deviation = x - mean
        variance = (deviation**2).sum(axis=0) / count
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * variance
    else:
        deviation = x - running_mean
        variance = running_var
    root = np.sqrt(variance + epsilon)
    normalised = deviation / root
    out = gamma * normalised + beta
    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    kept.update(normalised=normalised, root=root, gamma=gamma, deviation=deviation)
    return out, kept


def batchnorm_backward(dout, cache):
    count = dout.shape[0]
    deviation, root = cache["deviation"], cache["root"]
    dbeta = dout.sum(axis=0)
    dgamma = (dout * cache["normalised"]).sum(axis=0)
    dnormalised = dout * cache["gamma"]
    dvariance = (dnormalised * deviation).sum(axis=0)
    dvariance = dvariance * (-0.5) / root**3
    dmean = -dnormalised.sum(axis=0) / root
    dx = dnormalised / root
    dx = dx + dvariance * 2 * deviation / count
    dx = dx + dmean / count
    return dx, dgamma, dbeta


def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    rng = np.random.default_rng(dropout_param.get("seed"))
    if mode == "test":
        return x, (dropout_param, None)
    keep = rng.random(x.shape) < p
    return x * keep / p, (dropout_param, keep)


def dropout_backward(dout, cache):
    dropout_param, keep = cache
    if dropout_param["mode"] == "test":
        return dout
    return dout * keep / dropout_param["p"]
