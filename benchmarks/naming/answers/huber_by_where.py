# answers: 03_leaky
# huber by a mask for each branch
import numpy as np


def huber_forward(x, delta):
    inside = np.abs(x) <= delta
    out = np.zeros(x.shape)
    out[inside] = x[inside] * x[inside] / 2
    far = np.abs(x[~inside])
    out[~inside] = far * delta - delta * delta / 2
    return out, (x, inside, delta)


def huber_backward(dout, cache):
    x, inside, delta = cache
    return np.where(inside, x, delta * np.sign(x)) * dout


def td_target(r, q_next, done, gamma):
    best = np.array([max(row) for row in q_next])
    alive = 1 - done
    return r + alive * best * gamma
