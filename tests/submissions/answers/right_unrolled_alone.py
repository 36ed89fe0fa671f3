# answers: 06_rnn
# expect: right
# the whole sequence without calling the step
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    z = x @ Wx + prev_h @ Wh + b
    return np.tanh(z), dict(x=x, h=prev_h, Wx=Wx, Wh=Wh, z=z)


def rnn_step_backward(dnext_h, c):
    d = dnext_h * (1 / np.cosh(np.clip(c["z"], -300, 300))) ** 2
    return [d.dot(c["Wx"].T), d.dot(c["Wh"].T), c["x"].T.dot(d), c["h"].T.dot(d), np.sum(d, 0)]


def rnn_forward(x, h0, Wx, Wh, b):
    h = []
    cs = []
    s = h0
    for xt in np.swapaxes(x, 0, 1):
        s = np.tanh(xt @ Wx + s @ Wh + b)
        h.append(s)
    return np.stack(h, 1), (x, h0, Wx, Wh, np.stack(h, 1))


def rnn_backward(dh, cache):
    x, h0, Wx, Wh, h = cache
    T = x.shape[1]
    prevs = np.concatenate([h0[:, None], h[:, :-1]], 1)
    dz = np.zeros_like(h)
    g = np.zeros_like(h0)
    for t in range(T - 1, -1, -1):
        g = dh[:, t] + g
        dz[:, t] = g * (1 - h[:, t] ** 2)
        g = dz[:, t] @ Wh.T
    return (
        dz @ Wx.T,
        g,
        np.tensordot(x, dz, ((0, 1), (0, 1))),
        np.einsum("nth,ntk->hk", prevs, dz),
        dz.sum((0, 1)),
    )
