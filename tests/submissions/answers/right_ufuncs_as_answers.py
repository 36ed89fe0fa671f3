# answers: 03_leaky
# expect: right
# np.multiply as a backward pass, np.choose, errstate, a power as an answer
import numpy as np

from functools import partial, singledispatch
def saturation_report(W, x):
    with np.errstate(all="ignore"):
        z = np.einsum("nd,dh->nh", x, W)
        s = 1 / (1 + np.exp(-z))
    N = len(x)
    dz = s * (1 - s) / N
    inside = np.logical_and(s >= .01, s <= .99)
    return 1 - np.count_nonzero(inside) / s.size, np.sqrt(np.trace((x.T @ dz) @ (x.T @ dz).T)), np.linalg.norm(dz @ W.T, ord="fro")
def dead_units(acts): return ~np.any(acts, axis=0)
def q_acted(Q, a): return np.choose(a, Q.T) if Q.shape[1] < 32 else Q[range(len(a)), a]
def td_target(r, q_next, done, gamma):
    out = r.copy()
    for i, over in enumerate(done):
        if over: continue
        out[i] += gamma * max(q_next[i])
    return out
def huber_forward(x, delta):
    a = np.abs(x); c = np.minimum(a, delta)
    return c * (a - c / 2), np.clip(x, -delta, +delta)
huber_backward = np.multiply
answer_ten_sigmoids = 4.0**-10
answer_sigma_zero = np.int64(37)
