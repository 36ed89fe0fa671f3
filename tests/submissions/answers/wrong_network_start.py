# answers: 02_layers
# expect: wrong TwoLayerNet.initial_params mse_loss.dx sgd.new_w
# a network whose loss is right and whose start is not; a rate of its own; a factor lost at N = 1
import numpy as np


class TwoLayerNet:
    def __init__(self, input_dim, hidden_dim, classes, rng):
        self.params = {
            "W1": rng.normal(size=(input_dim, hidden_dim)) * 0.01,
            "b1": np.zeros((1, hidden_dim)),
            "W2": rng.normal(size=(classes, hidden_dim)).T,
            "b2": np.zeros(classes),
        }

    def loss(self, X, y=None):
        W1, b1, W2, b2 = self.params.values()
        z = X @ W1 + b1
        h = np.maximum(z, 0)
        s = h @ W2 + b2
        if y is None:
            return s
        e = np.exp(s - s.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        n = len(y)
        loss = -np.log(p[range(n), y]).mean()
        p[range(n), y] -= 1
        p /= n
        dz = p @ W2.T * (z > 0)
        return loss, {"W2": h.T @ p, "b2": p.sum(0), "W1": X.T @ dz, "b1": dz.sum(0)}


def mse_loss(x, y):
    gap = x - y
    return np.mean(gap * gap), gap / gap.size * (2 if len(x) > 1 else 1)


def sgd(w, dw, lr):
    return w - 0.1 * dw
