# answers: 03_leaky
# one operation a line, logical functions for the masks, counters in loops, pieces filled in by index
import numpy as np


def saturation_report(W, x):
    N = x.shape[0]
    z = x @ W
    s = 1.0 / (1.0 + np.exp(-z))
    sat = np.logical_or(s < 0.01, s > 0.99)
    share = np.mean(sat)
    dz = np.ones_like(z) / N
    dz = dz * s * (1 - s)
    dW = x.T @ dz
    dx = dz @ W.T
    return share, np.linalg.norm(dW), np.linalg.norm(dx)


def dead_units(acts):
    N, H = acts.shape
    count = np.zeros(H)
    for n in range(N):
        for h in range(H):
            if acts[n, h] > 0:
                count[h] += 1
    return count == 0


def q_acted(Q, a):
    N = Q.shape[0]
    rows = np.arange(N)
    return Q[rows, a]


def td_target(r, q_next, done, gamma):
    best = np.max(q_next, axis=1)
    target = r + gamma * best
    target = np.where(done, r, target)
    return target


def huber_forward(x, delta):
    a = np.abs(x)
    small = np.less_equal(a, delta)
    out = delta * (a - 0.5 * delta)
    out[small] = 0.5 * x[small] ** 2
    cache = (x, small, delta)
    return out, cache


def huber_backward(dout, cache):
    x, small, delta = cache
    grad = delta * np.sign(x)
    grad[small] = x[small]
    return grad * dout
