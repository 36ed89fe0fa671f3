# answers: 08_clinic
# the cards mended one operation a line
import numpy as np


def linear_backward(dout, cache):
    x, w = cache
    dw = np.dot(x.T, dout)
    dx = np.dot(dout, w.T)
    return dx, dw


def squash_backward(dout, cache):
    x, w, out = cache
    slope = 1 - out * out
    dz = slope * dout
    dw = np.zeros(w.shape)
    for n in range(len(x)):
        dw += np.outer(x[n], dz[n])
    return np.dot(dz, w.T), dw


def leaky_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] *= 0.1
    return dx


def softplus_backward(dout, cache):
    e = np.exp(cache)
    return dout * e / (1 + e)


def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    dw2 = np.dot(a.T, dout)
    da = np.dot(dout, w2.T)
    dz = a * (1 - a) * da
    dw1 = np.dot(x.T, dz)
    dx = np.dot(dz, w1.T)
    return dx, dw1, dw2


def forked_backward(dout, cache):
    x, t = cache
    dproduct = dout
    dt = dproduct * x
    through_product = dproduct * t
    through_tanh = dt * (1 - t * t)
    direct = 3 * dout
    return through_product + through_tanh + direct
