# answers: 06_rnn
# x, h and a column of ones side by side, all weights in one matrix; matrices with ones for sums
import numpy as np


def glued(x, h):
    return np.concatenate([x, h, np.ones((len(x), 1))], axis=1)


def stacked(Wx, Wh, b):
    return np.vstack([Wx, Wh, b[None, :]])


def back_through(dz, big, W, D):
    dbig, dW = dz @ W.T, big.T @ dz
    return dbig[:, :D], dbig[:, D:-1], dW[:D], dW[D:-1], dW[-1]


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    big, W = glued(x, prev_h), stacked(Wx, Wh, b)
    next_h = np.tanh(big @ W)
    return next_h, (big, W, next_h, x.shape[1])


def rnn_step_backward(dnext_h, cache):
    big, W, next_h, D = cache
    dz = dnext_h - dnext_h * next_h**2
    return back_through(dz, big, W, D)


def rnn_forward(x, h0, Wx, Wh, b):
    states, memories = [h0], []
    for t in range(x.shape[1]):
        h, memory = rnn_step_forward(x[:, t], states[-1], Wx, Wh, b)
        states.append(h)
        memories.append(memory)
    return np.stack(states[1:], axis=1), memories


def rnn_backward(dh, cache):
    steps, carried, sums = [], 0.0, None
    for t in range(len(cache))[::-1]:
        dxt, carried, *grads = rnn_step_backward(dh[:, t] + carried, cache[t])
        steps.append(dxt)
        sums = grads if sums is None else [s + g for s, g in zip(sums, grads)]
    dx = np.stack(steps[::-1], axis=1)
    return dx, carried, *sums


def bptt_norms(Whh, T, activation):
    H = len(Whh)
    h, matrices = np.ones(H), []
    for _ in range(T):
        z = Whh @ h
        if activation == "linear":
            h, slope = z, np.ones(H)
        elif activation == "tanh":
            h, slope = np.tanh(z), 1 - np.tanh(z) ** 2
        else:
            h, slope = np.maximum(z, 0), (z > 0) * 1.0
        matrices.append(np.diag(slope) @ Whh)
    d = np.ones(H) / np.sqrt(H)
    norms = []
    for M in matrices[::-1]:
        d = M.T @ d
        norms.append(np.sqrt(d @ d))
    return np.array(norms)


def clip_grad_norm(grads, max_norm):
    everything = np.concatenate([g.ravel() for g in grads.values()])
    norm = np.sqrt(everything @ everything)
    if norm <= max_norm:
        return grads, norm
    return {name: g * max_norm / norm for name, g in grads.items()}, norm


def word_embedding_forward(x, W):
    hot = (x[..., None] == np.arange(len(W))).astype(float)
    return hot @ W, hot


def word_embedding_backward(dout, cache):
    return np.einsum("ntv,ntd->vd", cache, dout)


def temporal_affine_forward(x, w, b):
    ones = np.ones(x.shape[:2] + (1,))
    big = np.concatenate([x, ones], axis=2)
    W = np.vstack([w, b])
    return big @ W, (big, W)


def temporal_affine_backward(dout, cache):
    big, W = cache
    dbig = dout @ W.T
    dW = np.einsum("ntd,ntm->dm", big, dout)
    return dbig[..., :-1], dW[:-1], dW[-1]


def temporal_softmax_loss(x, y, mask):
    N, T, V = x.shape
    scores, words, counts = x.reshape(N * T, V), y.ravel(), mask.ravel().astype(float)
    scores = scores - scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    truth = np.eye(V)[words]
    loss = -(counts @ (logs * truth).sum(axis=1)) / N
    d = (np.exp(logs) - truth) * counts[:, None] / N
    return loss, d.reshape(N, T, V)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    big, W = glued(x, prev_h), stacked(Wx, Wh, b)
    i, f, o, g = np.split(big @ W, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    return next_h, next_c, (big, W, x.shape[1], prev_c, i, f, o, g, np.tanh(next_c))


def lstm_step_backward(dnext_h, dnext_c, cache):
    big, W, D, prev_c, i, f, o, g, bent = cache
    dc = dnext_c + dnext_h * o * (1 - bent**2)
    di = dc * g * i * (1 - i)
    df = dc * prev_c * f * (1 - f)
    do = dnext_h * bent * o * (1 - o)
    dg = dc * i * (1 - g**2)
    dx, dprev_h, dWx, dWh, db = back_through(np.hstack([di, df, do, dg]), big, W, D)
    return dx, dprev_h, dc * f, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    h, c, states, memories = h0, 0 * h0, [], []
    for xt in x.swapaxes(0, 1):
        h, c, memory = lstm_step_forward(xt, h, c, Wx, Wh, b)
        states.append(h)
        memories.append(memory)
    return np.stack(states, axis=1), memories


def lstm_backward(dh, cache):
    T = len(cache)
    dx, later, later_c, sums = [None] * T, 0.0, 0.0, [0.0, 0.0, 0.0]
    for t in reversed(range(T)):
        dx[t], later, later_c, *grads = lstm_step_backward(dh[:, t] + later, later_c, cache[t])
        sums = [s + g for s, g in zip(sums, grads)]
    return np.stack(dx, axis=1), later, *sums
