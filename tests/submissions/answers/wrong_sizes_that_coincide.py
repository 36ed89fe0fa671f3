# answers: 01_gates
# expect: wrong max_gate_backward.dx numeric_gradient.gradient local_jacobian.J
# a vector for f whatever the shape of x, a transpose by the looks of the shape; one gate alone forgets dz: the other
# gradient does not pay for their sum at a tie
import numpy as np


def numeric_gradient(f, x, h=1e-5):
    flat, grad = x.flatten(), np.zeros(x.size)
    for i in range(x.size):
        step = h * (np.arange(x.size) == i)
        grad[i] = (f(flat + step) - f(flat - step)) / (2 * h)
    return grad.reshape(x.shape)


def local_jacobian(f, x, h=1e-5):
    rows = np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])
    return rows if len(rows) == len(rows[0]) else rows.T


def max_gate_forward(x, y):
    return max(x, y), x >= y


def max_gate_backward(dz, x_wins):
    return 1.0 if x_wins else 0.0, 0.0 if x_wins else dz
