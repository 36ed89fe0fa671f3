# answers: 03_leaky
# two small functions of its own; targets row by row, Huber from two parts
import numpy as np


def squash(z):
    return 1.0 / (1.0 + np.exp(-z))


def norm(a):
    return np.sqrt(np.sum(a**2))


def saturation_report(W, x):
    N = x.shape[0]
    s = squash(np.dot(x, W))
    low = s < 0.01
    high = s > 0.99
    saturated = np.mean(np.logical_or(low, high))
    ds = np.ones_like(s) / N
    dz = ds * s * (1 - s)
    dW = np.dot(x.T, dz)
    dx = np.dot(dz, W.T)
    return saturated, norm(dW), norm(dx)


def dead_units(acts):
    H = acts.shape[1]
    dead = np.zeros(H, dtype=bool)
    for j in range(H):
        dead[j] = not np.any(acts[:, j])
    return dead


def q_acted(Q, a):
    picked = np.take_along_axis(Q, a[:, None], axis=1)
    return picked[:, 0]


def td_target(r, q_next, done, gamma):
    target = np.array(r, dtype=float)
    for i in range(len(r)):
        if not done[i]:
            target[i] += gamma * np.max(q_next[i])
    return target


def huber_forward(x, delta):
    a = np.abs(x)
    quadratic = np.minimum(a, delta)
    linear = a - quadratic
    out = 0.5 * quadratic**2 + delta * linear
    return out, (x, quadratic)


def huber_backward(dout, cache):
    x, quadratic = cache
    slope = np.sign(x) * quadratic
    return dout * slope
