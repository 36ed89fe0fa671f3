# answers: 10_attention
# all heads at once by einsum, letters as one-hot rows, a class that runs a block
import numpy as np

NAMES = ("g1", "Wq", "Wk", "Wv", "Wo", "g2", "W1", "b1", "W2", "b2")


def softmax_forward(x):
    top = np.max(x, axis=-1, keepdims=True)
    weights = np.exp(x - top)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights, weights.copy()


def softmax_backward(dp, cache):
    inner = np.einsum("...s,...s->...", dp, cache)
    return cache * dp - cache * inner[..., None]


def rmsnorm_forward(x, gamma, rms_param):
    eps = rms_param.get("eps", 1e-5)
    power = np.einsum("...d,...d->...", x, x) / x.shape[-1]
    inv = 1 / np.sqrt(power + eps)[..., None]
    return x * inv * gamma, {"x": x, "inv": inv, "gamma": gamma}


def rmsnorm_backward(dout, cache):
    x, inv, gamma = cache["x"], cache["inv"], cache["gamma"]
    dhat = dout * gamma
    dinv = (dhat * x).sum(axis=-1, keepdims=True)
    dx = dhat * inv - dinv * inv**3 * x / x.shape[-1]
    dgamma = np.einsum("id,id->d", *(a.reshape(-1, len(gamma)) for a in (dout, x * inv)))
    return dx, dgamma


def attention_forward(q, k, v, mask=None):
    scale = q.shape[-1] ** -0.5
    scores = np.einsum("...td,...sd->...ts", q, k) * scale
    if mask is not None:
        scores[..., ~mask] = -np.inf
    p, kept = softmax_forward(scores)
    return np.einsum("...ts,...sm->...tm", p, v), (q, k, v, kept, scale)


def attention_backward(dout, cache):
    q, k, v, p, scale = cache
    dp = np.einsum("...tm,...sm->...ts", dout, v)
    dv = np.einsum("...ts,...tm->...sm", p, dout)
    ds = softmax_backward(dp, p) * scale
    dq = np.einsum("...ts,...sd->...td", ds, k)
    dk = np.einsum("...ts,...td->...sd", ds, q)
    return dq, dk, dv


def split_heads(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=1)


def merge_heads(x):
    n, h, t, width = x.shape
    return np.einsum("nhtd->nthd", x).reshape(n, t, h * width)


def multihead_forward(x, Wq, Wk, Wv, Wo, heads, mask=None):
    parts = [split_heads(np.einsum("ntd,de->nte", x, W), heads) for W in (Wq, Wk, Wv)]
    mixed, kept = attention_forward(*parts, mask)
    joined = merge_heads(mixed)
    return joined @ Wo, {"x": x, "W": (Wq, Wk, Wv, Wo), "kept": kept, "joined": joined}


def multihead_backward(dout, cache):
    x, (Wq, Wk, Wv, Wo) = cache["x"], cache["W"]
    heads = cache["kept"][0].shape[1]
    dWo = np.einsum("ntd,nte->de", cache["joined"], dout)
    dmixed = split_heads(np.einsum("nte,de->ntd", dout, Wo), heads)
    back = [merge_heads(g) for g in attention_backward(dmixed, cache["kept"])]
    dx = sum(np.einsum("nte,de->ntd", g, W) for g, W in zip(back, (Wq, Wk, Wv)))
    return dx, *(np.einsum("ntd,nte->de", x, g) for g in back), dWo


def embed_forward(idx, W, P):
    steps = idx.shape[1]
    out = np.take(W, idx, axis=0) + P[np.arange(steps)]
    return out, (idx, len(W), len(P))


def embed_backward(dout, cache):
    idx, vocab, longest = cache
    hot = (idx[..., None] == np.arange(vocab)) * 1.0
    dW = np.einsum("ntv,ntd->vd", hot, dout)
    dP = np.zeros((longest, dout.shape[2]))
    dP[: dout.shape[1]] += dout.sum(axis=0)
    return dW, dP


def over_places(a, b):
    return np.einsum("nti,ntj->ij", a, b)


class Block:
    def __init__(self, p, heads, mask):
        self.p, self.heads, self.mask = p, heads, mask

    def run(self, x):
        p = self.p
        self.a, self.norm1 = rmsnorm_forward(x, p["g1"], {})
        mixed, self.mixing = multihead_forward(
            self.a, p["Wq"], p["Wk"], p["Wv"], p["Wo"], self.heads, self.mask
        )
        middle = x + mixed
        self.c, self.norm2 = rmsnorm_forward(middle, p["g2"], {})
        self.h, self.slope = gelu(self.c @ p["W1"] + p["b1"])
        return middle + self.h @ p["W2"] + p["b2"]

    def back(self, d):
        p, g = self.p, {}
        g["W2"], g["b2"] = over_places(self.h, d), d.sum(axis=(0, 1))
        dz = (d @ p["W2"].T) * self.slope
        g["W1"], g["b1"] = over_places(self.c, dz), dz.sum(axis=(0, 1))
        dc, g["g2"] = rmsnorm_backward(dz @ p["W1"].T, self.norm2)
        d = d + dc
        da, g["Wq"], g["Wk"], g["Wv"], g["Wo"] = multihead_backward(d, self.mixing)
        dx, g["g1"] = rmsnorm_backward(da, self.norm1)
        return d + dx, g


