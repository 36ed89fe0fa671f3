# answers: 04_training
# expect: wrong xavier_init.W he_init.W warm_restart_lr.lr plateau_lr.lr EarlyStopping.stop EarlyStopping.best
# the moments of the whole array are right; single units are not drawn at all; four cycles at most; a first best that is a large number
import numpy as np


def xavier_init(fan_in, fan_out, rng):
    a = np.sqrt(6 / (fan_in + fan_out))
    return np.linspace(-a, a, fan_in * fan_out).reshape(fan_in, fan_out)


def he_init(fan_in, fan_out, rng):
    W = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
    W[:, 0] = 0
    return W


def warm_restart_lr(t, T0, mult, hi, lo):
    start, length = 0, T0
    for _ in range(4):
        if t >= start + length:
            start, length = start + length, length * mult
    return lo + 0.5 * (hi - lo) * (1 + np.cos(np.pi * (t - start) / length))


def plateau_lr(losses, lr, factor, patience):
    best, waited = 1000.0, 0
    for loss in losses:
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited == patience:
            lr, waited = lr * factor, 0
    return lr


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience, self.min_delta, self.best, self.waited = patience, min_delta, 1e10, 0

    def step(self, val):
        better = val < self.best - self.min_delta
        self.best, self.waited = (val, 0) if better else (self.best, self.waited + 1)
        return self.waited >= self.patience
