# answers: 08_clinic
# outer products by broadcasting, slopes by logarithms, gradients checked along random directions
import numpy as np


def linear_backward(dout, cache):
    left, right = cache
    dw = (left[:, :, None] * dout[:, None, :]).sum(axis=0)
    dx = np.tensordot(dout, right, axes=(1, 1))
    return dx, dw


def expose_outer():
    x = np.arange(6.0).reshape(2, 3) / 10
    w = np.full((3, 2), 0.2)
    dout = np.ones((2, 2))
    return x, w, dout


def squash_backward(dout, cache):
    x, w, out = cache
    dz = dout - dout * np.square(out)
    dx = np.tensordot(dz, w, axes=(1, 1))
    dw = (x[:, :, None] * dz[:, None, :]).sum(axis=0)
    return dx, dw


def expose_branch():
    x = np.linspace(-0.9, -0.1, 4)
    return x, np.ones_like(x)


def leaky_backward(dout, cache):
    low = np.less_equal(cache, 0)
    dx = np.array(dout, dtype=float)
    dx[low] *= 0.1
    return dx


def expose_upstream():
    x = np.zeros(3)
    dout = np.array([2.0, 0.5, -1.0])
    return x, dout


def softplus_backward(dout, cache):
    log_slope = -np.logaddexp(0, -cache)
    return dout * np.exp(log_slope)


def two_layer_backward(dout, cache):
    x, first, second, act = cache
    dact = np.tensordot(dout, second, axes=(1, 1))
    dpre = dact * (act - act * act)
    dfirst = (x[:, :, None] * dpre[:, None, :]).sum(axis=0)
    dsecond = (act[:, :, None] * dout[:, None, :]).sum(axis=0)
    dx = np.tensordot(dpre, first, axes=(1, 1))
    return dx, dfirst, dsecond


def forked_backward(dout, cache):
    x, t = cache
    by_product = t + x * (1 - t * t)
    branches = [by_product, 3 * np.ones_like(x)]
    return dout * np.sum(branches, axis=0)


def along(forward, args, which, way, up):
    ends = []
    for h in (1e-5, -1e-5):
        moved = [a.copy() for a in args]
        moved[which] += h * way
        ends.append(np.sum(up * forward(*moved)[0]))
    return (ends[0] - ends[1]) / 2e-5


def my_check(forward, backward):
    rng = np.random.default_rng(3)
    args = [rng.normal(size=(5, 4)), rng.normal(size=(4, 3))]
    out, cache = forward(*[a.copy() for a in args])
    up = rng.normal(size=out.shape)
    grads = backward(up.copy(), cache)
    for which, grad in enumerate(grads):
        if np.shape(grad) != args[which].shape:
            return False
        for _ in range(10):
            way = rng.normal(size=args[which].shape)
            claimed = np.sum(grad * way)
            measured = along(forward, args, which, way, up)
            room = 1e-6 * np.linalg.norm(grad) * np.linalg.norm(way)
            if not abs(claimed - measured) <= room + 1e-9:
                return False
    return True
