# answers: 07_autograd
# every value remembers the name of its operation; the way back is one long if over the names
import numpy as np


class Value:
    def __init__(self, data, parents=(), op="", n=None):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.op = op
        self.n = n

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, (self, other), "add")

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, (self, other), "mul")

    def __pow__(self, n):
        return Value(self.data**n, (self,), "pow", n)

    def exp(self):
        return Value(np.exp(self.data), (self,), "exp")

    def tanh(self):
        return Value(np.tanh(self.data), (self,), "tanh")

    def relu(self):
        data = self.data if self.data > 0 else 0.0
        return Value(data, (self,), "relu")

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return (-self) + other

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def push(self):
        g = self.grad
        if self.op == "add":
            a, b = self.parents
            a.grad += g
            b.grad += g
        elif self.op == "mul":
            a, b = self.parents
            a.grad += b.data * g
            b.grad += a.data * g
        elif self.op == "pow":
            (a,) = self.parents
            a.grad += self.n * a.data ** (self.n - 1) * g
        elif self.op == "exp":
            (a,) = self.parents
            a.grad += self.data * g
        elif self.op == "tanh":
            (a,) = self.parents
            a.grad += (1 - self.data**2) * g
        elif self.op == "relu":
            (a,) = self.parents
            a.grad += (self.data > 0) * g

    def backward(self):
        order, visited = [], set()
        stack = [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
                continue
            if id(node) in visited:
                continue
            visited.add(id(node))
            node.grad = 0.0
            stack.append((node, True))
            for parent in node.parents:
                stack.append((parent, False))
        self.grad = 1.0
        for node in reversed(order):
            node.push()


def run_tape(tape, x):
    vals = list(x)
    for op, *args in tape:
        if op == "add":
            vals.append(vals[args[0]] + vals[args[1]])
        elif op == "mul":
            vals.append(vals[args[0]] * vals[args[1]])
        else:
            vals.append(np.tanh(vals[args[0]]))
    grads = [0.0] * len(vals)
    grads[-1] = 1.0
    k = len(vals)
    for op, *args in tape[::-1]:
        k -= 1
        g = grads[k]
        if op == "add":
            grads[args[0]] += g
            grads[args[1]] += g
        elif op == "mul":
            grads[args[0]] += g * vals[args[1]]
            grads[args[1]] += g * vals[args[0]]
        else:
            grads[args[0]] += g * (1 - vals[k] ** 2)
    return vals[-1], np.array(grads[: len(x)])


def forward_mode(tape, x, v):
    vals = list(x)
    dots = list(v)
    for op, *args in tape:
        i = args[0]
        j = args[-1]
        if op == "add":
            vals.append(vals[i] + vals[j])
            dots.append(dots[i] + dots[j])
        elif op == "mul":
            vals.append(vals[i] * vals[j])
            dots.append(dots[i] * vals[j] + vals[i] * dots[j])
        else:
            t = np.tanh(vals[i])
            vals.append(t)
            dots.append((1 - t**2) * dots[i])
    return vals[-1], dots[-1]


class MyLinear(TorchFunction):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.has_bias = bias is not None
        ctx.save_for_backward(x, weight)
        out = x @ weight.T
        if ctx.has_bias:
            out = out + bias
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensors
        need = ctx.needs_input_grad
        dx = dout @ weight if need[0] else None
        dweight = dout.T @ x if need[1] else None
        dbias = None
        if ctx.has_bias and need[2]:
            dbias = dout.sum(0)
        return dx, dweight, dbias
