# answers: 02_layers
# expect: wrong affine_backward.db relu_backward.dx
# db is averaged over the batch; the mask of ReLU is taken from dout
import numpy as np


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = dout.mean(axis=0)
    return dx, dw, db


def affine_forward(x, w, b):
    return x.reshape(x.shape[0], -1).dot(w) + b, (x, w, b)


def relu_forward(x):
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    return dout * (dout > 0)
