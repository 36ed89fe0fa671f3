"""The bank on which the constants of `autograder.numerical` were tuned.

Its operations, mistakes and seeds are not those of `bank`, which measures.
"""

from __future__ import annotations

import numpy as np

from benchmarks.gradcheck.cases import Operation, at, on_gradient, on_upstream

SEEDS = (1001, 1002)


def _mlp_loss(x, w1, b1, w2, y):
    h = np.maximum(x @ w1 + b1, 0)
    s = h @ w2
    s = s - s.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y])


def _mlp_back(dout, x, w1, b1, w2, y, mask=lambda z: z > 0, mean=True, shift=True):
    z = x @ w1 + b1
    h = np.maximum(z, 0)
    s = h @ w2
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    if shift:
        p[np.arange(len(y)), y] -= 1
    ds = dout * p / (len(y) if mean else 1)
    dz = (ds @ w2.T) * mask(z)
    return dz @ w1.T, x.T @ dz, dz.sum(axis=0), h.T @ ds


def _bn(x, gamma, beta):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + beta


def _bn_back(dout, x, gamma, beta, mean=True, var=True):
    s = np.sqrt(x.var(0) + 1e-5)
    n = (x - x.mean(0)) / s
    dn = dout * gamma
    dx = dn.copy()
    if mean:
        dx = dx - dn.mean(0)
    if var:
        dx = dx - n * (dn * n).mean(0)
    return dx / s, (dout * n).sum(0), dout.sum(0)


def _sig(z):
    return 0.5 * (1 + np.tanh(z / 2))


def _lstm_step(x, h, c, w, u, b):
    a = x @ w + h @ u + b
    i, f, o, g = np.split(a, 4, axis=1)
    n = _sig(f) * c + _sig(i) * np.tanh(g)
    return _sig(o) * np.tanh(n)


def _lstm_back(dout, x, h, c, w, u, b, forget=True, tanh=True):
    a = x @ w + h @ u + b
    i, f, o, g = np.split(a, 4, axis=1)
    i, f, o, g = _sig(i), _sig(f), _sig(o), np.tanh(g)
    n = f * c + i * g
    t = np.tanh(n)
    dn = dout * o * ((1 - t**2) if tanh else 1)
    df = dn * c * f * ((1 - f) if forget else 1)
    da = np.concatenate([dn * g * i * (1 - i), df, dout * t * o * (1 - o), dn * i * (1 - g**2)], 1)
    return da @ w.T, da @ u.T, dn * f, x.T @ da, h.T @ da, da.sum(0)


def _huber(x, y):
    r = np.abs(x - y)
    return np.sum(np.where(r < 1, 0.5 * r**2, r - 0.5))


def _huber_back(dout, x, y, cut=1.0):
    d = dout * np.clip(x - y, -cut, cut)
    return d, -d


def _unit(x):
    return x / np.sqrt((x**2).sum(1, keepdims=True))


def _unit_back(dout, x, project=True):
    n = np.sqrt((x**2).sum(1, keepdims=True))
    y = x / n
    return ((dout - (y * (dout * y).sum(1, keepdims=True) if project else 0)) / n,)


def _pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def _pool_back(dout, x, share=1.0):
    n, c, h, w = x.shape
    windows = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    flat = windows.reshape(*windows.shape[:4], 4)
    d = np.zeros_like(flat)
    np.put_along_axis(d, flat.argmax(-1)[..., None], share * dout[..., None], -1)
    return (d.reshape(windows.shape).transpose(0, 1, 2, 4, 3, 5).reshape(x.shape),)


def _rnn(x, h, w, u):
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w + h @ u)
    return h


def _rnn_back(dout, x, h, w, u, steps=None):
    hs = [h]
    for t in range(x.shape[1]):
        hs.append(np.tanh(x[:, t] @ w + hs[-1] @ u))
    dx, dw, du, dh = np.zeros_like(x), np.zeros_like(w), np.zeros_like(u), dout
    for t in reversed(range(x.shape[1])):
        if steps is not None and t < x.shape[1] - steps:
            break
        da = dh * (1 - hs[t + 1] ** 2)
        dx[:, t], dw, du, dh = da @ w.T, dw + x[:, t].T @ da, du + hs[t].T @ da, da @ u.T
    return dx, dh, dw, du