def block_forward(x, params, heads, mask=None):
    block = Block(params, heads, mask)
    return block.run(x), block


def block_backward(dout, cache):
    return cache.back(dout)


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
        p, t = self.params, idx.shape[1]
        mask = np.arange(t)[:, None] >= np.arange(t)[None, :]
        x, first = embed_forward(idx, p["E"], p["P"])
        blocks = []
        for i in range(self.layers):
            block = Block({name: p[f"{name}_{i}"] for name in NAMES}, self.heads, mask)
            x = block.run(x)
            blocks.append(block)
        last, norm = rmsnorm_forward(x, p["gamma"], {})
        scores = np.einsum("ntd,dv->ntv", last, p["W"]) + p["b"]
        if y is None:
            return scores
        loss, d = letter_loss(scores, y)
        grads = {"W": over_places(last, d), "b": np.einsum("ntv->v", d)}
        d, grads["gamma"] = rmsnorm_backward(d @ p["W"].T, norm)
        for i in range(self.layers - 1, -1, -1):
            d, own = blocks[i].back(d)
            grads.update({f"{name}_{i}": g for name, g in own.items()})
        grads["E"], grads["P"] = embed_backward(d, first)
        return loss, grads


def online_attention_forward(q, k, v, block):
    scale = q.shape[-1] ** -0.5
    top = np.full(q.shape[:-1], -np.inf)
    total = np.zeros(q.shape[:-1])
    out = np.zeros(q.shape[:-1] + (v.shape[-1],))
    for lo in range(0, k.shape[-2], block):
        s = np.einsum("...td,...sd->...ts", q, k[..., lo : lo + block, :]) * scale
        now = np.maximum(top, s.max(axis=-1))
        e = np.exp(s - now[..., None])
        fade = np.exp(top - now)
        total = total * fade + e.sum(axis=-1)
        out = out * fade[..., None] + np.einsum("...ts,...sm->...tm", e, v[..., lo : lo + block, :])
        top = now
    out = out / total[..., None]
    return out, (q, k, v, block, out, top, total)


def online_attention_backward(dout, cache):
    q, k, v, block, out, top, total = cache
    scale = q.shape[-1] ** -0.5
    inner = np.einsum("...tm,...tm->...t", dout, out)[..., None]
    dq, dks, dvs = np.zeros(q.shape), [], []
    for lo in range(0, k.shape[-2], block):
        kb, vb = k[..., lo : lo + block, :], v[..., lo : lo + block, :]
        s = np.einsum("...td,...sd->...ts", q, kb) * scale
        p = np.exp(s - top[..., None]) / total[..., None]
        dp = np.einsum("...tm,...sm->...ts", dout, vb)
        ds = p * (dp - inner) * scale
        dq += np.einsum("...ts,...sd->...td", ds, kb)
        dks.append(np.einsum("...ts,...td->...sd", ds, q))
        dvs.append(np.einsum("...ts,...tm->...sm", p, dout))
    return dq, np.concatenate(dks, axis=-2), np.concatenate(dvs, axis=-2)


def lora_backward(dout, cache):
    x, W, A, B, scale, low = cache
    dlow = scale * np.einsum("ntm,rm->ntr", dout, B)
    dx = np.einsum("ntm,dm->ntd", dout, W) + np.einsum("ntr,dr->ntd", dlow, A)
    return dx, over_places(x, dlow), scale * over_places(low, dout)


def checkpointed_backward(dout, cache):
    kept, blocks, heads, mask, every = cache
    d, grads = dout, {}
    for j in range(len(kept) - 1, -1, -1):
        x, running = kept[j], []
        for params in blocks[j * every : (j + 1) * every]:
            running.append(Block(params, heads, mask))
            x = running[-1].run(x)
        for i in range(len(running) - 1, -1, -1):
            d, grads[j * every + i] = running[i].back(d)
    return d, [grads[i] for i in range(len(blocks))]


def scaled_step(params, grads16, scale, lr):
    flat = np.concatenate([g.ravel() for g in grads16.values()])
    if np.isnan(flat).any() or np.isinf(flat).any():
        return params, scale / 2
    new = {}
    for name, w in params.items():
        g = grads16[name].astype(np.float32) / scale
        new[name] = (w - lr * g).astype(np.float32)
    return new, scale
