# answers: 11_library
# expect: wrong Layer.grads Sequential.names_and_arrays Sequential.loss_and_gradients fit.history fit.weights fit.model standardise.X_val over_seeds.median
# walk gives copies, gradients of a second use overwrite, layers are not cleared, one config for all, validation data by their own mean
import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self.forward_function, self.backward_function = forward, backward
        self.params, self.settings = params or {}, settings
        self.clear()

    def clear(self):
        self.grads = {k: np.zeros(v.shape) for k, v in self.params.items()}
        self.stack = []

    def forward(self, x, train=True):
        args = [x, *self.params.values()]
        if self.settings is not None:
            self.settings["mode"] = "train" if train else "test"
            args.append(self.settings)
        out, cache = self.forward_function(*args)
        if train:
            self.stack.append(cache)
        return out

    def backward(self, dout):
        result = self.backward_function(dout, self.stack.pop())
        if not self.params:
            return result
        self.grads = dict(zip(self.params, result[1:]))
        return result[0]


class Sequential:
    def __init__(self, layers, criterion):
        self.layers, self.criterion = layers, criterion

    def walk(self):
        return [(name, w.copy()) for name, w in self._walk()]

    def _walk(self):
        seen, found = [], []
        for i, layer in enumerate(self.layers):
            for name, w in layer.params.items():
                if not any(w is v for v in seen):
                    seen.append(w)
                    found.append((f"{i}.{name}", w))
        return found

    def scores(self, X, train=False):
        for layer in self.layers:
            X = layer.forward(X, train)
        return X

    def loss(self, X, y):
        loss, d = self.criterion(self.scores(X, True), y)
        for layer in reversed(self.layers):
            d = layer.backward(d)
        grads = {}
        for name, w in self._walk():
            layers = {id(l): l for l in self.layers if any(w is v for v in l.params.values())}
            grads[name] = sum(l.grads[k] for l in layers.values() for k, v in l.params.items() if v is w)
        return loss, grads

    def value(self, X, y):
        return self.criterion(self.scores(X), y)[0]


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    config = dict(settings)
    history = {"loss": [], "val": [], "best": 0}
    for epoch in range(epochs):
        order, losses = rng.permutation(len(X)), []
        for i in range(0, len(X), size):
            part = order[i : i + size]
            loss, grads = model.loss(X[part], y[part])
            losses.append(loss)
            if clip is not None:
                norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
                grads = {k: g * min(1, clip / norm) for k, g in grads.items()}
            if schedule is not None:
                config["learning_rate"] = schedule(epoch)
            for name, w in model.walk():
                w[...], config = optimiser(w, grads[name], config)
        history["loss"].append(np.mean(losses))
        history["val"].append(model.value(X_val, y_val))
        if history["val"][-1] <= min(history["val"]):
            history["best"], best = epoch, {k: w.copy() for k, w in model.walk()}
    for name, w in model.walk():
        w[...] = best[name]
    return history, best


def standardise(X, X_val):
    def unit(A):
        std = A.std(axis=0)
        return (A - A.mean(axis=0)) / np.where(std == 0, 1, std)

    return unit(X), unit(X_val)


def over_seeds(run, seeds):
    results = [run(s) for s in seeds]
    return sum(results) / len(results), min(results), max(results)
