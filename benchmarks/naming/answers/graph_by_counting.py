# answers: 07_autograd
# uses counted before they are gone through, local slopes kept on the way forward, pairs as dual numbers
import numpy as np


class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data, self.op = data, op
        self.inputs = tuple(inputs)
        self.grad = 0.0

    @staticmethod
    def lift(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        right = Value.lift(other)
        total = self.data + right.data
        return Value(total, [(self, 1.0), (right, 1.0)], "+")

    def __mul__(self, other):
        right = Value.lift(other)
        product = self.data * right.data
        return Value(product, [(self, right.data), (right, self.data)], "×")

    def __pow__(self, n):
        lower = self.data ** (n - 1)
        return Value(lower * self.data, [(self, lower * n)], f"^{n}")

    def exp(self):
        grown = np.exp(self.data)
        return Value(grown, [(self, grown)], "exp")

    def tanh(self):
        bent = np.tanh(self.data)
        slope = (1.0 + bent) * (1.0 - bent)
        return Value(bent, [(self, slope)], "tanh")

    def relu(self):
        if self.data > 0:
            return Value(self.data, [(self, 1.0)], "relu")
        return Value(0.0, [(self, 0.0)], "relu")

    def backward(self):
        uses, todo = {self: 0}, [self]
        while todo:
            node = todo.pop()
            node.grad = 0.0
            for source, _ in node.inputs:
                if source not in uses:
                    uses[source] = 0
                    todo.append(source)
                uses[source] += 1
        self.grad = 1.0
        ready = [self]
        while ready:
            node = ready.pop()
            for source, slope in node.inputs:
                source.grad += slope * node.grad
                uses[source] -= 1
                if uses[source] == 0:
                    ready.append(source)

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + Value.lift(other) * -1.0

    def __rsub__(self, other):
        return Value.lift(other) + self * -1.0

    __radd__ = __add__
    __rmul__ = __mul__


def one_step(op, a, b=0.0):
    if op == "add":
        return a + b, [1.0, 1.0]
    if op == "mul":
        return a * b, [b, a]
    t = np.tanh(a)
    return t, [1.0 - t * t]


def run_tape(tape, x):
    slots, notes = list(x), []
    for op, *places in tape:
        out, slopes = one_step(op, *[slots[p] for p in places])
        notes.append((len(slots), places, slopes))
        slots.append(out)
    grads = {k: 0.0 for k in range(len(slots))}
    grads[len(slots) - 1] = 1.0
    while notes:
        here, places, slopes = notes.pop()
        for place, slope in zip(places, slopes):
            grads[place] += slope * grads[here]
    return slots[-1], np.array([grads[k] for k in range(len(x))])


def forward_mode(tape, x, v):
    duals = list(zip(x, v))
    for op, *places in tape:
        given = [duals[p] for p in places]
        out, slopes = one_step(op, *[value for value, _ in given])
        change = 0.0
        for (_, speed), slope in zip(given, slopes):
            change += slope * speed
        duals.append((out, change))
    value, slope = duals[-1]
    return value, slope


class MyLinear(TorchFunction):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(weight, x)
        out = x @ weight.T
        if bias is None:
            return out
        return out + bias

    @staticmethod
    def backward(ctx, dout):
        weight, x = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        dx = dout @ weight if wanted[0] else None
        dweight = dout.T @ x if wanted[1] else None
        dbias = dout.sum(0) if wanted[2] else None
        return dx, dweight, dbias
