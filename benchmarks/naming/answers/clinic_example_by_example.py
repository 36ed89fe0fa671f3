# answers: 08_clinic
# examples one at a time; a check with copies for each side
import numpy as np


def linear_backward(dout, cache):
    x, w = cache
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for n in range(len(x)):
        dx[n] = np.dot(w, dout[n])
        dw += np.outer(x[n], dout[n])
    return dx, dw


def expose_outer():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 2))
    w = rng.normal(size=(2, 2))
    dout = rng.normal(size=(3, 2))
    return x, w, dout


def squash_backward(dout, cache):
    x, w, out = cache
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for n in range(x.shape[0]):
        dz = dout[n] * (1 - out[n] ** 2)
        dw += np.outer(x[n], dz)
        dx[n] = np.dot(w, dz)
    return dx, dw


def expose_branch():
    x = np.array([2.0, -0.25, -0.75, -3.0])
    dout = np.array([1.0, -2.0, 0.5, 1.5])
    return x, dout


def leaky_backward(dout, cache):
    dx = np.zeros(dout.shape)
    for i in range(cache.size):
        if cache.flat[i] > 0:
            dx.flat[i] = dout.flat[i]
        else:
            dx.flat[i] = 0.1 * dout.flat[i]
    return dx


def expose_upstream():
    x = np.linspace(-1.0, 1.0, 4)
    dout = np.array([0.5, -1.0, 2.0, 3.0])
    return x, dout


def softplus_backward(dout, cache):
    bottom = 1 + np.exp(-cache)
    return dout / bottom


def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    dx = np.zeros(x.shape)
    dw1 = np.zeros(w1.shape)
    dw2 = np.zeros(w2.shape)
    for n in range(x.shape[0]):
        dw2 += np.outer(a[n], dout[n])
        da = np.dot(w2, dout[n])
        dh = da * a[n] * (1 - a[n])
        dw1 += np.outer(x[n], dh)
        dx[n] = np.dot(w1, dh)
    return dx, dw1, dw2


def forked_backward(dout, cache):
    x, t = cache
    slope = t + x * (1 - t**2)
    slope += 3
    return dout * slope


def measured_slope(forward, arrays, k, up, h=1e-5):
    numeric = np.zeros(arrays[k].shape)
    for ix in np.ndindex(*numeric.shape):
        plus = [a.copy() for a in arrays]
        minus = [a.copy() for a in arrays]
        plus[k][ix] += h
        minus[k][ix] -= h
        high = np.sum(forward(*plus)[0] * up)
        low = np.sum(forward(*minus)[0] * up)
        numeric[ix] = (high - low) / (2 * h)
    return numeric


def my_check(forward, backward):
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=(5, 4)), rng.normal(size=(4, 3))]
    out, cache = forward(*[a.copy() for a in arrays])
    up = rng.normal(size=out.shape)
    found = backward(up.copy(), cache)
    for k in range(2):
        numeric = measured_slope(forward, arrays, k, up)
        mine = np.asarray(found[k])
        if mine.shape != numeric.shape:
            return False
        error = np.max(np.abs(mine - numeric))
        scale = np.max(np.abs(mine)) + np.max(np.abs(numeric))
        if np.isnan(error) or error > 1e-5 * scale + 1e-12:
            return False
    return True
