# answers: 07_autograd
# a visit that calls itself; one function that knows every entry of a tape
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
        out = self.data + other.data
        return Value(out, ((self, 1.0), (other, 1.0)), "+")

    def __mul__(self, other):
        other = self._value(other)
        out = self.data * other.data
        return Value(out, ((self, other.data), (other, self.data)), "×")

    def __pow__(self, n):
        slope = n * self.data ** (n - 1)
        return Value(self.data**n, ((self, slope),), f"^{n}")

    def exp(self):
        out = np.exp(self.data)
        return Value(out, ((self, out),), "exp")

    def tanh(self):
        out = np.tanh(self.data)
        slope = 1 - out * out
        return Value(out, ((self, slope),), "tanh")

    def relu(self):
        if self.data > 0:
            return Value(self.data, ((self, 1.0),), "relu")
        return Value(0.0, ((self, 0.0),), "relu")

    def backward(self):
        topo = []
        visited = set()

        def visit(node):
            if node in visited:
                return
            visited.add(node)
            for child, _ in node.inputs:
                visit(child)
            topo.append(node)

        visit(self)
        for node in topo:
            node.grad = 0.0
        self.grad = 1.0
        for node in topo[::-1]:
            for child, slope in node.inputs:
                child.grad += slope * node.grad

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

    def __repr__(self):
        return f"Value({self.data:.4g}, grad={self.grad:.4g})"


def one_entry(entry, slots):
    """What the new slot holds, and pairs (place, slope)."""
    op = entry[0]
    if op == "tanh":
        t = np.tanh(slots[entry[1]])
        return t, [(entry[1], 1 - t**2)]
    i, j = entry[1], entry[2]
    if op == "add":
        return slots[i] + slots[j], [(i, 1.0), (j, 1.0)]
    return slots[i] * slots[j], [(i, slots[j]), (j, slots[i])]


def run_tape(tape, x):
    slots = list(x)
    records = []
    for entry in tape:
        out, pairs = one_entry(entry, slots)
        slots.append(out)
        records.append(pairs)
    grads = [0.0] * len(slots)
    grads[-1] = 1.0
    for k in range(len(tape) - 1, -1, -1):
        up = grads[len(x) + k]
        for place, slope in records[k]:
            grads[place] += slope * up
    return slots[-1], np.array(grads[: len(x)])


def forward_mode(tape, x, v):
    slots = list(x)
    moving = list(v)
    for entry in tape:
        out, pairs = one_entry(entry, slots)
        change = 0.0
        for place, slope in pairs:
            change += slope * moving[place]
        moving.append(change)
        slots.append(out)
    return slots[-1], moving[-1]


class MyLinear(TorchFunction):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        out = x.mm(weight.t())
        if bias is not None:
            out = out + bias.unsqueeze(0).expand_as(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensors
        need_x, need_weight, need_bias = ctx.needs_input_grad
        dx = dout.mm(weight) if need_x else None
        dweight = dout.t().mm(x) if need_weight else None
        dbias = dout.sum(dim=0) if need_bias else None
        return dx, dweight, dbias
