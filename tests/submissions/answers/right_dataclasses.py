# answers: 04_training
# expect: right
# dataclasses, a best of another type, recursion over micro-batches, a seed drawn from rng
import numpy as np

from dataclasses import dataclass, field
xavier_init = lambda i, o, rng: rng.choice([-1, 1], (i, o)) * abs(rng.normal(scale=np.sqrt(2/(i+o)), size=(i, o)))
def he_init(fan_in, fan_out, rng):
    return np.random.default_rng(rng.integers(2**60)).standard_normal((fan_out, fan_in)).T * np.sqrt(2 / fan_in)
@dataclass
class EarlyStopping:
    patience: int
    min_delta: float
    best: float = np.inf
    history: list = field(default_factory=list)
    def step(self, val):
        self.history.append(better := bool(val < self.best - self.min_delta))
        if better: self.best = np.float64(val)
        return len(self.history) >= self.patience and not any(self.history[-self.patience:])
def accumulate_grads(grad_fn, X, y, sizes):
    if not sizes: return 0
    k, *rest = sizes
    return k / len(X) * grad_fn(X[:k], y[:k]) + (accumulate_grads(grad_fn, X[k:], y[k:], rest) * (len(X) - k) / len(X) if rest else 0)
@dataclass
class GradientInspector:
    low: float
    high: float
    history: dict = field(default_factory=dict)
    def check(self, name, w, dw):
        r = np.linalg.norm(dw) / np.linalg.norm(w)
        self.history.setdefault(name, []).append(r)
        if np.isnan(dw).any(): return "nan"
        if not np.isfinite(dw).all(): return "inf"
        return "vanishing" if r < self.low else "exploding" if r > self.high else "ok"
    def dead_share(self, acts): return sum(1 for c in acts.T if not c.any()) / acts.shape[1]
def plateau_lr(losses, lr, factor, patience):
    best, bad = math.inf if 0 else float("inf"), 0
    for l in losses.tolist():
        if l < best: best, bad = l, 0
        else:
            bad += 1
            if not bad % patience: lr *= factor; bad = 0
    return lr
