# answers: 04_training
# expect: right
# uniform numbers, the old generator, single precision; config replaced or changed in place
import numpy as np


def xavier_init(fan_in, fan_out, rng):
    a = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-a, a, (fan_in, fan_out))


def he_init(fan_in, fan_out, rng):
    old = np.random.RandomState(rng.bit_generator)
    return (old.randn(fan_in, fan_out) * np.sqrt(2 / fan_in)).astype(np.float32)


def sgd_momentum(w, dw, config=None):
    v = config.setdefault("velocity", np.zeros_like(w))
    v *= config["momentum"]
    v -= config["learning_rate"] * dw
    w += v
    return w, config


def rmsprop(w, dw, config=None):
    config = dict(config)
    rho = config["decay_rate"]
    config["cache"] = rho * config.get("cache", 0.0) + (1 - rho) * np.square(dw)
    return w - config["learning_rate"] * dw / (config["cache"] ** 0.5 + config["epsilon"]), config


def warm_restart_lr(t, T0, mult, hi, lo):
    if t >= T0:
        return warm_restart_lr(t - T0, T0 * mult, mult, hi, lo)
    return np.float64(lo + (hi - lo) * np.cos(np.pi * t / T0 / 2) ** 2)


class EarlyStopping:
    def __init__(self, patience, min_delta=0.0):
        self.limits = patience, min_delta
        self.values = []

    @property
    def best(self):
        best = float("inf")
        for value in self.values:
            best = value if value < best - self.limits[1] else best
        return best

    def step(self, val):
        before = self.best
        self.values.append(val)
        self.since = 0 if self.best != before else getattr(self, "since", 0) + 1
        return np.bool_(self.since >= self.limits[0])
