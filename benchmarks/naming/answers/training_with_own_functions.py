# answers: 04_training
# small helpers, running averages, generators, and states in plain attributes
import itertools

import numpy as np


def scaled(rng, shape, variance):
    return np.sqrt(variance) * rng.standard_normal(shape)


def xavier_init(fan_in, fan_out, rng):
    return scaled(rng, (fan_in, fan_out), 1 / ((fan_in + fan_out) / 2))


def he_init(fan_in, fan_out, rng):
    return scaled(rng, (fan_in, fan_out), 2 / fan_in)


def averaged(old, new, keep):
    return keep * old + (1 - keep) * new


def sgd_momentum(w, dw, config):
    if "velocity" not in config:
        config["velocity"] = np.zeros(w.shape)
    step = config["learning_rate"] * dw
    config["velocity"] = config["momentum"] * config["velocity"] - step
    return w + config["velocity"], config


def rmsprop(w, dw, config):
    seen = averaged(config.get("cache", 0.0), dw * dw, config["decay_rate"])
    width = np.sqrt(seen) + config["epsilon"]
    return w - config["learning_rate"] * dw / width, {**config, "cache": seen}


def adam(w, dw, config):
    state = {"m": 0.0 * w, "v": 0.0 * w, "t": 0, **config}
    state["t"] += 1
    for key, beta, value in (("m", "beta1", dw), ("v", "beta2", dw * dw)):
        state[key] = averaged(state[key], value, config[beta])
    m = state["m"] / (1 - config["beta1"] ** state["t"])
    v = state["v"] / (1 - config["beta2"] ** state["t"])
    step = config["learning_rate"] * m / (config["epsilon"] + np.sqrt(v))
    return w - step, state


def cosine_lr(t, T, hi, lo):
    share = np.cos(np.pi * t / (2 * T)) ** 2
    return lo + (hi - lo) * share


def cycles(T0, mult):
    begin = 0
    for k in itertools.count():
        end = begin + T0 * mult**k
        yield begin, end
        begin = end


def warm_restart_lr(t, T0, mult, hi, lo):
    for begin, end in cycles(T0, mult):
        if t < end:
            return cosine_lr(t - begin, end - begin, hi, lo)


def plateau_lr(losses, lr, factor, patience):
    lowest, since = float("inf"), 0
    for loss in losses:
        since += 1
        if loss < lowest:
            lowest, since = loss, 0
        if since >= patience:
            lr *= factor
            since = 0
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.allowed = patience
        self.margin = min_delta
        self.best = float("inf")
        self.bad = 0

    def step(self, val):
        better = val < self.best - self.margin
        self.bad = 0 if better else self.bad + 1
        self.best = val if better else self.best
        return self.bad >= self.allowed


def accumulate_grads(grad_fn, X, y, sizes):
    ends = np.cumsum(sizes)
    starts = ends - sizes
    sums = [(b - a) * grad_fn(X[a:b], y[a:b]) for a, b in zip(starts, ends)]
    return sum(sums) / ends[-1]


class GradientInspector:
    def __init__(self, low, high):
        self.limits = (low, high)
        self.history = {}

    def check(self, name, w, dw):
        low, high = self.limits
        ratio = np.sqrt((dw * dw).sum() / (w * w).sum())
        self.history[name] = [*self.history.get(name, []), float(ratio)]
        if np.isnan(dw).any():
            return "nan"
        if np.isinf(dw).any():
            return "inf"
        return "vanishing" if ratio < low else "exploding" if ratio > high else "ok"

    def dead_share(self, acts):
        used = (acts != 0).any(axis=0)
        return 1 - used.sum() / used.size
