# answers: 11_library
# units, seeds and layers with an attribute for everything
import numpy as np


def standardise(X, X_val):
    mean = np.zeros(X.shape[1])
    std = np.ones(X.shape[1])
    for j in range(X.shape[1]):
        mean[j] = np.mean(X[:, j])
        spread = np.std(X[:, j])
        if spread > 0:
            std[j] = spread
    return (X - mean) / std, (X_val - mean) / std


def over_seeds(run, seeds):
    results = np.zeros(len(seeds))
    for k, seed in enumerate(seeds):
        results[k] = run(seed)
    return np.median(results), results.min(), results.max()


class Layer:
    def __init__(self, forward, backward, params=None, settings=None):
        self._forward = forward
        self._backward = backward
        self.params = params or {}
        self.settings = settings
        self.clear()

    def clear(self):
        self.caches = []
        self.grads = {}
        for name in self.params:
            self.grads[name] = np.zeros(self.params[name].shape)

    def forward(self, x, train=True):
        arguments = [self.params[name] for name in self.params]
        if self.settings is not None:
            self.settings["mode"] = "train" if train else "test"
            arguments = arguments + [self.settings]
        out, cache = self._forward(x, *arguments)
        if train:
            self.caches.append(cache)
        return out

    def backward(self, dout):
        cache = self.caches.pop()
        result = self._backward(dout, cache)
        if not self.params:
            return result[0] if isinstance(result, tuple) else result
        dx = result[0]
        for k, name in enumerate(self.params):
            self.grads[name] += result[k + 1]
        return dx
