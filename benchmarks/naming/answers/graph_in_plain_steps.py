# answers: 07_autograd
# an own stack of iterators that lists the graph, inputs set afterwards, tapes as entries of arrays
import numpy as np


class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data = data
        self.inputs = inputs
        self.op = op
        self.grad = 0.0

    @staticmethod
    def _value(other):
        if isinstance(other, Value):
            return other
        return Value(other)

    def __add__(self, other):
        other = self._value(other)
        inputs = [(self, 1.0)]
        inputs.append((other, 1.0))
        return Value(self.data + other.data, inputs, "+")

    def __mul__(self, other):
        other = self._value(other)
        left, right = self.data, other.data
        return Value(left * right, [(self, right), (other, left)], "×")

    def __pow__(self, n):
        out = self.data**n
        slope = n * self.data ** (n - 1)
        return Value(out, [(self, slope)], "^")

    def exp(self):
        out = Value(np.exp(self.data), op="exp")
        out.inputs = [(self, out.data)]
        return out

    def tanh(self):
        out = Value(np.tanh(self.data), op="tanh")
        out.inputs = [(self, 1 - out.data**2)]
        return out

    def relu(self):
        out = Value(self.data, op="relu")
        slope = 1.0
        if self.data <= 0:
            out.data = 0.0
            slope = 0.0
        out.inputs = [(self, slope)]
        return out

    def backward(self):
        seen = set()
        order = []
        todo = [(self, iter(self.inputs))]
        seen.add(self)
        while todo:
            node, sources = todo[-1]
            deeper = None
            for source, _ in sources:
                if source not in seen:
                    deeper = source
                    break
            if deeper is None:
                order.append(node)
                todo.pop()
            else:
                seen.add(deeper)
                todo.append((deeper, iter(deeper.inputs)))
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        order.reverse()
        for node in order:
            for source, slope in node.inputs:
                source.grad = source.grad + node.grad * slope

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        other = self._value(other)
        return Value(self.data - other.data, [(self, 1.0), (other, -1.0)], "-")

    def __rsub__(self, other):
        return self._value(other) - self

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other


def run_tape(tape, x):
    K = len(x)
    values = np.zeros(K + len(tape))
    values[:K] = x
    for k, entry in enumerate(tape):
        op, first = entry[0], values[entry[1]]
        if op == "tanh":
            values[K + k] = np.tanh(first)
        elif op == "mul":
            values[K + k] = first * values[entry[2]]
        else:
            values[K + k] = first + values[entry[2]]
    grads = np.zeros(K + len(tape))
    grads[-1] = 1.0
    for k in range(len(tape) - 1, -1, -1):
        entry = tape[k]
        up = grads[K + k]
        if entry[0] == "tanh":
            grads[entry[1]] += up * (1 - values[K + k] ** 2)
        elif entry[0] == "mul":
            a, b = entry[1], entry[2]
            grads[a] += up * values[b]
            grads[b] += up * values[a]
        else:
            for place in entry[1:]:
                grads[place] += up
    return values[-1], grads[:K]


def forward_mode(tape, x, v):
    values = [value for value in x]
    speeds = [speed for speed in v]
    for entry in tape:
        op = entry[0]
        a = entry[1]
        if op == "tanh":
            out = np.tanh(values[a])
            speed = (1 - out * out) * speeds[a]
        elif op == "mul":
            b = entry[2]
            out = values[a] * values[b]
            speed = speeds[a] * values[b]
            speed += values[a] * speeds[b]
        else:
            b = entry[2]
            out = values[a] + values[b]
            speed = speeds[a] + speeds[b]
        values.append(out)
        speeds.append(speed)
    return values[-1], speeds[-1]


class MyLinear(TorchFunction):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight, bias)
        out = x.mm(weight.t())
        if bias is not None:
            out += bias.unsqueeze(0).expand_as(out)
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight, bias = ctx.saved_tensors
        dx = dweight = dbias = None
        if ctx.needs_input_grad[0]:
            dx = dout.mm(weight)
        if ctx.needs_input_grad[1]:
            dweight = dout.t().mm(x)
        if bias is not None and ctx.needs_input_grad[2]:
            dbias = dout.sum(dim=0)
        return dx, dweight, dbias
