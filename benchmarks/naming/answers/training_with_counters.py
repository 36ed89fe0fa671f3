# answers: 04_training
# counters and running sums, state in new dicts, branches first, nested loops for cycles
import math

import numpy as np


def draw(rng, shape, variance):
    weights = rng.standard_normal(shape)
    weights *= math.sqrt(variance)
    return weights


def xavier_init(fan_in, fan_out, rng):
    variance = 2 / (fan_in + fan_out)
    return draw(rng, (fan_in, fan_out), variance)


def he_init(fan_in, fan_out, rng):
    variance = 2 / fan_in
    return draw(rng, (fan_in, fan_out), variance)


def sgd_momentum(w, dw, config):
    if "velocity" in config:
        v = config["velocity"].copy()
    else:
        v = np.zeros(w.shape)
    v *= config["momentum"]
    v -= config["learning_rate"] * dw
    config["velocity"] = v
    next_w = w + v
    return next_w, config


def rmsprop(w, dw, config):
    lr, decay, eps = config["learning_rate"], config["decay_rate"], config["epsilon"]
    old = config["cache"] if "cache" in config else 0 * w
    new = decay * old
    new += (1 - decay) * dw * dw
    config["cache"] = new
    root = np.sqrt(new)
    next_w = w - lr * dw / (root + eps)
    return next_w, config


def adam(w, dw, config):
    if "t" not in config:
        config["t"] = 0
        config["m"] = np.zeros(w.shape)
        config["v"] = np.zeros(w.shape)
    config["t"] += 1
    b1 = config["beta1"]
    b2 = config["beta2"]
    config["m"] = config["m"] * b1 + dw * (1 - b1)
    config["v"] = config["v"] * b2 + dw**2 * (1 - b2)
    m_hat = config["m"] / (1 - b1 ** config["t"])
    v_hat = config["v"] / (1 - b2 ** config["t"])
    step = m_hat / (np.sqrt(v_hat) + config["epsilon"])
    return w - config["learning_rate"] * step, config


def cosine_lr(t, T, hi, lo):
    angle = math.pi * t / T
    middle = (hi + lo) / 2
    swing = (hi - lo) / 2
    return middle + swing * math.cos(angle)


def warm_restart_lr(t, T0, mult, hi, lo):
    left = t
    length = T0
    while left >= length:
        left -= length
        length *= mult
    lr = cosine_lr(left, length, hi, lo)
    return lr


def plateau_lr(losses, lr, factor, patience):
    best = float("inf")
    bad = 0
    for loss in losses:
        if loss >= best:
            bad += 1
        else:
            best = loss
            bad = 0
        if bad == patience:
            lr *= factor
            bad = 0
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience = patience
        self.min_delta = min_delta
        self.best = float("inf")
        self.bad = 0

    def step(self, val):
        gain = self.best - val
        if gain > self.min_delta:
            self.best = val
            self.bad = 0
            return False
        self.bad += 1
        return self.bad >= self.patience


def accumulate_grads(grad_fn, X, y, sizes):
    ends = np.cumsum(sizes)
    total = 0
    for size, end in zip(sizes, ends):
        begin = end - size
        part = grad_fn(X[begin:end], y[begin:end])
        total = total + part * size
    return total / ends[-1]


class GradientInspector:
    def __init__(self, low, high):
        self.low = low
        self.high = high
        self.history = {}

    def check(self, name, w, dw):
        length = np.sqrt(np.sum(dw**2))
        ratio = length / np.sqrt(np.sum(w**2))
        if name not in self.history:
            self.history[name] = []
        self.history[name].append(ratio)
        if np.any(np.isnan(dw)):
            verdict = "nan"
        elif np.any(np.isinf(dw)):
            verdict = "inf"
        elif ratio > self.high:
            verdict = "exploding"
        elif ratio < self.low:
            verdict = "vanishing"
        else:
            verdict = "ok"
        return verdict

    def dead_share(self, acts):
        alive = np.count_nonzero(acts, axis=0)
        dead = np.sum(alive == 0)
        return float(dead / acts.shape[1])
