# answers: 06_rnn
# expect: wrong rnn_forward.h lstm_step_forward.next_h lstm_step_forward.next_c word_embedding_backward.dW clip_grad_norm.grads clip_grad_norm.norm
# a state left over from the call before; outputs swapped; repeats lost; a norm told after clipping
import numpy as np

LAST = {}


def rnn_forward(x, h0, Wx, Wh, b):
    h = LAST.get(h0.shape, h0)
    states = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        states.append(h)
    LAST[h0.shape] = h
    return np.stack(states, axis=1), None


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    i, f, o = (1 / (1 + np.exp(-a)) for a in np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)[:3])
    g = np.tanh(np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)[3])
    c = f * prev_c + i * g
    return c, o * np.tanh(c), None


def word_embedding_forward(x, W):
    return W[x], (x, W)


def word_embedding_backward(dout, cache):
    x, W = cache
    dW = np.zeros_like(W)
    dW[x] += dout
    return dW


def clip_grad_norm(grads, max_norm):
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    factor = min(1.0, max_norm / (norm + 1e-3))
    return {name: factor * g for name, g in grads.items()}, min(norm, max_norm)
