# answers: 10_attention
# expect: right
# einsum, dict caches, attention head by head, gradients collected in other orders
import numpy as np


def softmax_forward(x):
    shifted = x - np.max(x, -1)[..., None]
    p = np.exp(shifted - np.log(np.sum(np.exp(shifted), -1))[..., None])
    return p, {"p": p}


def softmax_backward(dp, cache):
    p = cache["p"]
    return dp * p - p * np.einsum("...s,...s->...", dp, p)[..., None]


def rmsnorm_forward(x, gamma, rms_param):
    inverse = ((x * x).sum(-1, keepdims=True) / x.shape[-1] + rms_param.get("eps", 1e-5)) ** -0.5
    return x * inverse * gamma, dict(x=x, gamma=gamma, inverse=inverse)


def rmsnorm_backward(dout, c):
    x, g, i = c["x"], c["gamma"], c["inverse"]
    along = np.mean(dout * g * x, axis=-1, keepdims=True)
    dgamma = np.einsum("nd,nd->d", *(a.reshape(-1, len(g)) for a in (dout, x * i)))
    return [dout * g * i - x * along * i**3, dgamma]


def attention_forward(q, k, v, mask=None):
    s = np.einsum("...td,...sd->...ts", q, k) * q.shape[-1] ** -0.5
    if mask is not None:
        s[..., ~mask] = -np.inf
    p, kept = softmax_forward(s)
    return np.einsum("...ts,...sm->...tm", p, v), dict(q=q, k=k, v=v, p=p, kept=kept)


def attention_backward(dout, c):
    q, k, v, p = c["q"], c["k"], c["v"], c["p"]
    dp = np.einsum("...tm,...sm->...ts", dout, v)
    ds = softmax_backward(dp, c["kept"]) * q.shape[-1] ** -0.5
    return (
        np.einsum("...ts,...sd->...td", ds, k),
        np.einsum("...ts,...td->...sd", ds, q),
        np.einsum("...ts,...tm->...sm", p, dout),
    )


def split_heads(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=1)


def merge_heads(x):
    return np.concatenate([x[:, h] for h in range(x.shape[1])], axis=-1)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    width = x.shape[2] // heads
    out, caches = 0, []
    for h in range(heads):
        cut = slice(h * width, (h + 1) * width)
        one, kept = attention_forward(x @ Wq[:, cut], x @ Wk[:, cut], x @ Wv[:, cut], mask)
        out = out + one @ Wo[cut]
        caches.append((cut, one, kept))
    return out, (x, (Wq, Wk, Wv, Wo), caches)


def multihead_backward(dout, cache):
    x, (Wq, Wk, Wv, Wo), caches = cache
    dWq, dWk, dWv, dWo = (np.zeros_like(W) for W in (Wq, Wk, Wv, Wo))
    dx = np.zeros_like(x)
    for cut, one, kept in caches:
        dWo[cut] = np.einsum("ntd,nte->de", one, dout)
        for W, dW, grad in zip((Wq, Wk, Wv), (dWq, dWk, dWv), attention_backward(dout @ Wo[cut].T, kept)):
            dW[:, cut] = np.einsum("ntd,nte->de", x, grad)
            dx += grad @ W[:, cut].T
    return dx, dWq, dWk, dWv, dWo


def embed_forward(idx, W, P):
    return np.take(W, idx, axis=0) + P[np.arange(idx.shape[1])], (idx, W, P)


def embed_backward(dout, cache):
    idx, W, P = cache
    hot = np.eye(len(W))[idx]
    dP = np.zeros(P.shape)
    for t in range(idx.shape[1]):
        for n in range(idx.shape[0]):
            dP[t] += dout[n, t]
    return np.tensordot(hot, dout, ([0, 1], [0, 1])), dP


def block_forward(x, params, heads, mask=None):
    g = params
    a, c1 = rmsnorm_forward(x, g["g1"], {})
    a, c2 = multihead_forward(a, g["Wq"], g["Wk"], g["Wv"], g["Wo"], heads, mask)
    y = a + x
    n, c3 = rmsnorm_forward(y, g["g2"], {})
    z = n @ g["W1"] + g["b1"]
    return gelu(z)[0] @ g["W2"] + g["b2"] + y, {"z": z, "n": n, "c": (c1, c2, c3), "g": g}


def block_backward(dout, cache):
    g, z, n = cache["g"], cache["z"], cache["n"]
    c1, c2, c3 = cache["c"]
    h, slope = gelu(z)
    d = {"b2": dout.sum((0, 1)), "W2": np.einsum("ntf,ntd->fd", h, dout)}
    dz = np.einsum("ntd,fd->ntf", dout, g["W2"]) * slope
    d["b1"], d["W1"] = dz.sum((0, 1)), np.einsum("ntd,ntf->df", n, dz)
    back, d["g2"] = rmsnorm_backward(dz @ g["W1"].T, c3)
    total = dout + back
    back, d["Wq"], d["Wk"], d["Wv"], d["Wo"] = multihead_backward(total, c2)
    back, d["g1"] = rmsnorm_backward(back, c1)
    return total + back, d


class TinyTransformer:
    def __init__(self, vocab, steps, d, heads, layers, rng):
        self.heads, self.layers = heads, layers
        self.params = {"E": rng.normal(0, 0.1, (vocab, d)), "P": rng.normal(0, 0.1, (steps, d))}
        for i in range(layers):
            self.params |= {f"{name}_{i}": w for name, w in new_block(d, layers, rng).items()}
        self.params["gamma"] = np.ones(d)
        self.params["W"] = rng.normal(0, 0.1 / np.sqrt(d), (d, vocab))
        self.params["b"] = np.zeros(vocab)

    def loss(self, idx, y=None):
        p = self.params
        T = idx.shape[1]
        mask = np.arange(T)[:, None] >= np.arange(T)
        tape = []
        x, c = embed_forward(idx, p["E"], p["P"])
        tape.append(c)
        for i in range(self.layers):
            x, c = block_forward(x, {k: p[k + "_" + str(i)] for k in BLOCK}, self.heads, mask)
            tape.append(c)
        f, c = rmsnorm_forward(x, p["gamma"], {})
        scores = np.matmul(f, p["W"]) + p["b"]
        if y is None:
            return scores
        loss, d = letter_loss(scores, y)
        grads = {"W": np.einsum("ntd,ntv->dv", f, d), "b": np.einsum("ntv->v", d)}
        d, grads["gamma"] = rmsnorm_backward(np.matmul(d, p["W"].T), c)
        for i in range(self.layers - 1, -1, -1):
            d, own = block_backward(d, tape.pop())
            grads.update({k + "_" + str(i): g for k, g in own.items()})
        grads["E"], grads["P"] = embed_backward(d, tape.pop())
        return loss, grads
