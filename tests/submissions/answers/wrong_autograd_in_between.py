# answers: 07_autograd
# expect: wrong Value.a-diamond Value.backward-twice Value.two-results Value.a-result-goes-on Value.back-to-the-first-result Value.difference-and-power Value.relu Value.many-paths Value.a-long-chain Value.out-of-reach MyLinear.gradients MyLinear.without_bias MyLinear.only_what_is_needed
# no grad stays between the inputs and the result; a square that falls as it rises; no relu of 0; tensors kept for all layers
import numpy as np


class Value:
    def __init__(self, data, inputs=(), op=""):
        self.data, self.inputs, self.op, self.grad = data, inputs, op, 0.0

    @staticmethod
    def _value(other):
        return other if isinstance(other, Value) else Value(other)

    def __add__(self, other):
        other = self._value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = self._value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * abs(self.data) ** (n - 1)),))

    def exp(self):
        return Value(np.exp(self.data), ((self, np.exp(self.data)),))

    def tanh(self):
        return Value(np.tanh(self.data), ((self, 1 - np.tanh(self.data) ** 2),))

    def relu(self):
        if self.data > 0:
            slope = 1.0
        elif self.data < 0:
            slope = 0.0
        return Value(slope * self.data, ((self, slope),))

    def backward(self):
        order = []

        def visit(node):
            if node not in order:
                for source, _ in node.inputs:
                    visit(source)
                order.append(node)

        visit(self)
        for leaf in (node for node in order if not node.inputs):
            moves = {leaf: 1.0}
            for node in order:
                if node.inputs:
                    moves[node] = sum(slope * moves.get(s, 0.0) for s, slope in node.inputs)
            leaf.grad = moves[self]

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


class MyLinear(TorchFunction):  # noqa: F821 (provided)
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        MyLinear.x, MyLinear.weight = x, weight
        return x @ weight.T + (0 if bias is None else bias)

    @staticmethod
    def backward(ctx, dout):
        grads = dout @ MyLinear.weight, dout.T @ MyLinear.x, dout.sum(0)
        return [grad if need else None for grad, need in zip(grads, ctx.needs_input_grad)]
