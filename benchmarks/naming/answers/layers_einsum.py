# answers: 02_layers
# einsum for every product, dicts for caches
import numpy as np


def affine_forward(x, w, b):
    flat = x.reshape(len(x), w.shape[0])
    out = np.einsum("nd,dm->nm", flat, w) + b
    return out, {"flat": flat, "w": w, "shape": x.shape}


def affine_backward(dout, cache):
    dflat = np.einsum("nm,dm->nd", dout, cache["w"])
    dw = np.einsum("nd,nm->dm", cache["flat"], dout)
    db = np.einsum("nm->m", dout)
    return dflat.reshape(cache["shape"]), dw, db


def swiglu_forward(x, w_gate, w_up, w_down):
    z = np.dot(x, w_gate)
    sig = 0.5 * (1 + np.tanh(z / 2))
    gate = z * sig
    up = np.dot(x, w_up)
    hidden = gate * up
    out = np.dot(hidden, w_down)
    return out, (x, w_gate, w_up, w_down, z, sig, gate, up, hidden)


def swiglu_backward(dout, cache):
    x, w_gate, w_up, w_down, z, sig, gate, up, hidden = cache
    dhidden = np.dot(dout, w_down.T)
    dw_down = np.dot(hidden.T, dout)
    dgate = dhidden * up
    dup = dhidden * gate
    dsig = dgate * z
    dz = dgate * sig + dsig * sig * (1 - sig)
    dw_gate = np.dot(x.T, dz)
    dw_up = np.dot(x.T, dup)
    dx = np.dot(dz, w_gate.T)
    dx += np.dot(dup, w_up.T)
    return dx, dw_gate, dw_up, dw_down
