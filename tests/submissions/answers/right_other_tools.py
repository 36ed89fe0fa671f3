# answers: 06_rnn
# expect: right
# one-hot products, einsum, lists of numbers, gradients clipped in place
import numpy as np


def word_embedding_forward(x, W):
    hot = np.eye(len(W))[x]
    return hot @ W, (hot,)


def word_embedding_backward(dout, cache):
    return np.einsum("ntv,ntd->vd", cache[0], dout)


def temporal_affine_forward(x, w, b):
    return [[(step @ w + b).tolist() for step in one] for one in x], (x, w)


def temporal_affine_backward(dout, cache):
    x, w = cache
    return np.einsum("ntm,dm->ntd", dout, w), np.tensordot(x, dout, ((0, 1), (0, 1))), dout.sum((0, 1))


def temporal_softmax_loss(x, y, mask):
    n, steps, _ = x.shape
    loss, dx = 0.0, np.zeros_like(x)
    for i, t in zip(*np.nonzero(mask)):
        log_p = x[i, t] - x[i, t].max()
        log_p = log_p - np.log(np.exp(log_p).sum())
        loss -= log_p[y[i, t]] / n
        dx[i, t] = (np.exp(log_p) - np.eye(len(log_p))[y[i, t]]) / n
    return loss, dx


def clip_grad_norm(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    if norm > max_norm:
        for name in grads:
            grads[name] *= max_norm / norm
    return [grads, norm]


def bptt_norms(Whh, T, activation):
    step = {"linear": lambda a: a, "tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}[activation]
    states = [np.ones(len(Whh))]
    for _ in range(T):
        states.append(step(Whh @ states[-1]))
    d, norms = np.ones(len(Whh)) / np.sqrt(len(Whh)), []
    while len(states) > 1:
        h = states.pop()
        d = d * {"linear": np.ones_like(h), "tanh": 1 - h**2, "relu": h > 0}[activation]
        d = d @ Whh
        norms.append(np.sqrt(d @ d))
    return norms
