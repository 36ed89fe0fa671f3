# answers: 04_training
# state taken out, changed and put back; schedules in one expression; lists of ratios
import numpy as np


def xavier_init(fan_in, fan_out, rng):
    variance = 2 / (fan_in + fan_out)
    return rng.standard_normal((fan_in, fan_out)) * variance**0.5


def he_init(fan_in, fan_out, rng):
    scale = np.sqrt(2 / fan_in)
    return scale * rng.standard_normal(size=(fan_in, fan_out))


def sgd_momentum(w, dw, config):
    old = config.get("velocity")
    old = 0 * w if old is None else old
    new = config["momentum"] * old - config["learning_rate"] * dw
    return w + new, {**config, "velocity": new}


def rmsprop(w, dw, config):
    rate = config["decay_rate"]
    seen = config.get("cache", 0 * w)
    seen = rate * seen + (1 - rate) * dw**2
    config["cache"] = seen
    return w - config["learning_rate"] * dw / (seen**0.5 + config["epsilon"]), config


def adam(w, dw, config):
    m, v, t = config.get("m", 0 * w), config.get("v", 0 * w), config.get("t", 0)
    b1, b2 = config["beta1"], config["beta2"]
    t += 1
    m = b1 * m + (1 - b1) * dw
    v = b2 * v + (1 - b2) * dw**2
    config.update(m=m, v=v, t=t)
    m_hat = m / (1 - b1**t)
    v_hat = v / (1 - b2**t)
    return w - config["learning_rate"] * m_hat / (v_hat**0.5 + config["epsilon"]), config


def cosine_lr(t, T, hi, lo):
    return lo + 0.5 * (hi - lo) * (1 + np.cos(t / T * np.pi))


def warm_restart_lr(t, T0, mult, hi, lo):
    start, end = 0, T0
    while t >= end:
        start, end = end, end + (end - start) * mult
    return cosine_lr(t - start, end - start, hi, lo)


def plateau_lr(losses, lr, factor, patience):
    record, bad = np.inf, 0
    for k in range(len(losses)):
        bad += 1
        if losses[k] < record:
            record = losses[k]
            bad = 0
        if bad == patience:
            lr, bad = lr * factor, 0
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience = patience
        self.min_delta = min_delta
        self.best = np.inf
        self.waited = 0

    def step(self, val):
        gained = self.best - val
        if gained > self.min_delta:
            self.best = val
            self.waited = 0
        else:
            self.waited += 1
        return self.waited >= self.patience


def accumulate_grads(grad_fn, X, y, sizes):
    edges = np.concatenate([[0], np.cumsum(sizes)])
    total = np.zeros_like(grad_fn(X[:1], y[:1]))
    for lo, hi in zip(edges[:-1], edges[1:]):
        total += (hi - lo) * grad_fn(X[lo:hi], y[lo:hi])
    return total / edges[-1]


class GradientInspector:
    def __init__(self, low, high):
        self.low, self.high = low, high
        self.history = {}

    def check(self, name, w, dw):
        r = np.linalg.norm(dw) / np.linalg.norm(w)
        self.history[name] = self.history.get(name, []) + [float(r)]
        verdict = "ok"
        if r > self.high:
            verdict = "exploding"
        if r < self.low:
            verdict = "vanishing"
        if np.isinf(dw).any():
            verdict = "inf"
        if np.isnan(dw).any():
            verdict = "nan"
        return verdict

    def dead_share(self, acts):
        busiest = np.abs(acts).max(axis=0)
        return np.mean(busiest == 0)
