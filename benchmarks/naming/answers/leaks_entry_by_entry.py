# answers: 03_leaky
# one example at a time, one entry at a time, with helpers for both
import numpy as np


def squash(z):
    return 1 / (1 + np.exp(-z))


def length(a):
    return float(np.sqrt(np.sum(a * a)))


def saturation_report(W, x):
    n, h = len(x), W.shape[1]
    dW, dx = np.zeros(W.shape), np.zeros(x.shape)
    flat = 0
    for i in range(n):
        s = squash(x[i] @ W)
        flat += sum(1 for a in s if a < 0.01 or a > 0.99)
        dz = s * (1 - s) / n
        dW += np.outer(x[i], dz)
        dx[i] = W @ dz
    return flat / (n * h), length(dW), length(dx)


def dead_units(acts):
    columns = np.transpose(acts)
    return np.array([not any(a > 0 for a in column) for column in columns])


def q_acted(Q, a):
    return np.array([row[action] for row, action in zip(Q, a)])


def td_target(r, q_next, done, gamma):
    targets = []
    for reward, values, over in zip(r, q_next, done):
        future = 0.0 if over else gamma * max(values)
        targets.append(reward + future)
    return np.array(targets)


def huber_forward(x, delta):
    out = np.empty(x.shape)
    for place, e in np.ndenumerate(x):
        if abs(e) <= delta:
            out[place] = e * e / 2
        else:
            out[place] = delta * abs(e) - delta * delta / 2
    return out, {"x": x, "delta": delta}


def huber_backward(dout, cache):
    x, delta = cache["x"], cache["delta"]
    dx = np.empty(x.shape)
    for place, e in np.ndenumerate(x):
        slope = e if abs(e) <= delta else delta * np.sign(e)
        dx[place] = slope * dout[place]
    return dx
