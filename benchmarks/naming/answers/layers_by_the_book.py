# answers: 02_layers
# long names, one operation a line, the way lecture notes write it
import numpy as np


def affine_forward(x, w, b):
    num_examples = x.shape[0]
    rows = np.reshape(x, (num_examples, -1))
    product = np.matmul(rows, w)
    out = product + b[np.newaxis, :]
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    num_examples = x.shape[0]
    rows = np.reshape(x, (num_examples, -1))
    drows = np.matmul(dout, np.transpose(w))
    dx = np.reshape(drows, x.shape)
    dw = np.matmul(np.transpose(rows), dout)
    db = np.zeros_like(b)
    for i in range(num_examples):
        db += dout[i]
    return dx, dw, db


def softmax_loss(x, y):
    num_examples, num_classes = x.shape
    shifted = x - np.max(x, axis=1, keepdims=True)
    normaliser = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(normaliser)
    one_hot = np.eye(num_classes)[y]
    loss = -np.sum(one_hot * log_probs) / num_examples
    probs = np.exp(log_probs)
    dx = (probs - one_hot) / num_examples
    return loss, dx


def svm_loss(x, y):
    num_examples = x.shape[0]
    index = np.arange(num_examples)
    correct = x[index, y][:, np.newaxis]
    margins = np.maximum(0, x - correct + 1.0)
    margins[index, y] = 0
    loss = np.sum(margins) / num_examples
    dx = np.where(margins > 0, 1.0, 0.0)
    violations = np.sum(dx, axis=1)
    dx[index, y] = -violations
    dx = dx / num_examples
    return loss, dx


def gelu_forward(x):
    from math import sqrt

    phi = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        phi[place] = 0.5 * (1.0 + erf(x[place] / sqrt(2.0)))
    out = x * phi
    return out, (x, phi)


def gelu_backward(dout, cache):
    x, phi = cache
    density = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi)
    first = phi
    second = x * density
    dx = dout * (first + second)
    return dx


def sigma_net_backward(X, y, W1, b1, W2, b2):
    num_examples = X.shape[0]
    z = np.dot(X, W1) + b1
    h = 0.5 + 0.5 * np.tanh(z / 2)
    scores = np.dot(h, W2) + b2
    loss, dscores = softmax_loss(scores, y)
    dW2 = np.dot(h.T, dscores)
    db2 = np.sum(dscores, axis=0)
    dh = np.dot(dscores, W2.T)
    dz = dh * h * (1 - h)
    dW1 = np.dot(X.T, dz)
    db1 = np.sum(dz, axis=0)
    return loss, dW1, db1, dW2, db2
