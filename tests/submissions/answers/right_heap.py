# answers: 07_autograd
# expect: right
# a counter and a heap in place of a topological sort
import numpy as np

import heapq, itertools
class Value:
    count = itertools.count()
    def __init__(self, data, inputs=(), op=""):
        self.data, self.inputs, self.op, self.grad, self.n = data, tuple(inputs), op, 0.0, next(Value.count)
    @staticmethod
    def _value(o): return o if isinstance(o, Value) else Value(o)
    def __add__(self, o): o = self._value(o); return Value(self.data + o.data, ((self, 1), (o, 1)))
    def __mul__(self, o): o = self._value(o); return Value(self.data * o.data, ((self, o.data), (o, self.data)))
    def __pow__(self, n): return Value(self.data ** n, ((self, n * self.data ** (n - 1)),))
    def exp(self): return Value(np.exp(self.data), ((self, np.exp(self.data)),))
    def tanh(self): return Value(np.tanh(self.data), ((self, np.cosh(self.data) ** -2.0),))
    def relu(self): return Value(self.data * (self.data > 0), ((self, 1.0 * (self.data > 0)),))
    def backward(self):
        heap, grads, seen = [(-self.n, self)], {self: 1.0}, set()
        while heap:
            _, node = heapq.heappop(heap)
            if node in seen: continue
            seen.add(node); node.grad = grads.pop(node)
            for i, s in node.inputs:
                grads[i] = grads.get(i, 0.0) + s * node.grad
                heapq.heappush(heap, (-i.n, i))
    def __radd__(self, o): return self + o
    def __rmul__(self, o): return self * o
    def __neg__(self): return self * -1.0
    def __sub__(self, o): return self + (-self._value(o))
    def __rsub__(self, o): return self._value(o) + (-self)
