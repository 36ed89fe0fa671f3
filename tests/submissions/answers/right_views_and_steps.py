# answers: 01_gates
# expect: right
# memoised gates, a named tuple, complex steps, a gradient in Fortran order
import numpy as np

from typing import NamedTuple
import operator, functools
class Seen(NamedTuple):
    x: float
    y: float
def memo(f):
    store = {}
    @functools.wraps(f)
    def g(*args):
        if args not in store:
            store[args] = f(*args)
        return store[args]
    return g
@memo
def add_gate_forward(x, y): return sum((x, y)), None
add_gate_backward = lambda dz, cache=None: (dz,) * 2
@memo
def mul_gate_forward(x, y): return operator.mul(x, y), Seen(x, y)
def mul_gate_backward(dz, cache): return dz * cache.y, dz * cache.x
def max_gate_forward(x, y):
    z = max(x, y); return z, (z == x, z != x)
def max_gate_backward(dz, cache):
    dx, dy = map(dz.__mul__, cache); return dx, dy
def sigmoid_by_gates(z, log=[]):
    log.append(z)
    f = np.reciprocal(1 + np.exp(-log.pop())); return [f, (1 - f) * f]
class Neuron:
    def __call__(self, w, x):
        *self.w, b = w
        self.x = x
        self.f = (1 + np.tanh((np.dot(self.w, x) + b) / 2)) / 2
        return self.f, self
    def back(self, df):
        d = df * self.f * (1 - self.f)
        return np.r_[d * self.x, d], d * np.asarray(self.w)
def neuron_forward(w, x): return Neuron()(w, x)
neuron_backward = lambda df, cache: Neuron.back(cache, df)
def staged_backward(x, y):
    def f(x, y):
        s = lambda t: 1 / (1 + np.exp(-t))
        return (x + s(y)) / (s(x) + (x + y) ** 2)
    e = 1e-30
    return f(x + 1j * e, y).imag / e, f(x, y + 1j * e).imag / e
def numeric_gradient(f, x, h=1e-5):
    g = np.empty(x.shape, order="F")
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    for e in it:
        v = float(e)
        e[...] = v + h; a = f(x)
        e[...] = v - h; b = f(x)
        e[...] = v
        g[it.multi_index] = (a - b) / 2 / h
    return g
def matmul_backward(dout, x, w):
    return (np.tensordot(dout, w, axes=(1, 1)), np.apply_along_axis(lambda c: c @ dout, 0, x).T)
answer_force = np.float32(0.0) + 0.08
