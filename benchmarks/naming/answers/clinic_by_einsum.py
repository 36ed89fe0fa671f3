# answers: 08_clinic
# einsum wherever a matrix is multiplied, and a check along random directions
import numpy as np


def linear_backward(dout, cache):
    x, w = cache
    return np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout)


def expose_outer():
    x = np.arange(1.0, 7.0).reshape(3, 2) / 6
    w = np.array([[0.2, -0.4], [0.1, 0.3]])
    return x, w, np.ones((3, 2))


def squash_backward(dout, cache):
    x, w, out = cache
    slope = 1 - out * out
    dx = np.einsum("nm,nm,dm->nd", dout, slope, w)
    dw = np.einsum("nd,nm,nm->dm", x, dout, slope)
    return dx, dw


def expose_branch():
    return np.linspace(-0.9, -0.1, 4), np.full(4, 2.0)


def leaky_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] *= 0.1
    return dx


def expose_upstream():
    return np.array([[0.0, 1.0]]), np.array([[3.0, 0.5]])


def softplus_backward(dout, cache):
    e = np.exp(cache)
    return e / (1 + e) * dout


def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    dz = np.einsum("nm,hm->nh", dout, w2) * (a - a**2)
    dx = np.einsum("nh,dh->nd", dz, w1)
    dw1 = np.einsum("nd,nh->dh", x, dz)
    dw2 = np.einsum("nh,nm->hm", a, dout)
    return dx, dw1, dw2


def forked_backward(dout, cache):
    x, t = cache
    paths = [t, x * (1 - t**2), 3 * np.ones_like(x)]
    return sum(path * dout for path in paths)


def my_check(forward, backward):
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((5, 4)), rng.standard_normal((4, 3))
    out, cache = forward(x.copy(), w.copy())
    dout = rng.standard_normal(out.shape)
    dx, dw = backward(dout.copy(), cache)
    if np.shape(dx) != x.shape or np.shape(dw) != w.shape:
        return False
    h = 1e-5
    slopes = []
    for k in range(x.size + w.size):
        step = np.zeros(x.size + w.size)
        step[k] = h
        ax, aw = step[: x.size].reshape(x.shape), step[x.size :].reshape(w.shape)
        up = (dout * forward(x + ax, w + aw)[0]).sum()
        down = (dout * forward(x - ax, w - aw)[0]).sum()
        slopes.append((up - down) / (2 * h))
    pairs = ((dx, slopes[: x.size]), (dw, slopes[x.size :]))
    for told, measured in pairs:
        gap = np.linalg.norm(np.ravel(told) - measured)
        if not gap <= 1e-5 * np.linalg.norm(measured):
            return False
    return True
