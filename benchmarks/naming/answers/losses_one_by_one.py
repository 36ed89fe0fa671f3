# answers: 02_layers
# losses by a loop over the examples, with one-hot targets
import numpy as np


def softmax_loss(x, y):
    n, c = x.shape
    total = 0.0
    dx = np.zeros(x.shape)
    for i in range(n):
        row = x[i] - np.max(x[i])
        p = np.exp(row) / np.sum(np.exp(row))
        total += np.log(np.sum(np.exp(row))) - row[y[i]]
        target = np.zeros(c)
        target[y[i]] = 1
        dx[i] = (p - target) / n
    return total / n, dx


def mse_loss(x, y):
    n = x.size
    d = x - y
    loss = np.sum(d * d) / n
    dx = d * (2 / n)
    return loss, dx


def svm_loss(x, y):
    n, c = x.shape
    loss = 0.0
    dx = np.zeros(x.shape)
    for i in range(n):
        for j in range(c):
            if j == y[i]:
                continue
            margin = x[i, j] - x[i, y[i]] + 1
            if margin > 0:
                loss += margin
                dx[i, j] += 1
                dx[i, y[i]] -= 1
    loss /= n
    dx /= n
    return loss, dx


def sgd(w, dw, lr):
    step = lr * dw
    return w - step
