# answers: 03_leaky
# loops over situations, the Huber function branch by branch
import numpy as np


def saturation_report(W, x):
    z = np.dot(x, W)
    s = 1 / (1 + np.exp(-z))
    low = s < 0.01
    high = s > 0.99
    saturated = np.sum(low | high) / s.size
    ds = np.ones(s.shape) / x.shape[0]
    dz = ds * s * (1 - s)
    dW = np.dot(x.T, dz)
    dx = np.dot(dz, W.T)
    return saturated, np.sqrt(np.sum(dW**2)), np.sqrt(np.sum(dx**2))


def dead_units(acts):
    dead = []
    for unit in range(acts.shape[1]):
        dead.append(np.sum(acts[:, unit] > 0) == 0)
    return np.array(dead)


def q_acted(Q, a):
    q = np.zeros(len(a))
    for n in range(len(a)):
        q[n] = Q[n, a[n]]
    return q


def td_target(r, q_next, done, gamma):
    target = np.zeros(len(r))
    for n in range(len(r)):
        future = 0.0
        if not done[n]:
            future = np.max(q_next[n])
        target[n] = r[n] + gamma * future
    return target


def huber_forward(x, delta):
    out = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        e = x[place]
        if abs(e) <= delta:
            out[place] = 0.5 * e**2
        else:
            out[place] = delta * abs(e) - 0.5 * delta**2
    return out, (x, delta)


def huber_backward(dout, cache):
    x, delta = cache
    dx = dout * x
    above, below = x > delta, x < -delta
    dx[above] = dout[above] * delta
    dx[below] = -dout[below] * delta
    return dx
