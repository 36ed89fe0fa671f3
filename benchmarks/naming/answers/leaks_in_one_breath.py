# answers: 03_leaky
# chained expressions, boolean arrays as factors, matrix products by einsum, Huber by its three pieces
import numpy as np


def frobenius(a):
    return float(np.einsum("ij,ij->", a, a)) ** 0.5


def saturation_report(W, x):
    n = x.shape[0]
    z = np.einsum("nd,dh->nh", x, W)
    s = np.exp(-np.logaddexp(0, -z))
    far = np.abs(s - 0.5) > 0.49
    share = np.count_nonzero(far) / far.size
    slope = s - s**2
    dW = np.einsum("nd,nh->dh", x, slope) / n
    dx = np.einsum("nh,dh->nd", slope, W) / n
    return share, frobenius(dW), frobenius(dx)


def dead_units(acts):
    alive = np.zeros(acts.shape[1], dtype=bool)
    for example in acts:
        alive |= example > 0
    return ~alive


def q_acted(Q, a):
    picked = np.arange(Q.shape[1]) == a[:, np.newaxis]
    return np.where(picked, Q, 0).sum(axis=1)


def td_target(r, q_next, done, gamma):
    best = np.sort(q_next, axis=1)[:, -1]
    best = np.where(done, 0.0, best)
    return r + gamma * best


def huber_forward(x, delta):
    above, below = x > delta, x < -delta
    inside = ~(above | below)
    out = np.zeros(x.shape)
    out[inside] = x[inside] ** 2 / 2
    out[above] = delta * x[above] - delta**2 / 2
    out[below] = -delta * x[below] - delta**2 / 2
    return out, {"x": x, "inside": inside, "delta": delta}


def huber_backward(dout, cache):
    x, delta = cache["x"], cache["delta"]
    slope = delta * np.sign(x)
    slope[cache["inside"]] = x[cache["inside"]]
    return slope * dout
