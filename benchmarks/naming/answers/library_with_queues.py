# answers: 11_library
# deques for the uses, generators for batches and parameters, small methods, running values in dicts
from collections import deque

import numpy as np


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self.go, self.back = forward, backward
        self.params = params if params is not None else {}
        self.settings = settings
        self.clear()

    def clear(self):
        self.uses = deque()
        self.grads = {}
        for key, value in self.params.items():
            self.grads[key] = np.zeros(value.shape)

    def extras(self, train):
        yield from self.params.values()
        if self.settings is not None:
            self.settings["mode"] = ("test", "train")[bool(train)]
            yield self.settings

    def forward(self, x, train=True):
        out, note = self.go(x, *self.extras(train))
        if train:
            self.uses.appendleft(note)
        return out

    def backward(self, dout):
        result = self.back(dout, self.uses.popleft())
        if not self.params:
            return result[0] if isinstance(result, (tuple, list)) else result
        dx = result[0]
        for key, extra in zip(self.params, result[1:]):
            self.grads[key] = np.add(self.grads[key], extra)
        return dx


class Sequential:
    def __init__(self, layers, criterion):
        self.layers = layers
        self.criterion = criterion

    def every(self):
        for position, layer in enumerate(self.layers):
            for key in layer.params:
                yield position, key, layer

    def walk(self):
        known = {}
        for position, key, layer in self.every():
            array = layer.params[key]
            if id(array) not in known:
                known[id(array)] = (f"{position}.{key}", array)
        return list(known.values())

    def scores(self, X, train=False):
        signal = X
        for layer in self.layers:
            signal = layer.forward(signal, train)
        return signal

    def loss(self, X, y):
        for layer in self.layers:
            layer.clear()
        loss, up = self.criterion(self.scores(X, train=True), y)
        for layer in self.layers[::-1]:
            up = layer.backward(up)
        grads, counted = {}, []
        name_of = {id(array): name for name, array in self.walk()}
        for _, key, layer in self.every():
            if (id(layer), key) in counted:
                continue
            counted.append((id(layer), key))
            name = name_of[id(layer.params[key])]
            grads[name] = grads.get(name, 0.0) + layer.grads[key]
        return loss, grads

    def value(self, X, y):
        outcome = self.criterion(self.scores(X), y)
        return outcome[0]


def batches_of(order, size):
    todo = deque(order)
    while todo:
        yield np.array([todo.popleft() for _ in range(min(size, len(todo)))])


def clipped(grads, limit):
    squares = [np.sum(np.square(g)) for g in grads.values()]
    length = float(np.sqrt(np.sum(squares)))
    if limit is None or length <= limit:
        return grads
    return {key: g * (limit / length) for key, g in grads.items()}


def fit(model, batches, optimiser, settings, epochs, size, rng, schedule=None, clip=None):
    X, y, X_val, y_val = batches
    weights = dict(model.walk())
    states = {key: {**settings} for key in weights}
    history = {"loss": [], "val": [], "best": 0}
    champion = {}
    for epoch in range(epochs):
        seen, summed = 0, 0.0
        if schedule is not None:
            rate = schedule(epoch)
            for state in states.values():
                state["learning_rate"] = rate
        for rows in batches_of(rng.permutation(X.shape[0]), size):
            loss, grads = model.loss(X[rows], y[rows])
            summed += len(rows) * loss
            seen += len(rows)
            grads = clipped(grads, clip)
            for key in weights:
                fresh, states[key] = optimiser(weights[key], grads[key], states[key])
                np.copyto(weights[key], fresh)
        history["loss"].append(float(summed / seen))
        now = float(model.value(X_val, y_val))
        if not history["val"] or now < min(history["val"]):
            champion = {key: np.array(array) for key, array in weights.items()}
            history["best"] = epoch
        history["val"].append(now)
    for key, array in champion.items():
        np.copyto(weights[key], array)
    return history, weights


def standardise(X, X_val):
    centre = np.average(X, axis=0)
    spread = np.sqrt(np.average((X - centre) ** 2, axis=0))
    spread[X.min(axis=0) == X.max(axis=0)] = 1.0
    both = [(part - centre) / spread for part in (X, X_val)]
    return both[0], both[1]


def over_seeds(run, seeds):
    ranked = np.sort([run(seed) for seed in seeds])
    half = len(ranked) // 2
    if len(ranked) % 2:
        middle = ranked[half]
    else:
        middle = (ranked[half - 1] + ranked[half]) / 2
    return float(middle), float(ranked[0]), float(ranked[-1])
