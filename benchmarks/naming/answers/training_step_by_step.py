# answers: 04_training
# config entries read and written in place, schedules by counting
import math

import numpy as np


def sgd_momentum(w, dw, config):
    if "velocity" not in config:
        config["velocity"] = np.zeros(w.shape)
    lr, mu = config["learning_rate"], config["momentum"]
    config["velocity"] = mu * config["velocity"] - lr * dw
    return w + config["velocity"], config


def rmsprop(w, dw, config):
    config.setdefault("cache", np.zeros(w.shape))
    decay, eps = config["decay_rate"], config["epsilon"]
    config["cache"] *= decay
    config["cache"] += (1 - decay) * np.square(dw)
    scale = np.sqrt(config["cache"]) + eps
    step = config["learning_rate"] / scale
    return w - step * dw, config


def adam(w, dw, config):
    lr = config["learning_rate"]
    beta1 = config["beta1"]
    beta2 = config["beta2"]
    eps = config["epsilon"]
    config["t"] = config.get("t", 0) + 1
    m = config.get("m", 0) * beta1
    m = m + (1 - beta1) * dw
    v = config.get("v", 0) * beta2
    v = v + (1 - beta2) * dw * dw
    config["m"] = m
    config["v"] = v
    first = m / (1 - beta1 ** config["t"])
    second = v / (1 - beta2 ** config["t"])
    update = lr * first / (np.sqrt(second) + eps)
    return w - update, config


def cosine_lr(t, T, hi, lo):
    share = t / T
    height = (math.cos(math.pi * share) + 1) / 2
    return lo + (hi - lo) * height


def warm_restart_lr(t, T0, mult, hi, lo):
    length = T0
    while t >= length:
        t -= length
        length *= mult
    share = t / length
    height = (1 + math.cos(math.pi * share)) / 2
    return lo + (hi - lo) * height


def plateau_lr(losses, lr, factor, patience):
    best = float("inf")
    bad = 0
    for value in losses:
        if value < best:
            best = value
            bad = 0
            continue
        bad += 1
        if bad == patience:
            lr *= factor
            bad = 0
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience, self.min_delta = patience, min_delta
        self.best = float("inf")
        self.count = 0

    def step(self, val):
        better = val < self.best - self.min_delta
        if better:
            self.best = val
            self.count = 0
            return False
        self.count += 1
        return self.count >= self.patience


def accumulate_grads(grad_fn, X, y, sizes):
    N = len(X)
    grad = 0
    begin = 0
    for n in sizes:
        end = begin + n
        part = grad_fn(X[begin:end], y[begin:end])
        grad = grad + part * n / N
        begin = end
    return grad


class GradientInspector:
    def __init__(self, low, high):
        self.history = {}
        self.low = low
        self.high = high

    def check(self, name, w, dw):
        size = math.sqrt(np.sum(dw**2))
        ratio = size / math.sqrt(np.sum(w**2))
        if name not in self.history:
            self.history[name] = []
        self.history[name].append(ratio)
        if np.any(np.isnan(dw)):
            return "nan"
        if np.any(np.isinf(dw)):
            return "inf"
        if ratio < self.low:
            return "vanishing"
        return "exploding" if ratio > self.high else "ok"

    def dead_share(self, acts):
        alive = np.any(acts != 0, axis=0)
        return 1 - np.mean(alive)
