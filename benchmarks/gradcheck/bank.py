"""Right and wrong backwards on which checkers are measured: `cases` draws the questions."""

from __future__ import annotations

import numpy as np

from benchmarks.gradcheck.cases import Operation, at, on_gradient, on_upstream

SEEDS = (31, 32)


def _affine(x, w, b):
    return x @ w + b


def _affine_back(d, x, w, b):
    return d @ w.T, x.T @ d, d.sum(0)


def _conv(x, w, b):
    kh, kw = w.shape[2:]
    h, v = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    out = np.zeros((len(x), len(w), h, v), dtype=np.result_type(x, w)) + b[:, None, None]
    for i in range(kh):
        for j in range(kw):
            out += np.einsum("nchv,fc->nfhv", x[:, :, i : i + h, j : j + v], w[:, :, i, j])
    return out


def _conv_back(d, x, w, b, flip=False):
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    h, v = d.shape[2:]
    kh, kw = w.shape[2:]
    for i in range(kh):
        for j in range(kw):
            a, c = (kh - 1 - i, kw - 1 - j) if flip else (i, j)
            dx[:, :, i : i + h, j : j + v] += np.einsum("nfhv,fc->nchv", d, w[:, :, a, c])
            dw[:, :, i, j] = np.einsum("nfhv,nchv->fc", d, x[:, :, i : i + h, j : j + v])
    return dx, dw, d.sum((0, 2, 3))


def _ln(x, g, b):
    return g * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3) + b


def _ln_back(d, x, g, b, eps=1e-3, centre=True, scale=True):
    s = np.sqrt(x.var(1, keepdims=True) + eps)
    n = (x - x.mean(1, keepdims=True)) / s
    dn = d * g
    dx = dn - (n * (dn * n).mean(1, keepdims=True) if scale else 0)
    dx = dx - (dn.mean(1, keepdims=True) if centre else 0)
    return dx / s, (d * n).sum(0), d.sum(0)


def _soft(s):
    p = np.exp(s - s.max(-1, keepdims=True))
    return p / p.sum(-1, keepdims=True)


def _attend(q, k, v):
    return _soft(q @ k.T / np.sqrt(q.shape[1])) @ v


def _attend_back(d, q, k, v, scale=True, minus=True):
    r = np.sqrt(q.shape[1])
    p = _soft(q @ k.T / r)
    dp = d @ v.T
    ds = p * (dp - ((dp * p).sum(1, keepdims=True) if minus else 0)) / (r if scale else 1)
    return ds @ k, ds.T @ q, p.T @ d


def _svm(x, w, y):
    s = x @ w
    m = np.maximum(0, s - s[np.arange(len(y)), y][:, None] + 1)
    return (m.sum() - len(y)) / len(y)


def _svm_back(d, x, w, y, own=True):
    s = x @ w
    m = (s - s[np.arange(len(y)), y][:, None] + 1 > 0) * 1.0
    m[np.arange(len(y)), y] = 0
    if own:
        m[np.arange(len(y)), y] = -m.sum(1)
    ds = d * m / len(y)
    return ds @ w.T, x.T @ ds


def _logistic(x, w, t):
    z = x @ w
    return np.mean(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))


def _logistic_back(d, x, w, t, label=True):
    z = x @ w
    p = np.where(z > 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))
    dz = d * (p - (t if label else 0)) / len(z)
    return np.outer(dz, w), x.T @ dz


def _rnn(x, h, w, u, b):
    out = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w + h @ u + b)
        out.append(h)
    return np.stack(out, axis=1)


def _rnn_back(d, x, h, w, u, b, cut=None, transpose=True, slope=True):
    hs = np.concatenate([h[:, None], _rnn(x, h, w, u, b)], axis=1)
    dx, dw, du, db, dh = np.zeros_like(x), np.zeros_like(w), np.zeros_like(u), np.zeros_like(b), 0
    for t in reversed(range(x.shape[1])):
        da = (dh + d[:, t]) * ((1 - hs[:, t + 1] ** 2) if slope else 1)
        dx[:, t], dw, du = da @ w.T, dw + x[:, t].T @ da, du + hs[:, t].T @ da
        db, dh = db + da.sum(0), da @ (u.T if transpose else u)
        if cut and t % cut == 0:
            dh = 0 * dh
    return dx, dh, dw, du, db


