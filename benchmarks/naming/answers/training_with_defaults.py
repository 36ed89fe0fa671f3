# answers: 04_training
# state that is made when it is missing, and changed in place
import numpy as np


def xavier_init(fan_in, fan_out, rng):
    W = rng.standard_normal((fan_in, fan_out))
    variance = 2.0 / (fan_in + fan_out)
    return W * np.sqrt(variance)


def he_init(fan_in, fan_out, rng):
    W = rng.standard_normal((fan_in, fan_out))
    W *= np.sqrt(2.0 / fan_in)
    return W


def sgd_momentum(w, dw, config):
    if "velocity" not in config:
        config["velocity"] = np.zeros(w.shape)
    mu, lr = config["momentum"], config["learning_rate"]
    v = mu * config["velocity"]
    v -= lr * dw
    config["velocity"] = v
    return w + v, config


def rmsprop(w, dw, config):
    decay = config["decay_rate"]
    cache = config.get("cache")
    if cache is None:
        cache = np.zeros_like(w)
    cache = decay * cache
    cache += (1 - decay) * np.square(dw)
    scale = np.sqrt(cache) + config["epsilon"]
    next_w = w - config["learning_rate"] / scale * dw
    config["cache"] = cache
    return next_w, config


def adam(w, dw, config):
    if "t" not in config:
        config["t"] = 0
        config["m"] = np.zeros_like(w)
        config["v"] = np.zeros_like(w)
    lr, eps = config["learning_rate"], config["epsilon"]
    b1, b2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = b1 * config["m"] + (1 - b1) * dw
    config["v"] = b2 * config["v"] + (1 - b2) * dw**2
    mt = config["m"] / (1 - b1 ** config["t"])
    vt = config["v"] / (1 - b2 ** config["t"])
    next_w = w - lr * mt / (np.sqrt(vt) + eps)
    return next_w, config


def cosine_lr(t, T, hi, lo):
    angle = np.pi * t / T
    mix = (1 + np.cos(angle)) / 2
    return mix * hi + (1 - mix) * lo


def warm_restart_lr(t, T0, mult, hi, lo):
    length = T0
    while t >= length:
        t -= length
        length *= mult
    return cosine_lr(t, length, hi, lo)


def plateau_lr(losses, lr, factor, patience):
    best = float("inf")
    bad = 0
    for loss in losses:
        bad += 1
        if loss < best:
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
        self.counter = 0

    def step(self, val):
        if val < self.best - self.min_delta:
            self.best = val
            self.counter = 0
            return False
        self.counter += 1
        return self.counter >= self.patience


def accumulate_grads(grad_fn, X, y, sizes):
    total = np.zeros(X.shape[1])
    begin = 0
    for n in sizes:
        end = begin + n
        g = grad_fn(X[begin:end], y[begin:end])
        total += g * n
        begin = end
    return total / X.shape[0]


class GradientInspector:
    def __init__(self, low, high):
        self.low, self.high = low, high
        self.history = {}

    def check(self, name, w, dw):
        ratio = np.linalg.norm(dw) / np.linalg.norm(w)
        if name not in self.history:
            self.history[name] = []
        self.history[name].append(ratio)
        if np.any(np.isnan(dw)):
            return "nan"
        if np.any(np.isinf(dw)):
            return "inf"
        verdict = "ok"
        if ratio < self.low:
            verdict = "vanishing"
        elif ratio > self.high:
            verdict = "exploding"
        return verdict

    def dead_share(self, acts):
        H = acts.shape[1]
        dead = 0
        for j in range(H):
            if np.all(acts[:, j] == 0):
                dead += 1
        return dead / H
