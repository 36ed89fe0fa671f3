# answers: 02_layers
# expect: right
# np.matrix, masked arrays, longdouble, generators and locks as caches, read-only and Fortran results
import functools
import threading
import warnings

import numpy as np

np.seterr(all="raise")


def affine_forward(x, w, b):
    def answer():
        dout = yield
        X = np.matrix(x.reshape(len(x), -1))
        yield (dout @ w.T).reshape(x.shape), X.T * np.matrix(dout), np.add.reduce(dout)

    cache = {"lock": threading.Lock(), "answer": answer()}
    next(cache["answer"])
    out = np.asfortranarray(x.reshape(len(x), -1) @ w + b)
    out.flags.writeable = False
    return out, cache


def affine_backward(dout, cache):
    with cache["lock"]:
        return cache["answer"].send(dout)


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("entering", function.__name__)
        return function(*args, **kwargs)

    return wrapper


def leaky(slope, x):
    return np.where(x > 0, x, slope * x), np.ma.masked_less_equal(x, 0)


relu_forward = functools.partial(leaky, 0.0)


@logged
def relu_backward(dout, cache, *, slope=1.0):
    return np.ma.array(slope * dout, mask=np.ma.getmaskarray(cache)).filled(0)


def sigmoid_forward(x):
    old = np.seterr(over="ignore", under="ignore")
    warnings.warn("about to exponentiate", stacklevel=2)
    np.random.seed(0)
    try:
        out = 1 / (1 + np.exp(-x.astype(np.longdouble)))
    finally:
        np.seterr(**old)
    return out, out


def sigmoid_backward(dout, cache):
    return dout * cache * (1 - cache)


def tanh_forward(x):
    out = np.tanh(x).tolist()
    return out, out


def tanh_backward(dout, cache):
    pairs = zip(dout.ravel().tolist(), np.ravel(cache).tolist())
    return np.reshape([d * (1 - t * t) for d, t in pairs], dout.shape).tolist()


def softmax_loss(x, y):
    lse = np.logaddexp.reduce(x, axis=1)
    loss = (lse - x[range(len(y)), y]).mean()
    with np.errstate(under="ignore"):
        dx = np.exp(x - lse[:, None])
    np.subtract.at(dx, (np.arange(len(y)), y), 1)
    return [np.array(loss), dx / len(y)]


def mse_loss(x, y):
    gap = (x - y).ravel()
    return [gap @ gap / gap.size], ((2 / gap.size) * gap).reshape(x.shape)
