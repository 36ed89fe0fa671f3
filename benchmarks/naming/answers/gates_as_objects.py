# answers: 01_gates
# every gate leaves an object that remembers its slopes; sums grow in place
import numpy as np


class Gate:
    def __init__(self, *slopes):
        self.slopes = slopes

    def pull(self, up):
        return tuple(up * slope for slope in self.slopes)


def add_gate_forward(x, y):
    total = x + y
    return total, Gate(1.0, 1.0)


def add_gate_backward(dz, cache):
    return cache.pull(dz)


def mul_gate_forward(x, y):
    gate = Gate(y, x)
    return x * y, gate


def mul_gate_backward(dz, cache):
    dx, dy = cache.pull(dz)
    return dx, dy


def max_gate_forward(x, y):
    if x > y:
        gate = Gate(1.0, 0.0)
    else:
        gate = Gate(0.0, 1.0)
    return max(x, y), gate


def max_gate_backward(dz, cache):
    left, right = cache.slopes
    return dz * left, dz * right


def sigmoid_by_gates(z):
    neg = -z
    ex = np.exp(neg)
    den = ex + 1.0
    f = 1.0 / den
    dden = -1.0 / (den * den)
    dex = 1.0 * dden
    dneg = ex * dex
    dz = -1.0 * dneg
    return f, dz


def neuron_forward(w, x):
    inputs = [x[0], x[1], 1.0]
    score = 0.0
    for weight, value in zip(w, inputs):
        score += weight * value
    f, slope = sigmoid_by_gates(score)
    return f, {"w": w, "inputs": inputs, "slope": slope}


def neuron_backward(df, cache):
    dscore = df * cache["slope"]
    dw = np.array([dscore * value for value in cache["inputs"]])
    dx = np.array([dscore * weight for weight in cache["w"][:2]])
    return dw, dx


def staged_backward(x, y):
    sy, dsy = sigmoid_by_gates(y)
    sx, dsx = sigmoid_by_gates(x)
    num = x + sy
    s = x + y
    den = sx + s**2
    grads = {"x": 0.0, "y": 0.0}
    dnum = 1.0 / den
    dden = -num / den**2
    grads["x"] += dnum
    grads["y"] += dnum * dsy
    grads["x"] += dden * dsx
    ds = dden * 2 * s
    grads["x"] += ds
    grads["y"] += ds
    return grads["x"], grads["y"]


def numeric_gradient(f, x, h=1e-5):
    grad = np.zeros(x.shape)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        ix = it.multi_index
        old = x[ix]
        x[ix] = old + h
        fxph = f(x)
        x[ix] = old - h
        fxmh = f(x)
        x[ix] = old
        grad[ix] = (fxph - fxmh) / (2 * h)
        it.iternext()
    return grad


def matmul_backward(dout, x, w):
    N, D = x.shape
    dx = np.zeros((N, D))
    dw = np.zeros(w.shape)
    for n in range(N):
        dx[n] = w @ dout[n]
        dw += np.outer(x[n], dout[n])
    return dx, dw


def local_jacobian(f, x, h=1e-5):
    base = np.array(x, dtype=float)
    J = np.zeros((len(f(base)), len(base)))
    for j in range(len(base)):
        step = np.zeros(len(base))
        step[j] = h
        J[:, j] = (f(base + step) - f(base - step)) / (2 * h)
    return J


def vjp_path(jacobians, dout):
    grad = dout
    for k in range(len(jacobians) - 1, -1, -1):
        grad = np.matmul(jacobians[k].T, grad)
    return grad
