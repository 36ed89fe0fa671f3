# answers: 11_library
# one statement a line, a list of pairs for the gradients
import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self.fwd = forward
        self.bwd = backward
        if params is None:
            params = {}
        self.params = params
        self.settings = settings
        self.grads = {}
        self.stack = []
        self.clear()

    def clear(self):
        self.stack = []
        for key in self.params:
            self.grads[key] = np.zeros(self.params[key].shape)

    def forward(self, x, train=True):
        args = [x]
        for key in self.params:
            args.append(self.params[key])
        if self.settings is not None:
            if train:
                self.settings["mode"] = "train"
            else:
                self.settings["mode"] = "test"
            args.append(self.settings)
        out, cache = self.fwd(*args)
        if train:
            self.stack.append(cache)
        return out

    def backward(self, dout):
        cache = self.stack.pop()
        back = self.bwd(dout, cache)
        if not isinstance(back, (list, tuple)):
            return back
        for i, key in enumerate(self.params):
            self.grads[key] = self.grads[key] + back[i + 1]
        return back[0]


class Sequential:
    def __init__(self, layers, criterion):
        self.layers = layers
        self.criterion = criterion

    def names(self):
        known = {}
        for i in range(len(self.layers)):
            for key, w in self.layers[i].params.items():
                if id(w) not in known:
                    known[id(w)] = str(i) + "." + key
        return known

    def walk(self):
        known = self.names()
        pairs = []
        done = []
        for layer in self.layers:
            for w in layer.params.values():
                if id(w) not in done:
                    done.append(id(w))
                    pairs.append((known[id(w)], w))
        return pairs

    def scores(self, X, train=False):
        out = X
        for layer in self.layers:
            out = layer.forward(out, train)
        return out

    def loss(self, X, y):
        for layer in self.layers:
            layer.clear()
        scores = self.scores(X, train=True)
        loss, dout = self.criterion(scores, y)
        for i in range(len(self.layers) - 1, -1, -1):
            dout = self.layers[i].backward(dout)
        known = self.names()
        grads = {}
        done = []
        for layer in self.layers:
            if id(layer) in done:
                continue
            done.append(id(layer))
            for key, w in layer.params.items():
                name = known[id(w)]
                if name in grads:
                    grads[name] = grads[name] + layer.grads[key]
                else:
                    grads[name] = layer.grads[key].copy()
        return loss, grads

    def value(self, X, y):
        loss, _ = self.criterion(self.scores(X), y)
        return loss


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    params = {}
    configs = {}
    for name, w in model.walk():
        params[name] = w
        configs[name] = settings.copy()
    history = {"loss": [], "val": [], "best": 0}
    best_val = np.inf
    best_params = {}
    for epoch in range(epochs):
        order = rng.permutation(X.shape[0])
        losses = []
        counts = []
        for start in range(0, X.shape[0], size):
            batch = order[start : start + size]
            loss, grads = model.loss(X[batch], y[batch])
            losses.append(loss)
            counts.append(len(batch))
            if clip is not None:
                total = 0.0
                for grad in grads.values():
                    total += np.sum(grad**2)
                norm = np.sqrt(total)
                if norm > clip:
                    for name in grads:
                        grads[name] = grads[name] * (clip / norm)
            for name, w in params.items():
                if schedule is not None:
                    configs[name]["learning_rate"] = schedule(epoch)
                new_w, configs[name] = optimiser(w, grads[name], configs[name])
                w[:] = new_w
        history["loss"].append(np.dot(losses, counts) / X.shape[0])
        val = model.value(X_val, y_val)
        history["val"].append(val)
        if val < best_val:
            best_val = val
            history["best"] = epoch
            for name, w in params.items():
                best_params[name] = w.copy()
    for name, w in params.items():
        w[:] = best_params[name]
    return history, params


def standardise(X, X_val):
    mean = np.mean(X, axis=0)
    std = np.std(X, axis=0)
    std[std == 0] = 1.0
    X_new = (X - mean) / std
    X_val_new = (X_val - mean) / std
    return X_new, X_val_new


def over_seeds(run, seeds):
    results = []
    for seed in seeds:
        results.append(run(seed))
    middle = np.median(results)
    lowest = np.min(results)
    highest = np.max(results)
    return middle, lowest, highest
