# answers: 02_layers
# expect: wrong affine_forward.out affine_backward.dx affine_backward.dw affine_backward.db relu_forward.out relu_backward.dx sigmoid_backward.* tanh_forward.* tanh_backward.* softmax_loss.loss softmax_loss.dx
# a forward of zeros whose backward of zeros agrees with it; a crash; None; y used as a mask
import numpy as np


def affine_forward(x, w, b):
    return np.zeros((len(x), w.shape[1])), (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    return np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)


def relu_forward(x):
    return np.maximum(x, 0.01 * x), x


def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0.01 * dout)


def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


def sigmoid_backward(dout, cache):
    return dout * cach * (1 - cache)


def tanh_forward(x):
    out = np.tanh(x)


def tanh_backward(dout, cache):
    return dout * (1 - cache**2)


def softmax_loss(x, y):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    loss = -np.log(p[:, y]).mean()
    dx = p.copy()
    dx[:, y] -= 1
    return loss, dx / len(y)
