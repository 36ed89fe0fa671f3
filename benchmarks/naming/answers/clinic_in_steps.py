# answers: 08_clinic
# gradients in small named steps, loops over examples and entries, a numeric gradient for the check
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
    x = np.eye(3)
    w = 0.5 * np.ones((3, 2))
    dout = np.ones((3, 2))
    return x, w, dout


def squash_backward(dout, cache):
    x, w, out = cache
    slope = (1 - out) * (1 + out)
    dz = slope * dout
    dx = np.dot(dz, w.T)
    dw = np.dot(x.T, dz)
    return dx, dw


def expose_branch():
    x = np.array([[2.0, -0.5], [-0.25, -3.0]])
    dout = np.full((2, 2), 3.0)
    return x, dout


def leaky_backward(dout, cache):
    dx = np.zeros(cache.shape)
    for place, value in np.ndenumerate(cache):
        if value > 0:
            dx[place] = dout[place]
        else:
            dx[place] = 0.1 * dout[place]
    return dx


def expose_upstream():
    x = np.array([[0.0, 1.0, -1.0]])
    dout = 3.0 * np.ones((1, 3))
    return x, dout


def softplus_backward(dout, cache):
    half = np.tanh(cache / 2)
    slope = (half + 1) / 2
    dx = slope * dout
    return dx


def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    dw2 = np.dot(a.T, dout)
    da = np.dot(dout, w2.T)
    slope = a * (1 - a)
    dh = slope * da
    dw1 = np.dot(x.T, dh)
    dx = np.dot(dh, w1.T)
    return dx, dw1, dw2


def forked_backward(dout, cache):
    x, t = cache
    dx = 3 * dout
    dx += dout * t
    dt = dout * x
    dx += dt * (1 - t**2)
    return dx


def slope_at(f, array, place, h=1e-5):
    kept = array[place]
    array[place] = kept + h
    up = f()
    array[place] = kept - h
    down = f()
    array[place] = kept
    return (up - down) / (2 * h)


def my_check(forward, backward):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 3))
    w = rng.standard_normal((3, 4))
    out, cache = forward(x.copy(), w.copy())
    dout = rng.standard_normal(out.shape)
    dx, dw = backward(dout.copy(), cache)

    def total():
        return np.sum(forward(x.copy(), w.copy())[0] * dout)

    for array, claimed in ((x, dx), (w, dw)):
        if np.shape(claimed) != array.shape:
            return False
        measured = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            measured[place] = slope_at(total, array, place)
        size = np.max(np.abs(measured)) + np.max(np.abs(claimed))
        gap = np.max(np.abs(measured - claimed))
        if np.isnan(gap) or gap > 1e-6 * size + 1e-9:
            return False
    return True
