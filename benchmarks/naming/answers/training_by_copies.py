# answers: 04_training
# new dicts for the state, generators and recursion for the schedules, counters that count down
import math

import numpy as np


def gaussian(shape, variance, rng):
    return rng.standard_normal(shape) * math.sqrt(variance)


def xavier_init(fan_in, fan_out, rng):
    mean_fan = 0.5 * (fan_in + fan_out)
    return gaussian((fan_in, fan_out), 1.0 / mean_fan, rng)


def he_init(fan_in, fan_out, rng):
    return gaussian((fan_in, fan_out), 2.0 / fan_in, rng)


def sgd_momentum(w, dw, config):
    state = dict(config)
    speed = state.setdefault("velocity", np.zeros_like(w))
    speed = speed * state["momentum"]
    speed = speed - state["learning_rate"] * dw
    state["velocity"] = speed
    return w + speed, state


def rmsprop(w, dw, config):
    keep = config["decay_rate"]
    old = config["cache"] if "cache" in config else np.zeros(w.shape)
    squares = old + (1 - keep) * (dw * dw - old)
    scale = np.sqrt(squares) + config["epsilon"]
    step = config["learning_rate"] / scale * dw
    return w - step, {**config, "cache": squares}


def adam(w, dw, config):
    state = {"m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0, **config}
    state["t"] += 1
    moments = []
    for key, beta, power in (("m", "beta1", 1), ("v", "beta2", 2)):
        rate = state[beta]
        state[key] = rate * state[key] + (1 - rate) * dw**power
        moments.append(state[key] / (1 - rate ** state["t"]))
    first, second = moments
    step = state["learning_rate"] * first / (np.sqrt(second) + state["epsilon"])
    return w - step, state


def cosine_lr(t, T, hi, lo):
    share = math.cos(0.5 * math.pi * t / T) ** 2
    return share * hi + (1 - share) * lo


def warm_restart_lr(t, T0, mult, hi, lo):
    if t < T0:
        return cosine_lr(t, T0, hi, lo)
    return warm_restart_lr(t - T0, T0 * mult, mult, hi, lo)


def plateau_lr(losses, lr, factor, patience):
    lowest = float("inf")
    left = patience
    for value in losses:
        better = value < lowest
        lowest = min(lowest, value)
        left = patience if better else left - 1
        if left == 0:
            lr *= factor
            left = patience
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.min_delta, self.patience = min_delta, patience
        self.best = float("inf")
        self.left = patience

    def step(self, val):
        limit = self.best - self.min_delta
        if val < limit:
            self.best = val
            self.left = self.patience
            return False
        self.left -= 1
        return self.left <= 0


def accumulate_grads(grad_fn, X, y, sizes):
    edges = np.cumsum(sizes)[:-1]
    parts = zip(np.split(X, edges), np.split(y, edges))
    weighted = [len(inputs) * grad_fn(inputs, targets) for inputs, targets in parts]
    return np.sum(weighted, axis=0) / len(y)


class GradientInspector:
    def __init__(self, low, high):
        self.range = (low, high)
        self.history = {}

    def check(self, name, w, dw):
        ratio = float(np.sqrt(np.sum(dw**2)) / np.sqrt(np.sum(w**2)))
        self.history[name] = [*self.history.get(name, []), ratio]
        if np.any(dw != dw):
            return "nan"
        if np.max(np.abs(dw)) == np.inf:
            return "inf"
        low, high = self.range
        if ratio < low:
            return "vanishing"
        return "exploding" if ratio > high else "ok"

    def dead_share(self, acts):
        largest = np.max(np.abs(acts), axis=0)
        return float(np.mean(largest == 0))
