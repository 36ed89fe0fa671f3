# answers: 05_normalisation
# expect: wrong dropout_forward.out
# the right share is kept, but always the same entries: the first rows
import numpy as np


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, 1.0
    mask = (np.arange(x.size) < p * x.size).reshape(x.shape) / p
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache
