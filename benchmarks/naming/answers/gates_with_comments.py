# answers: 01_gates
# inputs as tuples in the cache, a comment for each step, functions within functions, rows stacked at the end
import numpy as np


def add_gate_forward(x, y):
    z = np.add(x, y)
    return z, (x, y)


def add_gate_backward(dz, cache):
    # addition hands its gradient to both inputs
    dx, dy = 1 * dz, 1 * dz
    return dx, dy


def mul_gate_forward(x, y):
    z = np.multiply(x, y)
    return z, (x, y)


def mul_gate_backward(dz, cache):
    # the inputs swap
    x, y = cache
    dx = dz * y
    dy = dz * x
    return dx, dy


def max_gate_forward(x, y):
    z = max(x, y)
    return z, (x, y)


def max_gate_backward(dz, cache):
    x, y = cache
    dx, dy = 0.0, 0.0
    # only the larger one gets the gradient
    if x >= y:
        dx = dz
    else:
        dy = dz
    return dx, dy


def sigmoid_by_gates(z):
    # forward: z -> -z -> exp(-z) -> 1 + exp(-z) -> 1 / (1 + exp(-z))
    a, cache_a = mul_gate_forward(-1.0, z)
    e = np.exp(a)
    s, cache_s = add_gate_forward(1.0, e)
    f = s**-1
    # backward
    ds = -1 * s**-2
    _, de = add_gate_backward(ds, cache_s)
    da = np.exp(a) * de
    _, dz = mul_gate_backward(da, cache_a)
    return f, dz


def neuron_forward(w, x):
    s = w[2]
    for i in range(2):
        s = s + w[i] * x[i]
    f = 1.0 / (1.0 + np.exp(-s))
    cache = (w, x, f)
    return f, cache


def neuron_backward(df, cache):
    w, x, f = cache
    ds = df * f * (1 - f)
    dw = np.zeros(3)
    dx = np.zeros(2)
    for i in range(2):
        dw[i] = x[i] * ds
        dx[i] = w[i] * ds
    # the bias
    dw[2] = ds
    return dw, dx


def staged_backward(x, y):
    def sig(a):
        return 1.0 / (1.0 + np.exp(-a))

    def dsig(a):
        return sig(a) * (1.0 - sig(a))

    num = x + sig(y)
    xpy = x + y
    den = sig(x) + xpy**2
    inv = 1.0 / den
    # f = num * inv
    dnum = inv
    dinv = num
    dden = -dinv * inv**2
    dxpy = 2 * xpy * dden
    dx = dnum
    dx = dx + dsig(x) * dden
    dx = dx + dxpy
    dy = dnum * dsig(y)
    dy = dy + dxpy
    return dx, dy


def numeric_gradient(f, x, h=1e-5):
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        ix = it.multi_index
        old = x[ix]
        x[ix] = old + h
        fp = f(x)
        x[ix] = old - h
        fm = f(x)
        x[ix] = old  # put it back
        grad[ix] = (fp - fm) / (2 * h)
        it.iternext()
    return grad


def matmul_backward(dout, x, w):
    dx = np.einsum("nc,dc->nd", dout, w)
    dw = np.einsum("nd,nc->dc", x, dout)
    return dx, dw


def local_jacobian(f, x, h=1e-5):
    columns = []
    for e in np.eye(len(x)):
        slope = (f(x + h * e) - f(x - h * e)) / (2 * h)
        columns.append(slope)
    return np.stack(columns, axis=1)


def vjp_path(jacobians, dout):
    grad = dout
    for J in reversed(jacobians):
        grad = J.T @ grad
    return grad
