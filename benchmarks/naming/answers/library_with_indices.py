# answers: 11_library
# loops over positions and names, lists of caches, flags for the best epoch, an own helper for lengths
import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self.forward_function = forward
        self.backward_function = backward
        if params is None:
            params = {}
        self.params = params
        self.settings = settings
        self.names = list(params)
        self.clear()

    def clear(self):
        self.caches = []
        self.grads = {}
        for name in self.names:
            self.grads[name] = 0 * self.params[name]

    def forward(self, x, train=True):
        arguments = [x]
        for name in self.names:
            arguments.append(self.params[name])
        if self.settings is not None:
            self.settings["mode"] = "train" if train else "test"
            arguments.append(self.settings)
        out, cache = self.forward_function(*arguments)
        if train:
            self.caches.append(cache)
        return out

    def backward(self, dout):
        cache = self.caches[-1]
        del self.caches[-1]
        grads = self.backward_function(dout, cache)
        if not isinstance(grads, (list, tuple)):
            return grads
        for i in range(len(self.names)):
            name = self.names[i]
            self.grads[name] = self.grads[name] + grads[i + 1]
        return grads[0]


class Sequential:
    def __init__(self, layers, criterion):
        self.layers = layers
        self.criterion = criterion

    def walk(self):
        pairs = []
        for i in range(len(self.layers)):
            for name, array in self.layers[i].params.items():
                known = False
                for _, other in pairs:
                    if other is array:
                        known = True
                if not known:
                    pairs.append((f"{i}.{name}", array))
        return pairs

    def scores(self, X, train=False):
        out = X
        for layer in self.layers:
            out = layer.forward(out, train)
        return out

    def loss(self, X, y):
        for layer in self.layers:
            layer.clear()
        scores = self.scores(X, True)
        loss, dout = self.criterion(scores, y)
        for i in range(len(self.layers) - 1, -1, -1):
            dout = self.layers[i].backward(dout)
        grads = {}
        for full_name, array in self.walk():
            grads[full_name] = np.zeros(array.shape)
            done = []
            for layer in self.layers:
                if any(layer is other for other in done):
                    continue
                done.append(layer)
                for name in layer.params:
                    if layer.params[name] is array:
                        grads[full_name] += layer.grads[name]
        return loss, grads

    def value(self, X, y):
        scores = self.scores(X, False)
        loss, _ = self.criterion(scores, y)
        return loss


def check_model(model, X, y, k, rng):
    h = 1e-5
    right = {}
    loss, found = model.loss(X, y)
    grads = {name: np.array(found[name], dtype=float) for name in found}
    for name, w in model.walk():
        if grads[name].shape != w.shape:
            right[name] = False
            continue
        places = rng.permutation(w.size)[:k]
        claimed, measured = [], []
        for i in places:
            place = np.unravel_index(i, w.shape)
            old = w[place]
            w[place] = old + h
            above = model.loss(X, y)[0]
            w[place] = old - h
            below = model.loss(X, y)[0]
            w[place] = old
            right_slope = (above - loss) / h
            left_slope = (loss - below) / h
            if abs(right_slope - left_slope) > 1e-4 + 1e-3 * (abs(right_slope) + abs(left_slope)):
                continue
            claimed.append(grads[name][place])
            measured.append((above - below) / (2 * h))
        claimed, measured = np.array(claimed), np.array(measured)
        gap = np.sqrt(np.sum((claimed - measured) ** 2))
        size = np.sqrt(np.sum(claimed**2)) + np.sqrt(np.sum(measured**2))
        right[name] = bool(gap < 1e-6 * size + 1e-8)
    return right


def length_of(grads):
    total = 0.0
    for grad in grads.values():
        total += float(np.sum(grad**2))
    return total**0.5


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    params = dict(model.walk())
    configs = {}
    for name in params:
        configs[name] = settings.copy()
    losses, vals = [], []
    lowest, best, best_params = float("inf"), 0, {}
    N = len(X)
    for epoch in range(epochs):
        order = rng.permutation(N)
        total = 0.0
        if schedule is not None:
            for name in params:
                configs[name]["learning_rate"] = schedule(epoch)
        start = 0
        while start < N:
            chosen = order[start : start + size]
            loss, grads = model.loss(X[chosen], y[chosen])
            total += loss * len(chosen)
            if clip is not None:
                length = length_of(grads)
                if length > clip:
                    for name in grads:
                        grads[name] = grads[name] * (clip / length)
            for name in params:
                new_w, new_config = optimiser(params[name], grads[name], configs[name])
                params[name][...] = new_w
                configs[name] = new_config
            start += size
        losses.append(float(total / N))
        val = float(model.value(X_val, y_val))
        vals.append(val)
        if val < lowest or epoch == 0:
            lowest = val
            best = epoch
            for name in params:
                best_params[name] = params[name].copy()
    for name in params:
        params[name][...] = best_params[name]
    history = {"loss": losses, "val": vals, "best": best}
    return history, params


def standardise(X, X_val):
    N, D = X.shape
    new_X = np.zeros((N, D))
    new_val = np.zeros(X_val.shape)
    for d in range(D):
        mean = X[:, d].mean()
        std = X[:, d].std()
        if np.all(X[:, d] == X[0, d]):
            mean, std = X[0, d], 1.0
        new_X[:, d] = (X[:, d] - mean) / std
        new_val[:, d] = (X_val[:, d] - mean) / std
    return new_X, new_val


def over_seeds(run, seeds):
    results = []
    for seed in seeds:
        results.append(float(run(seed)))
    results.sort()
    n = len(results)
    if n % 2 == 1:
        median = results[n // 2]
    else:
        median = 0.5 * (results[n // 2 - 1] + results[n // 2])
    return median, results[0], results[-1]