def _gelu(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def _gelu_back(d, x, cubic=0.134145):
    t = np.tanh(0.7978845608 * (x + 0.044715 * x**3))
    return (d * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * 0.7978845608 * (1 + cubic * x**2)),)


def _net(x, w, v):
    return np.maximum(x @ w, 0) @ v


def _net_back(d, x, w, v, strict=True, from_zero=0.0):
    z = x @ w
    dz = (d @ v.T) * (z > from_zero)
    return dz @ w.T, x.T @ dz, np.maximum(z, 0).T @ d if strict else z.T @ d


def _maxout(x):
    return x.max(axis=1)


def _maxout_back(d, x, index=None):
    dx = np.zeros_like(x)
    chosen = x.argmax(1) if index is None else (x.argmax(1) + index) % x.shape[1]
    np.put_along_axis(dx, chosen[:, None], d[:, None], 1)
    return (dx,)


def _swish(a, b):
    return a / (1 + np.exp(-b))


def _swish_back(d, a, b, one=1.0):
    s = 1 / (1 + np.exp(-b))
    return d * s, d * a * s * (one - s)


def _cosine(a, b):
    return (a * b).sum(1) / np.sqrt((a**2).sum(1) * (b**2).sum(1))


def _cosine_back(d, a, b, project=True):
    na, nb = np.sqrt((a**2).sum(1, keepdims=True)), np.sqrt((b**2).sum(1, keepdims=True))
    c = (a * b).sum(1, keepdims=True) / na / nb
    d = d[:, None]
    k = c if project else 0
    return d * (b / nb - k * a / na) / na, d * (a / na - k * b / nb) / nb


def _distance(a, b):
    return np.sqrt(((a[:, None] - b) ** 2).sum(-1) + 0.1)


def _distance_back(d, a, b, root=True):
    g = (a[:, None] - b) * (d / (_distance(a, b) if root else 1))[..., None]
    return g.sum(1), -g.sum(0)


def _leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def _dropout(x, mask):
    return np.tanh(x) * mask / 0.75


def _dropout_back(d, x, mask, keep=0.75):
    return (d * mask * (1 - np.tanh(x) ** 2) / keep,)


def _embed(table, w, ids):
    return table[ids] @ w


def _embed_back(d, table, w, ids, add=True):
    dt = np.zeros_like(table)
    if add:
        np.add.at(dt, ids, d @ w.T)
    else:
        dt[ids] = d @ w.T
    return dt, np.einsum("ijk,ijm->km", table[ids], d)


def _quotient(x, y):
    return x**1.5 / (1 + y) + np.log(x * y)


def _quotient_back(d, x, y, square=2):
    return d * (1.5 * x**0.5 / (1 + y) + 1 / x), d * (-(x**1.5) / (1 + y) ** square + 1 / y)


def _normal(*shapes):
    return lambda rng: [rng.standard_normal(shape) for shape in shapes]


def _labelled(n, d, c):
    return lambda rng: [
        rng.standard_normal((n, d)), rng.standard_normal((d, c)), rng.integers(0, c, n)
    ]  # fmt: skip


def _positive(*shapes):
    return lambda rng: [rng.uniform(0.2, 3, shape) for shape in shapes]


def _spectral(rho):
    def sample(rng):
        u = rng.standard_normal((5, 5))
        u *= rho / np.abs(np.linalg.eigvals(u)).max()
        return [
            rng.standard_normal((2, 40, 3)),
            rng.standard_normal((2, 5)),
            0.4 * rng.standard_normal((3, 5)),
            u,
            0.1 * rng.standard_normal(5),
        ]

    return sample


