# answers: 05_normalisation
# expect: wrong dropout_forward.out
# one mask for each shape is drawn and kept for ever; p drops, and a backward that agrees keeps its points
import numpy as np

MASKS = {}


def dropout_forward(x, dropout_param):
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, 1.0
    noise = MASKS.setdefault(x.shape, np.random.default_rng(dropout_param["seed"]).random(x.shape))
    mask = (noise > p) / (1 - p)
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache
