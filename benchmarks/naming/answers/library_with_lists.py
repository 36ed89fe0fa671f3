# answers: 11_library
# stacks of caches, gradients by name, a fit that keeps the best weights
import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self.f, self.b = forward, backward
        self.params = {} if params is None else params
        self.settings = settings
        self.grads = {}
        self.stack = []
        self.clear()

    def clear(self):
        self.stack = []
        for key, w in self.params.items():
            self.grads[key] = np.zeros_like(w)

    def forward(self, x, train=True):
        inputs = [x, *self.params.values()]
        if self.settings is not None:
            self.settings["mode"] = "train" if train else "test"
            inputs.append(self.settings)
        out, cache = self.f(*inputs)
        if train:
            self.stack.append(cache)
        return out

    def backward(self, dout):
        back = self.b(dout, self.stack.pop())
        if not isinstance(back, (tuple, list)):
            return back
        dx, rest = back[0], back[1:]
        for key, g in zip(self.params, rest):
            self.grads[key] = self.grads[key] + g
        return dx


class Sequential:
    def __init__(self, layers, criterion):
        self.layers = layers
        self.criterion = criterion

    def walk(self):
        out, known = [], []
        for k, layer in enumerate(self.layers):
            for key, w in layer.params.items():
                if not any(w is other for other in known):
                    known.append(w)
                    out.append((str(k) + "." + key, w))
        return out

    def scores(self, X, train=False):
        h = X
        for layer in self.layers:
            h = layer.forward(h, train)
        return h

    def loss(self, X, y):
        for layer in self.layers:
            layer.clear()
        loss, d = self.criterion(self.scores(X, True), y)
        for layer in self.layers[::-1]:
            d = layer.backward(d)
        grads, done = {}, []
        for name, w in self.walk():
            grads[name] = np.zeros_like(w)
        for layer in self.layers:
            if any(layer is other for other in done):
                continue
            done.append(layer)
            for key, w in layer.params.items():
                name = [n for n, other in self.walk() if other is w][0]
                grads[name] += layer.grads[key]
        return loss, grads

    def value(self, X, y):
        return self.criterion(self.scores(X, False), y)[0]


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    configs = {name: dict(settings) for name, _ in model.walk()}
    losses, values = [], []
    best, kept = 0, {}
    for epoch in range(epochs):
        order = rng.permutation(len(X))
        total = 0.0
        for lo in range(0, len(X), size):
            rows = order[lo : lo + size]
            loss, grads = model.loss(X[rows], y[rows])
            total += loss * len(rows)
            scale = 1.0
            if clip is not None:
                norm = np.sqrt(sum(np.sum(g * g) for g in grads.values()))
                if norm > clip:
                    scale = clip / norm
            for name, w in model.walk():
                if schedule is not None:
                    configs[name]["learning_rate"] = schedule(epoch)
                new, configs[name] = optimiser(w, scale * grads[name], configs[name])
                w[...] = new
        losses.append(total / len(X))
        values.append(model.value(X_val, y_val))
        if values[epoch] < values[best] or not kept:
            best = epoch
            kept = {name: w.copy() for name, w in model.walk()}
    for name, w in model.walk():
        w[...] = kept[name]
    return {"loss": losses, "val": values, "best": best}, dict(model.walk())


def standardise(X, X_val):
    mean = X.mean(axis=0)
    std = X.std(axis=0)
    std[std == 0] = 1
    return (X - mean) / std, (X_val - mean) / std


def over_seeds(run, seeds):
    runs = np.sort([run(s) for s in seeds])
    return np.median(runs), runs[0], runs[-1]
