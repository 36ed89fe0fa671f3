# answers: 08_clinic
# caches unpacked first, sums of products written out, np.where for branches, a check that counts wrong gradients
import numpy as np


def linear_backward(dout, cache):
    x, w = cache
    N, D = x.shape
    M = w.shape[1]
    dx = np.zeros((N, D))
    dw = np.zeros((D, M))
    for d in range(D):
        for m in range(M):
            dx[:, d] += dout[:, m] * w[d, m]
            dw[d, m] = np.sum(x[:, d] * dout[:, m])
    return dx, dw


def expose_outer():
    x = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]])
    w = np.array([[1.0, -1.0], [2.0, 0.5], [0.0, 1.0]])
    dout = np.array([[1.0, 2.0], [3.0, -1.0]])
    return x, w, dout


def squash_backward(dout, cache):
    x, w, out = cache
    dz = dout - dout * out**2
    dw = x.T @ dz
    dx = dz @ w.T
    return dx, dw


def expose_branch():
    x = np.array([[1.0, -0.4, 2.0], [-0.3, -2.0, 0.5]])
    dout = np.array([[1.0, 2.0, -1.0], [4.0, 1.0, 1.0]])
    return x, dout


def leaky_backward(dout, cache):
    x = cache
    slope = np.where(x > 0, 1.0, 0.1)
    dx = slope * dout
    return dx


def expose_upstream():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    dout = np.array([[2.0, -1.0], [0.5, 4.0]])
    return x, dout


def softplus_backward(dout, cache):
    x = cache
    e = np.exp(-np.abs(x))
    sig = np.where(x > 0, 1 / (1 + e), e / (1 + e))
    return dout * sig


def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    da = dout @ w2.T
    dw2 = a.T @ dout
    dz = da * a * (1 - a)
    dw1 = x.T @ dz
    dx = dz @ w1.T
    return dx, dw1, dw2


def forked_backward(dout, cache):
    x, t = cache
    # three uses of x
    direct = 3 * dout
    product = t * dout
    through_t = x * (1 - t**2) * dout
    dx = direct + product + through_t
    return dx


def my_check(forward, backward):
    rng = np.random.default_rng(7)
    x = rng.standard_normal((4, 3))
    w = rng.standard_normal((3, 5))
    out, cache = forward(x.copy(), w.copy())
    r = rng.standard_normal(out.shape)
    dx, dw = backward(r.copy(), cache)
    h = 1e-5
    wrong = 0
    for arr, grad in [(x, dx), (w, dw)]:
        if grad.shape != arr.shape:
            return False
        num = np.zeros(arr.shape)
        for ix in np.ndindex(*arr.shape):
            old = arr[ix]
            arr[ix] = old + h
            plus, _ = forward(x.copy(), w.copy())
            arr[ix] = old - h
            minus, _ = forward(x.copy(), w.copy())
            arr[ix] = old
            num[ix] = np.sum(r * (plus - minus)) / (2 * h)
        error = np.max(np.abs(num - grad))
        scale = np.max(np.abs(num)) + np.max(np.abs(grad))
        if not error <= 1e-6 * scale + 1e-9:
            wrong += 1
    return wrong == 0
