# answers: 07_autograd
# expect: right
# graphlib, pairs in lists, match, complex steps for forward mode
import numpy as np

import math, weakref
from graphlib import TopologicalSorter
class Value:
    __slots__ = ("data", "inputs", "op", "grad")
    def __init__(self, data, inputs=(), op=""):
        self.data, self.inputs, self.op, self.grad = data, inputs, op, 0.0
    @classmethod
    def _value(cls, other): return other if isinstance(other, cls) else cls(other)
    def __add__(self, o): o = self._value(o); return Value(self.data + o.data, ((self, 1.0), (o, 1.0)), "+")
    def __mul__(self, o): o = self._value(o); return Value(self.data * o.data, [(self, o.data), (o, self.data)], "*")
    def __pow__(self, n): return Value(self.data ** n, ((self, n * self.data ** (n - 1)),), "**")
    def exp(self): e = math.exp(self.data); return Value(np.float64(e), ((self, e),))
    def tanh(self): t = np.tanh(self.data); return Value(t, ((self, 1 - t * t),))
    def relu(self): return Value(max(self.data, 0), ((self, float(self.data > 0)),))
    def backward(self):
        nodes, todo = {id(self): self}, [self]
        graph = {}
        while todo:
            n = todo.pop(); graph[id(n)] = {id(i) for i, _ in n.inputs}
            for i, _ in n.inputs:
                if id(i) not in nodes: nodes[id(i)] = i; todo.append(i)
        order = list(TopologicalSorter(graph).static_order())
        for k in order: nodes[k].grad = 0.0
        self.grad = 1.0
        for k in reversed(order):
            for i, s in nodes[k].inputs: i.grad += s * nodes[k].grad
    __radd__ = __add__
    __rmul__ = __mul__
    def __neg__(self): return self * -1
    def __sub__(self, o): return self + -self._value(o)
    def __rsub__(self, o): return -self + o
def run_tape(tape, x):
    slots = [Value(float(v)) for v in x]
    for entry in tape:
        match entry:
            case ("add", i, j): slots.append(slots[i] + slots[j])
            case ("mul", i, j): slots.append(slots[i] * slots[j])
            case ("tanh", i): slots.append(slots[i].tanh())
    slots[-1].backward()
    return slots[-1].data, [s.grad for s in slots[:len(x)]]
class Dual(complex): pass
def forward_mode(tape, x, v):
    e = 1e-25
    s = list(x + 1j * e * v)
    for op, *a in tape:
        s += [{"add": lambda: s[a[0]] + s[a[1]], "mul": lambda: s[a[0]] * s[a[1]], "tanh": lambda: np.tanh(s[a[0]])}[op]()]
    return s[-1].real, s[-1].imag / e
answer_forward_runs = 1_000
answer_sweeps = int("10")
