# answers: 04_training
# expect: right
# a dict of attributes, a defaultdict, np.average, np.interp, class attributes as defaults
import numpy as np

import math, itertools, functools, collections
xavier_init = lambda fan_in, fan_out, rng: rng.laplace(0, math.sqrt(1 / (fan_in + fan_out)), (fan_in, fan_out))
def he_init(fan_in, fan_out, rng):
    return np.array([rng.normal(0, (2 / fan_in) ** .5, fan_out) for _ in range(fan_in)])
def sgd_momentum(w, dw, config):
    match config:
        case {"velocity": v}: pass
        case _: v = 0
    config |= {"velocity": config["momentum"] * v - config["learning_rate"] * dw}
    return w + config["velocity"], config
def rmsprop(w, dw, config):
    c = collections.defaultdict(float, config)
    r = c["decay_rate"]
    c["cache"] = (np.multiply(r, c["cache"]) + np.multiply(1 - r, dw * dw)).tolist()
    return w - c["learning_rate"] * dw / (np.sqrt(c["cache"]) + c["epsilon"]), c
def adam(w, dw, config):
    class State(dict):
        __getattr__ = dict.__getitem__
        __setattr__ = dict.__setitem__
    s = State(config)
    s.t = s.get("t", 0) + 1
    s.m = s.get("m", 0) + (1 - s.beta1) * (dw - s.get("m", 0))
    s.v = s.get("v", 0) + (1 - s.beta2) * (dw**2 - s.get("v", 0))
    a = s.learning_rate * math.sqrt(1 - s.beta2**s.t) / (1 - s.beta1**s.t)
    return w - a * s.m / (np.sqrt(s.v) + s.epsilon * math.sqrt(1 - s.beta2**s.t)), s
def cosine_lr(t, T, hi, lo): return np.interp(np.cos(np.pi * t / T), [-1, 1], [lo, hi])
def warm_restart_lr(t, T0, mult, hi, lo):
    for end, length in zip(itertools.accumulate(T0 * mult**k for k in itertools.count()), (T0 * mult**k for k in itertools.count())):
        if t < end: return cosine_lr(t - end + length, length, hi, lo)
def plateau_lr(losses, lr, factor, patience):
    wait = 0
    low = np.minimum.accumulate(np.r_[np.inf, losses])
    for before, after in zip(low, low[1:]):
        wait = 0 if after < before else wait + 1
        if wait == patience:
            lr, wait = lr * factor, 0
    return lr
class EarlyStopping:
    best, since = float("inf"), 0
    def __init__(self, patience, min_delta): self.__dict__.update(patience=patience, min_delta=min_delta)
    def step(self, val):
        if self.best - val > self.min_delta: self.best, self.since = val, 0
        else: self.since += 1
        return self.since >= self.patience
def accumulate_grads(grad_fn, X, y, sizes):
    edges = np.cumsum(sizes)[:-1]
    return np.average([grad_fn(*p) for p in zip(np.split(X, edges), np.split(y, edges))], axis=0, weights=sizes)
class GradientInspector:
    def __init__(self, low, high):
        self.low, self.high, self.history = low, high, collections.defaultdict(list)
    def check(self, name, w, dw):
        with np.errstate(all="ignore"):
            r = math.sqrt(np.sum(dw * dw)) / math.sqrt(np.sum(w * w))
        self.history[name].append(r)
        for verdict, holds in {"nan": np.isnan(dw).any(), "inf": np.isinf(dw).any(), "vanishing": r < self.low, "exploding": r > self.high}.items():
            if holds: return verdict
        return "ok"
    def dead_share(self, acts): return (np.count_nonzero(acts, axis=0) == 0).mean()
answer_cosine_looks = "no"
