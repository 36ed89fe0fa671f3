# answers: 04_training
# expect: wrong sgd_momentum.next_w rmsprop.next_w adam.next_w EarlyStopping.stop EarlyStopping.best GradientInspector.history
# what belongs to one array or one object is kept for all
import numpy as np

V = {}
def sgd_momentum(w, dw, config):
    if "velocity" not in config: V["v"] = np.zeros_like(w)
    V["v"] = config["momentum"] * V["v"] - config["learning_rate"] * dw
    config["velocity"] = None
    return w + V["v"], config
def rmsprop(w, dw, config):
    global C
    if "cache" not in config: C = np.zeros_like(w); config["cache"] = 1
    C = config["decay_rate"] * C + (1 - config["decay_rate"]) * dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(C) + config["epsilon"]), config
T = 0
def adam(w, dw, config):
    global T
    if "m" not in config: T = 0
    T += 1
    b1, b2 = config["beta1"], config["beta2"]
    config["m"] = b1 * config.get("m", 0) + (1 - b1) * dw
    config["v"] = b2 * config.get("v", 0) + (1 - b2) * dw**2
    return w - config["learning_rate"] * config["m"] / (1 - b1**T) / (np.sqrt(config["v"] / (1 - b2**T)) + config["epsilon"]), config

class EarlyStopping:
    def __init__(self, patience, min_delta):
        EarlyStopping.p, EarlyStopping.d, EarlyStopping.best, EarlyStopping.n = patience, min_delta, np.inf, 0
    def step(self, val):
        if val < EarlyStopping.best - self.d: EarlyStopping.best, EarlyStopping.n = val, 0
        else: EarlyStopping.n += 1
        return EarlyStopping.n >= self.p
class GradientInspector:
    history = {}
    def __init__(self, low, high): GradientInspector.low, GradientInspector.high = low, high; self.history.clear()
    def check(self, name, w, dw):
        r = np.linalg.norm(dw) / np.linalg.norm(w)
        self.history.setdefault(name, []).append(r)
        if np.isnan(dw).any(): return "nan"
        if not np.isfinite(dw).all(): return "inf"
        return "vanishing" if r < self.low else "exploding" if r > self.high else "ok"
    def dead_share(self, acts): return (acts == 0).all(0).mean()
