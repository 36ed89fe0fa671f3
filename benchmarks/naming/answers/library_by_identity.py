# answers: 11_library
# arrays known by their id, dict comprehensions where short and loops where long, the best epoch by argmin
import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self.fwd = forward
        self.bwd = backward
        self.params = params if params is not None else {}
        self.settings = settings
        self.clear()

    def clear(self):
        self.stack = []
        self.grads = {k: np.zeros_like(p) for k, p in self.params.items()}

    def forward(self, x, train=True):
        args = list(self.params.values())
        if self.settings is not None:
            self.settings["mode"] = "train" if train else "test"
            args.append(self.settings)
        out, cache = self.fwd(x, *args)
        if train:
            self.stack.append(cache)
        return out

    def backward(self, dout):
        cache = self.stack.pop()
        result = self.bwd(dout, cache)
        if not isinstance(result, (tuple, list)):
            result = (result,)
        dx = result[0]
        for k, g in zip(self.params, result[1:]):
            self.grads[k] += g
        return dx


class Sequential:
    def __init__(self, layers, criterion):
        self.layers = layers
        self.criterion = criterion

    def walk(self):
        seen = set()
        found = []
        for i, layer in enumerate(self.layers):
            for k in layer.params:
                p = layer.params[k]
                if id(p) in seen:
                    continue
                seen.add(id(p))
                found.append((f"{i}.{k}", p))
        return found

    def scores(self, X, train=False):
        h = X
        for layer in self.layers:
            h = layer.forward(h, train)
        return h

    def loss(self, X, y):
        for layer in self.layers:
            layer.clear()
        s = self.scores(X, train=True)
        loss, d = self.criterion(s, y)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        sums = {}
        unique = {id(layer): layer for layer in self.layers}
        for layer in unique.values():
            for k, p in layer.params.items():
                sums[id(p)] = sums.get(id(p), 0) + layer.grads[k]
        grads = {}
        for name, p in self.walk():
            grads[name] = sums[id(p)]
        return loss, grads

    def value(self, X, y):
        s = self.scores(X)
        return self.criterion(s, y)[0]


def check_model(model, X, y, k, rng):
    h = 1e-5
    result = {}
    loss, grads = model.loss(X, y)
    grads = {name: np.array(g, dtype=float) for name, g in grads.items()}
    for name, p in model.walk():
        g = grads[name]
        if g.shape != p.shape:
            result[name] = False
            continue
        ana, num = [], []
        for i in rng.permutation(p.size)[:k]:
            ix = np.unravel_index(i, p.shape)
            old = p[ix]
            p[ix] = old + h
            up, _ = model.loss(X, y)
            p[ix] = old - h
            down, _ = model.loss(X, y)
            p[ix] = old
            # a kink lies between: both sides differ
            d1, d2 = (up - loss) / h, (loss - down) / h
            if abs(d1 - d2) > 1e-4 + 1e-3 * (abs(d1) + abs(d2)):
                continue
            ana.append(g[ix])
            num.append((up - down) / (2 * h))
        ana, num = np.array(ana), np.array(num)
        error = np.linalg.norm(ana - num)
        scale = np.linalg.norm(ana) + np.linalg.norm(num)
        result[name] = bool(error <= 1e-6 * scale + 1e-8)
    return result


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    params = dict(model.walk())
    configs = {name: dict(settings) for name in params}
    history = {"loss": [], "val": []}
    saved = []
    N = X.shape[0]
    for epoch in range(epochs):
        perm = rng.permutation(N)
        if schedule is not None:
            for config in configs.values():
                config["learning_rate"] = schedule(epoch)
        running = 0.0
        for start in range(0, N, size):
            ix = perm[start : start + size]
            loss, grads = model.loss(X[ix], y[ix])
            running += float(loss) * len(ix)
            if clip is not None:
                norm = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
                if norm > clip:
                    grads = {name: g * clip / norm for name, g in grads.items()}
            for name, p in params.items():
                new_p, configs[name] = optimiser(p, grads[name], configs[name])
                p[...] = new_p
        history["loss"].append(running / N)
        history["val"].append(float(model.value(X_val, y_val)))
        saved.append({name: p.copy() for name, p in params.items()})
    best = int(np.argmin(history["val"]))
    history["best"] = best
    for name, p in params.items():
        p[...] = saved[best][name]
    return history, params


def standardise(X, X_val):
    mean = X.mean(axis=0)
    std = X.std(axis=0)
    const = X.max(axis=0) == X.min(axis=0)
    mean = np.where(const, X[0], mean)
    std = np.where(const, 1.0, std)
    return (X - mean) / std, (X_val - mean) / std


def over_seeds(run, seeds):
    values = []
    for seed in seeds:
        values.append(run(seed))
    values = np.array(values)
    return float(np.median(values)), float(values.min()), float(values.max())
