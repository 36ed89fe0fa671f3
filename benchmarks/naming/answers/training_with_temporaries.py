# answers: 04_training
# temporary variables for every part of an update, caches taken by get, schedules with if and while
import numpy as np


def xavier_init(fan_in, fan_out, rng):
    std = np.sqrt(2.0 / (fan_in + fan_out))
    W = rng.standard_normal((fan_in, fan_out))
    return W * std


def he_init(fan_in, fan_out, rng):
    std = np.sqrt(2.0 / fan_in)
    W = rng.standard_normal((fan_in, fan_out))
    return W * std


def sgd_momentum(w, dw, config):
    lr = config["learning_rate"]
    mu = config["momentum"]
    v = config.get("velocity", np.zeros_like(w))
    v = mu * v - lr * dw
    config["velocity"] = v
    return w + v, config


def rmsprop(w, dw, config):
    lr = config["learning_rate"]
    rho = config["decay_rate"]
    eps = config["epsilon"]
    cache = config.get("cache", np.zeros_like(w))
    cache = rho * cache + (1 - rho) * dw**2
    config["cache"] = cache
    step = lr * dw / (np.sqrt(cache) + eps)
    return w - step, config


def adam(w, dw, config):
    lr, eps = config["learning_rate"], config["epsilon"]
    beta1, beta2 = config["beta1"], config["beta2"]
    m = config.get("m", np.zeros_like(w))
    v = config.get("v", np.zeros_like(w))
    t = config.get("t", 0) + 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    mt = m / (1 - beta1**t)
    vt = v / (1 - beta2**t)
    next_w = w - lr * mt / (np.sqrt(vt) + eps)
    config["m"], config["v"], config["t"] = m, v, t
    return next_w, config


def cosine_lr(t, T, hi, lo):
    frac = t / T
    cos = np.cos(np.pi * frac)
    return lo + 0.5 * (hi - lo) * (1 + cos)


def warm_restart_lr(t, T0, mult, hi, lo):
    start = 0
    T = T0
    while t >= start + T:
        start = start + T
        T = T * mult
    return cosine_lr(t - start, T, hi, lo)


def plateau_lr(losses, lr, factor, patience):
    best = np.inf
    wait = 0
    for i in range(len(losses)):
        if losses[i] < best:
            best = losses[i]
            wait = 0
        else:
            wait += 1
            if wait >= patience:
                lr = lr * factor
                wait = 0
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience = patience
        self.min_delta = min_delta
        self.best = None
        self.wait = 0

    def step(self, val):
        if self.best is None or val < self.best - self.min_delta:
            self.best = val
            self.wait = 0
        else:
            self.wait = self.wait + 1
        stop = self.wait >= self.patience
        return stop


def accumulate_grads(grad_fn, X, y, sizes):
    N = sum(sizes)
    start = 0
    grad = 0.0
    for size in sizes:
        xb = X[start : start + size]
        yb = y[start : start + size]
        weight = size / N
        grad = grad + weight * grad_fn(xb, yb)
        start += size
    return grad


class GradientInspector:
    def __init__(self, low, high):
        self.low = low
        self.high = high
        self.history = {}

    def check(self, name, w, dw):
        ratio = np.linalg.norm(dw) / np.linalg.norm(w)
        old = self.history.get(name, [])
        self.history[name] = old + [ratio]
        if np.isnan(dw).any():
            return "nan"
        if np.isinf(dw).any():
            return "inf"
        if ratio > self.high:
            return "exploding"
        if ratio < self.low:
            return "vanishing"
        return "ok"

    def dead_share(self, acts):
        H = acts.shape[1]
        dead = 0
        for j in range(H):
            if (acts[:, j] == 0).all():
                dead += 1
        return dead / H
