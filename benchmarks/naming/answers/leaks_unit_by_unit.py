# answers: 03_leaky
# loops over units, actions and pieces, np.select, norms added up by hand
import numpy as np


def saturation_report(W, x):
    N = len(x)
    D, H = W.shape
    saturated = 0
    dW_squares = 0.0
    dx = np.zeros((N, D))
    for h in range(H):
        z = x.dot(W[:, h])
        s = 1 / (1 + np.exp(-z))
        saturated += np.sum(s < 0.01) + np.sum(s > 0.99)
        dz = s * (1 - s) / N
        dw = x.T.dot(dz)
        dW_squares += np.sum(dw**2)
        dx += np.outer(dz, W[:, h])
    share = saturated / (N * H)
    return share, np.sqrt(dW_squares), np.sqrt(np.sum(dx**2))


def dead_units(acts):
    dead = []
    for h in range(acts.shape[1]):
        column = acts[:, h]
        dead.append(not np.any(column > 0))
    return np.array(dead)


def q_acted(Q, a):
    N, A = Q.shape
    q = np.zeros(N)
    for action in range(A):
        taken = a == action
        q[taken] = Q[taken, action]
    return q


def td_target(r, q_next, done, gamma):
    best = q_next[:, 0].copy()
    for action in range(1, q_next.shape[1]):
        best = np.maximum(best, q_next[:, action])
    target = np.array(r, dtype=float)
    going = ~np.asarray(done, dtype=bool)
    target[going] += gamma * best[going]
    return target


def huber_forward(x, delta):
    left = x < -delta
    right = x > delta
    pieces = [-delta * (x + delta / 2), delta * (x - delta / 2)]
    out = np.select([left, right], pieces, default=x**2 / 2)
    cache = (x, left, right, delta)
    return out, cache


def huber_backward(dout, cache):
    x, left, right, delta = cache
    slope = np.array(x, dtype=float)
    slope[left] = -delta
    slope[right] = delta
    dx = slope * dout
    return dx