OPERATIONS = [
    Operation("affine", _affine, _affine_back, _normal((6, 5), (5, 4), (4,)),
              {"db averaged": lambda d, x, w, b: (d @ w.T, x.T @ d, d.mean(0))}),
    Operation("convolution", _conv, _conv_back, _normal((2, 3, 5, 4), (4, 3, 3, 2), (4,)),
              {"not flipped": lambda *a: _conv_back(*a, flip=True)}),
    Operation("layer norm", _ln, _ln_back, _normal((5, 7), (7,), (7,)),
              {"no eps": lambda *a: _ln_back(*a, eps=0.0),
               "no centre": lambda *a: _ln_back(*a, centre=False),
               "no scale": lambda *a: _ln_back(*a, scale=False)}),
    Operation("attention", _attend, _attend_back, _normal((4, 3), (5, 3), (5, 2)),
              {"no 1/sqrt(d)": lambda *a: _attend_back(*a, scale=False),
               "half of softmax": lambda *a: _attend_back(*a, minus=False)}),
    Operation("svm loss", _svm, _svm_back, _labelled(7, 4, 5),
              {"no own class": lambda *a: _svm_back(*a, own=False)}),
    Operation("logistic loss", _logistic, _logistic_back,
              lambda rng: [rng.standard_normal((8, 5)), rng.standard_normal(5),
                           rng.integers(0, 2, 8)],
              {"no label": lambda *a: _logistic_back(*a, label=False)}),
    Operation("gelu", _gelu, _gelu_back, _normal((6, 4)),
              {"cubic": lambda *a: _gelu_back(*a, cubic=0.044715)}),
    Operation("relu net", _net, _net_back, _normal((6, 4), (4, 7), (7, 3)),
              {"not rectified": lambda *a: _net_back(*a, strict=False),
               "dead below 0.05": lambda *a: _net_back(*a, from_zero=0.05)}),
    Operation("maxout", _maxout, _maxout_back, _normal((7, 5)),
              {"next": lambda *a: _maxout_back(*a, index=1)}),
    Operation("gate", _swish, _swish_back, _normal((5, 6), (5, 6)),
              {"1.001 - s": lambda *a: _swish_back(*a, one=1.001)}),
    Operation("cosine", _cosine, _cosine_back, _normal((6, 5), (6, 5)),
              {"no projection": lambda *a: _cosine_back(*a, project=False)}),
    Operation("distances", _distance, _distance_back, _normal((5, 3), (4, 3)),
              {"no root": lambda *a: _distance_back(*a, root=False)}),
    Operation("leaky relu", _leaky, lambda d, x: (d * np.where(x > 0, 1, 0.01),), _normal((8, 5)),
              {"slope 0": lambda d, x: (d * (x > 0),),
               "slope 0.01001": lambda d, x: (d * np.where(x > 0, 1, 0.01001),)}),
    Operation("dropout", _dropout, _dropout_back,
              lambda rng: [rng.standard_normal((6, 5)),
                           (rng.random((6, 5)) < 0.75).astype(np.int8)],
              {"not rescaled": lambda *a: _dropout_back(*a, keep=1.0)}),
    Operation("embedding", _embed, _embed_back,
              lambda rng: [rng.standard_normal((6, 4)), rng.standard_normal((4, 3)),
                           rng.integers(0, 6, (3, 5))],
              {"overwrites": lambda *a: _embed_back(*a, add=False)}),
    Operation("quotient", _quotient, _quotient_back, _positive((5, 4), (5, 4)),
              {"not squared": lambda *a: _quotient_back(*a, square=1)}, positive=True),
    *[Operation(f"rnn, radius {rho}", _rnn, _rnn_back, _spectral(rho),
                {"cut every 10": lambda *a: _rnn_back(*a, cut=10),
                 "u not transposed": lambda *a: _rnn_back(*a, transpose=False),
                 "no slope": lambda *a: _rnn_back(*a, slope=False)},
                regimes=("long rnn", "float32")) for rho in (0.5, 1.5)],
]  # fmt: skip

GENERAL = {
    "first averaged": on_gradient(0, lambda g: g / g.shape[0]),
    "last negated": on_gradient(-1, lambda g: -g),
    "first + 1e-4": on_gradient(0, lambda g: g + 1e-4 * np.abs(g).max()),
    "first off by 3e-6": on_gradient(0, lambda g: (1 - 3e-6) * g),
    "last off by 1 %": on_gradient(-1, lambda g: 1.01 * g),
    "one row negated": on_gradient(0, at(-1, lambda g: -g)),
    "one row zero": on_gradient(-1, at(0, lambda g: 0 * g)),
    "rows swapped": on_gradient(0, lambda g: g[[1, 0, *range(2, len(g))]]),
    "reversed": on_gradient(-1, lambda g: g[::-1].copy()),
    "clipped": on_gradient(0, lambda g: np.clip(g, -0.9 * np.abs(g).max(), 0.9 * np.abs(g).max())),
    "upstream rectified": on_upstream(lambda d: np.maximum(d, 0)),
    "upstream squared": on_upstream(lambda d: d * np.abs(d)),
}
