# answers: 08_clinic
# expect: right
# out= on the cache, sums of outer products, nested lists and zero-dimensional arrays as exposing inputs
import numpy as np

linear_backward = lambda d, c: (np.inner(d, c[1]), np.einsum("nd,nm->dm", c[0], d))
def squash_backward(dout, cache):
    x, w, out = cache
    np.subtract(1, np.square(out, out=out), out=out); out *= dout
    return out @ w.T, sum(a[:, None] * b for a, b in zip(x, out))
def leaky_backward(dout, cache): return dout * np.where(np.signbit(-cache), 1, .1)
def softplus_backward(dout, cache): return dout * np.exp(-np.logaddexp(0, -cache))
def two_layer_backward(dout, cache):
    x, w1, w2, a = cache
    dz = np.einsum("nm,hm,nh,nh->nh", dout, w2, a, 1 - a)
    return [dz.dot(w1.T), x.T.dot(dz), np.swapaxes(a, 0, 1).dot(dout)]
def forked_backward(dout, cache):
    x, t = cache; return dout * (t + x / np.cosh(np.clip(x, -300, 300)) ** 2 + 3)
def expose_outer():
    return [[1.0, 2.0], [3.0, -1.0]], [[.1], [.2]], [[1], [1]]
def expose_branch(): return np.array(-.5), np.array(1.)
def expose_upstream(): return np.zeros((1,)), np.array([2])
import random
def my_check(forward, backward, tries=2):
    rng = random.Random(1)
    def draw(*s): return np.vectorize(lambda _: rng.choice([-1, 1]) * rng.uniform(.3, 1))(np.empty(s))
    for _ in range(tries):
        x, w = draw(4, 3), draw(3, 5)
        out, cache = forward(x.copy(), w.copy()); u = draw(*out.shape)
        try: g = backward(u.copy(), cache)
        except Exception: return False
        if [np.shape(k) for k in g] != [(4, 3), (3, 5)]: return False
        for k, a in enumerate((x, w)):
            num = np.zeros(a.shape)
            for i in np.ndindex(a.shape):
                e = np.zeros_like(a); e[i] = 1e-5
                p = [x, w]; q = [x, w]; p[k] = a + e; q[k] = a - e
                num[i] = np.sum(u * (forward(*map(np.copy, p))[0] - forward(*map(np.copy, q))[0])) / 2e-5
            if np.abs(num - g[k]).max() > 2e-5 * max(np.abs(num).max(), np.abs(g[k]).max()) + 1e-11 * 0 + 1e-13: return False
    return True
answer_quarter = 243.0
answer_columns = np.int32(1024)
