# answers: 11_library
# expect: right
# a deque of caches, defaultdicts, one pass over id and owner, vectors in place of loops, statistics from the library
from collections import deque
from statistics import median

import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self._f, self._b = forward, backward
        self.params, self.settings = params or {}, settings
        self._pile = deque()
        self.grads = dict.fromkeys(self.params, 0)
        self.clear()

    def clear(self):
        self._pile.clear()
        for key in self.grads:
            self.grads[key] = 0 * self.params[key]
        return self

    def forward(self, x, train=True):
        extra = ()
        if self.settings is not None:
            self.settings.update(mode="train" if train else "test")
            extra = (self.settings,)
        out, *cache = self._f(x, *self.params.values(), *extra)
        if train:
            self._pile.appendleft(cache[0])
        return out

    def backward(self, dout):
        grads = self._b(dout, self._pile.popleft())
        if not self.params:
            return grads
        for key, grad in zip(self.params, grads[1:]):
            self.grads[key] += grad
        return grads[0]


class Sequential:
    def __init__(self, layers, criterion):
        self.net = tuple(layers)
        self.criterion = criterion

    def _owned(self):
        for place, layer in enumerate(self.net):
            for key, w in layer.params.items():
                yield f"{place}.{key}", w, layer.grads[key], layer

    def walk(self):
        once = {}
        for name, w, _, _ in self._owned():
            once.setdefault(id(w), (name, w))
        return list(once.values())

    def scores(self, X, train=False):
        for layer in self.net:
            X = layer.forward(X, train=train)
        return X

    def loss(self, X, y):
        [layer.clear() for layer in self.net]
        loss, d = self.criterion(self.scores(X, train=True), y)
        for layer in self.net[::-1]:
            d = layer.backward(d)
        first, grads, seen = {}, {}, []
        for name, w, grad, layer in self._owned():
            main = first.setdefault(id(w), name)
            if any(layer is other and w is v for other, v in seen):
                continue
            seen.append((layer, w))
            grads[main] = grads[main] + grad if main in grads else grad.copy()
        return loss, grads

    def value(self, X, y):
        loss, _ = self.criterion(self.scores(X), y)
        return loss


def check_model(model, X, y, k, rng):
    verdicts, h = {}, 1e-5
    base, grads = model.loss(X, y)
    for name, w in model.walk():
        g = np.asarray(grads[name])
        if np.shape(g) != np.shape(w):
            verdicts[name] = np.False_
            continue
        flat = w.reshape(-1)
        pairs = []
        for i in rng.permutation(flat.size)[:k]:
            keep = flat[i]
            values = []
            for shift in (h, -h):
                flat[i] = keep + shift
                values.append(model.loss(X, y)[0])
            flat[i] = keep
            up, down = (values[0] - base) / h, (base - values[1]) / h
            if abs(up - down) <= 1e-3 * (abs(up) + abs(down)) + 1e-4:
                pairs.append((g.ravel()[i], 0.5 * (up + down)))
        a, b = np.array(pairs).reshape(-1, 2).T
        verdicts[name] = np.linalg.norm(a - b) <= 1e-6 * (np.linalg.norm(a) + np.linalg.norm(b)) + 1e-8
    return verdicts


answer_uneven = 116 / 100


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    n = len(X)
    memory = {}
    curve, judged, kept = [], [], []
    for epoch in range(epochs):
        order, losses, counts = rng.permutation(n), [], []
        for part in np.split(order, range(size, n, size)):
            loss, grads = model.loss(X[part], y[part])
            losses.append(loss)
            counts.append(part.size)
            scale = 1.0
            if clip:
                norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
                scale = min(1.0, clip / norm) if norm else 1.0
            for name, w in model.walk():
                config = memory.get(name) or {**settings}
                if schedule:
                    config = {**config, "learning_rate": schedule(epoch)}
                new, memory[name] = optimiser(w.copy(), scale * grads[name], config)
                np.copyto(w, new)
        curve.append(np.average(losses, weights=counts))
        judged.append(model.value(X_val, y_val))
        kept.append([w.copy() for _, w in model.walk()])
    best = int(np.argmin(judged))
    for (_, w), good in zip(model.walk(), kept[best]):
        w[:] = good
    return {"loss": curve, "val": judged, "best": best, "epochs": epochs}, dict(model.walk())


def standardise(X, X_val):
    centre = np.average(X, axis=0)
    scale = np.sqrt(np.mean(np.square(X - centre), axis=0))
    scale[scale == 0] = 1
    return [(part - centre) / scale for part in (X, X_val)]


def over_seeds(run, seeds):
    numbers = sorted(map(run, seeds))
    return median(numbers), numbers[0], numbers[-1]
