# answers: 08_clinic
# derivatives noted before they are used; a check entry by entry
import numpy as np


def linear_backward(dout, cache):
    x, w = cache
    return dout.dot(w.T), x.T.dot(dout)


def squash_backward(dout, cache):
    x, w, out = cache
    dtanh = 1 - out**2
    dz = dout * dtanh
    return dz.dot(w.T), x.T.dot(dz)


def leaky_backward(dout, cache):
    positive = cache > 0
    return dout * positive + 0.1 * dout * (1 - positive)


def softplus_backward(dout, cache):
    return dout / (1 + np.exp(-cache))


def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    da = dout.dot(w2.T)
    dsigmoid = a - a**2
    dh = da * dsigmoid
    return dh.dot(w1.T), x.T.dot(dh), a.T.dot(dout)


def forked_backward(dout, cache):
    x, t = cache
    dt_dx = 1 - t**2
    return dout * (t + x * dt_dx + 3)


def expose_upstream():
    return np.array([0.3, 1.2]), np.array([-2.0, 3.0])


def my_check(forward, backward):
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    out, cache = forward(x.copy(), w.copy())
    dout = rng.normal(size=out.shape)
    grads = backward(dout.copy(), cache)

    def total():
        return np.sum(forward(x.copy(), w.copy())[0] * dout)

    for array, grad in zip([x, w], grads):
        if np.shape(grad) != array.shape:
            return False
        slopes = np.zeros(array.shape)
        for at in np.ndindex(*array.shape):
            array[at] += 1e-5
            up = total()
            array[at] -= 2e-5
            down = total()
            array[at] += 1e-5
            slopes[at] = (up - down) / 2e-5
        size = np.linalg.norm(grad) + np.linalg.norm(slopes)
        if not np.linalg.norm(grad - slopes) <= 1e-5 * size + 1e-12:
            return False
    return True
