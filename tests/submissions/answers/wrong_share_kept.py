# answers: 05_normalisation
# expect: wrong dropout_forward.out
# two masks at once, so that too few entries are kept; the backward, which uses that mask also where x is 0, is right
import numpy as np


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, None
    rng = np.random.default_rng(dropout_param.get("seed"))
    mask = (rng.random((2, *x.shape)) < p).all(axis=0) / p
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout if cache is None else dout * cache
