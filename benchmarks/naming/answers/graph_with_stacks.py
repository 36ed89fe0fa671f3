# answers: 07_autograd
# a list that is sorted by depth first search, slots of a tape in two arrays
import numpy as np


class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data = data
        self.inputs = inputs
        self.op = op
        self.grad = 0.0

    @staticmethod
    def _value(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._value(other)
        return Value(self.data + other.data, [(self, 1.0), (other, 1.0)], "+")

    def __mul__(self, other):
        other = self._value(other)
        slopes = [(self, other.data), (other, self.data)]
        return Value(self.data * other.data, slopes, "*")

    def __pow__(self, n):
        slope = n * self.data ** (n - 1)
        return Value(self.data**n, [(self, slope)], "**")

    def exp(self):
        out = Value(np.exp(self.data), [], "exp")
        out.inputs = [(self, out.data)]
        return out

    def tanh(self):
        y = np.tanh(self.data)
        return Value(y, [(self, 1 - y**2)], "tanh")

    def relu(self):
        passes = float(self.data > 0)
        return Value(self.data * passes, [(self, passes)], "relu")

    def backward(self):
        ordered, marked = [], set()
        todo = [(self, iter(self.inputs))]
        marked.add(id(self))
        while todo:
            node, rest = todo[-1]
            for child, _ in rest:
                if id(child) not in marked:
                    marked.add(id(child))
                    todo.append((child, iter(child.inputs)))
                    break
            else:
                todo.pop()
                ordered.append(node)
        for node in ordered:
            node.grad = 0.0
        self.grad = 1.0
        for node in ordered[::-1]:
            for child, slope in node.inputs:
                child.grad += node.grad * slope

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-self._value(other))

    def __rsub__(self, other):
        return self._value(other) + (-self)


def run_tape(tape, x):
    n = len(x)
    value = np.zeros(n + len(tape))
    value[:n] = x
    for k, step in enumerate(tape):
        ins = [value[i] for i in step[1:]]
        if step[0] == "tanh":
            value[n + k] = np.tanh(ins[0])
        elif step[0] == "mul":
            value[n + k] = ins[0] * ins[1]
        else:
            value[n + k] = ins[0] + ins[1]
    grad = np.zeros(n + len(tape))
    grad[-1] = 1
    for k in range(len(tape) - 1, -1, -1):
        op, ins = tape[k][0], tape[k][1:]
        up = grad[n + k]
        if op == "tanh":
            slopes = [1 - value[n + k] ** 2]
        elif op == "mul":
            slopes = [value[ins[1]], value[ins[0]]]
        else:
            slopes = [1.0, 1.0]
        for i, slope in zip(ins, slopes):
            grad[i] += up * slope
    return value[-1], grad[:n]


def forward_mode(tape, x, v):
    value, slope = list(x), list(v)
    for step in tape:
        i, j = step[1], step[-1]
        if step[0] == "add":
            value.append(value[i] + value[j])
            slope.append(slope[i] + slope[j])
        elif step[0] == "mul":
            slope.append(slope[i] * value[j] + value[i] * slope[j])
            value.append(value[i] * value[j])
        else:
            y = np.tanh(value[i])
            slope.append((1 - y * y) * slope[i])
            value.append(y)
    return value[-1], slope[-1]
