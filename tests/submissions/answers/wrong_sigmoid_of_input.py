# answers: 02_layers
# expect: wrong sigmoid_backward.dx tanh_backward.dx softmax_loss.loss
# the derivative of the sigmoid at its input; 1 - t instead of 1 - t²; the loss is summed
import numpy as np


def sigmoid_forward(x):
    out = np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))
    return out, x


def sigmoid_backward(dout, cache):
    return dout * cache * (1 - cache)


def tanh_forward(x):
    t = np.tanh(x)
    return t, t


def tanh_backward(dout, cache):
    return dout * (1 - cache)


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    logp = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    rows = np.arange(x.shape[0])
    loss = -np.sum(logp[rows, y])
    dx = np.exp(logp)
    dx[rows, y] -= 1
    return loss, dx / x.shape[0]
