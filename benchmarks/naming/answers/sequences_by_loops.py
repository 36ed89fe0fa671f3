# answers: 06_rnn
# everything over time by loops
import numpy as np


def word_embedding_forward(x, W):
    N, T = x.shape
    out = np.zeros((N, T, W.shape[1]))
    for n in range(N):
        for t in range(T):
            out[n, t] = W[x[n, t]]
    return out, (x, W.shape)


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    for n in range(x.shape[0]):
        for t in range(x.shape[1]):
            dW[x[n, t]] += dout[n, t]
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    out = np.zeros((N, T, len(b)))
    for t in range(T):
        out[:, t] = np.dot(x[:, t], w) + b
    return out, (x, w, b)


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(b.shape)
    for t in range(x.shape[1]):
        dx[:, t] = np.dot(dout[:, t], w.T)
        dw += np.dot(x[:, t].T, dout[:, t])
        db += np.sum(dout[:, t], axis=0)
    return dx, dw, db


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    loss = 0.0
    dx = np.zeros(x.shape)
    for t in range(T):
        scores = x[:, t] - x[:, t].max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        picked = logs[np.arange(N), y[:, t]]
        loss -= np.sum(picked * mask[:, t]) / N
        probs[np.arange(N), y[:, t]] -= 1
        dx[:, t] = probs * mask[:, t].reshape(N, 1) / N
    return loss, dx


def clip_grad_norm(grads, max_norm):
    total = 0.0
    for g in grads.values():
        total += np.sum(g * g)
    norm = np.sqrt(total)
    if norm <= max_norm:
        return dict(grads), norm
    clipped = {}
    for key, g in grads.items():
        clipped[key] = g * max_norm / norm
    return clipped, norm