def _elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _elu_back(dout, x, one=1.0):
    return (dout * np.where(x > 0, one, np.exp(np.minimum(x, 0))),)


def _logs(x, y):
    return np.log(x) * np.sqrt(y)


def _spectral(rho):
    def sample(rng, size):
        u = rng.standard_normal((6, 6))
        u *= rho / np.abs(np.linalg.eigvals(u)).max()
        return [rng.standard_normal((3, 25 * size, 4)), rng.standard_normal((3, 6)),
                0.3 * rng.standard_normal((4, 6)), u]  # fmt: skip

    return sample


def _normal(*shapes):
    return lambda rng, size: [rng.standard_normal([size * n for n in s]) for s in shapes]


OPERATIONS = [
    Operation("mlp loss", _mlp_loss, _mlp_back,
              lambda rng, size: [rng.standard_normal((7 * size, 5)),
                                 rng.standard_normal((5, 6 * size)),
                                 rng.standard_normal(6 * size), rng.standard_normal((6 * size, 3)),
                                 rng.integers(0, 3, 7 * size)],
              {"no mask": lambda *a: _mlp_back(*a, mask=lambda z: 1.0),
               "not averaged": lambda *a: _mlp_back(*a, mean=False),
               "no -1": lambda *a: _mlp_back(*a, shift=False),
               "mask from 0.1": lambda *a: _mlp_back(*a, mask=lambda z: z > 0.1)}),
    Operation("batch norm", _bn, _bn_back, _normal((8, 5), (5,), (5,)),
              {"no mean path": lambda *a: _bn_back(*a, mean=False),
               "no variance path": lambda *a: _bn_back(*a, var=False)}),
    Operation("lstm step", _lstm_step, _lstm_back,
              _normal((4, 3), (4, 5), (4, 5), (3, 20), (5, 20), (20,)),
              {"forget gate's slope": lambda *a: _lstm_back(*a, forget=False),
               "no tanh": lambda *a: _lstm_back(*a, tanh=False)}),
    Operation("huber", _huber, _huber_back, _normal((9, 7), (9, 7)),
              {"cut at 1.1": lambda *a: _huber_back(*a, cut=1.1)}),
    Operation("unit length", _unit, _unit_back, _normal((6, 5)),
              {"no projection": lambda *a: _unit_back(*a, project=False)}),
    Operation("max pool", _pool, _pool_back, _normal((2, 3, 6, 4)),
              {"quarter": lambda *a: _pool_back(*a, share=0.25)}),
    Operation("elu", _elu, _elu_back, _normal((7, 6)),
              {"slope": lambda *a: _elu_back(*a, one=1.01)}),
    Operation("log sqrt", _logs,
              lambda d, x, y: (d * np.sqrt(y) / x, d * np.log(x) / np.sqrt(y) / 2),
              lambda rng, size: [rng.uniform(0.1, 4, (5 * size, 4)),
                                 rng.uniform(0.1, 4, (5 * size, 4))],
              {"half": lambda d, x, y: (d * np.sqrt(y) / x, d * np.log(x) / np.sqrt(y))},
              positive=True),
    *[Operation(f"rnn {rho}", _rnn, _rnn_back, _spectral(rho),
                {"last step only": lambda *a: _rnn_back(*a, steps=1),
                 "five steps": lambda *a: _rnn_back(*a, steps=5)}, regimes=("plain", "float32"))
      for rho in (0.5, 1.5)],
]  # fmt: skip

GENERAL = {
    "first negated": on_gradient(0, lambda g: -g),
    "last halved": on_gradient(-1, lambda g: 0.5 * g),
    "first zero": on_gradient(0, np.zeros_like),
    "last zero": on_gradient(-1, np.zeros_like),
    "first rolled": on_gradient(0, lambda g: np.roll(g, 1, axis=0)),
    "first off by 1e-5": on_gradient(0, lambda g: (1 + 1e-5) * g),
    "last off by 2e-6": on_gradient(-1, lambda g: (1 + 2e-6) * g),
    "one row doubled": on_gradient(0, at(1, lambda g: 2 * g)),
    "noise": on_gradient(
        -1, lambda g: g + 1e-3 * np.abs(g).max() * np.random.default_rng(5).standard_normal(g.shape)
    ),
    "abs upstream": on_upstream(np.abs),
    "upstream ignored": on_upstream(np.ones_like),
}
