# answers: 07_autograd
# every operation leaves a function that pushes its gradient back; tapes run by a table of slopes
import numpy as np


class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data = data
        self.inputs = inputs
        self.op = op
        self.grad = 0.0
        self.push = lambda: None

    @staticmethod
    def _value(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._value(other)
        out = Value(self.data + other.data, (self, other), "+")

        def push():
            self.grad += out.grad
            other.grad += out.grad

        out.push = push
        return out

    def __mul__(self, other):
        other = self._value(other)
        out = Value(self.data * other.data, (self, other), "*")

        def push():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.push = push
        return out

    def __pow__(self, n):
        out = Value(self.data**n, (self,), "**")

        def push():
            self.grad += n * self.data ** (n - 1) * out.grad

        out.push = push
        return out

    def exp(self):
        out = Value(np.exp(self.data), (self,), "exp")

        def push():
            self.grad += out.data * out.grad

        out.push = push
        return out

    def tanh(self):
        out = Value(np.tanh(self.data), (self,), "tanh")

        def push():
            self.grad += (1 - out.data**2) * out.grad

        out.push = push
        return out

    def relu(self):
        out = Value(max(self.data, 0.0), (self,), "relu")

        def push():
            self.grad += (self.data > 0) * out.grad

        out.push = push
        return out

    def backward(self):
        order, seen = [], set()
        stack = [(self, iter(self.inputs))]
        seen.add(id(self))
        while stack:
            node, rest = stack[-1]
            source = next(rest, None)
            if source is None:
                order.append(node)
                stack.pop()
            elif id(source) not in seen:
                seen.add(id(source))
                stack.append((source, iter(source.inputs)))
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in order[::-1]:
            node.push()

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


def evaluate(op, args):
    if op == "add":
        return args[0] + args[1], (1.0, 1.0)
    if op == "mul":
        return args[0] * args[1], (args[1], args[0])
    t = np.tanh(args[0])
    return t, (1 - t * t,)


def run_tape(tape, x):
    slots, slopes = [float(v) for v in x], []
    for op, *places in tape:
        value, local = evaluate(op, [slots[k] for k in places])
        slots.append(value)
        slopes.append(local)
    grads = [0.0] * len(slots)
    grads[-1] = 1.0
    for k in range(len(tape) - 1, -1, -1):
        _, *places = tape[k]
        for place, slope in zip(places, slopes[k]):
            grads[place] += slope * grads[len(x) + k]
    return slots[-1], np.array(grads[: len(x)])


def forward_mode(tape, x, v):
    pairs = list(zip(x, v))
    for op, *places in tape:
        value, local = evaluate(op, [pairs[k][0] for k in places])
        speed = sum(slope * pairs[k][1] for slope, k in zip(local, places))
        pairs.append((value, speed))
    return pairs[-1]


class MyLinear(TorchFunction):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        out = np.einsum("nd,md->nm", x, weight)
        return out if bias is None else out + bias

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        dx = np.einsum("nm,md->nd", dout, weight) if wanted[0] else None
        dweight = np.einsum("nm,nd->md", dout, x) if wanted[1] else None
        dbias = np.einsum("nm->m", dout) if wanted[2] else None
        return dx, dweight, dbias
