# answers: 06_rnn
# expect: wrong rnn_step_backward.* rnn_backward.* temporal_affine_backward.dx temporal_affine_backward.dw lstm_step_backward.*
# the caches are one global dict
import numpy as np

K = {}
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    y = np.tanh(x @ Wx + prev_h @ Wh + b); K["s"] = x, prev_h, Wx, Wh, y; return y, None
def rnn_step_backward(d, cache):
    x, h, Wx, Wh, y = K["s"]; z = d*(1-y*y); return z @ Wx.T, z @ Wh.T, x.T @ z, h.T @ z, z.sum(0)
def rnn_forward(x, h0, Wx, Wh, b):
    hs = []; K["r"] = []; h = h0
    for t in range(x.shape[1]):
        y = np.tanh(x[:, t] @ Wx + h @ Wh + b); K["r"].append((x[:, t], h, Wx, Wh, y)); h = y; hs.append(y)
    return np.stack(hs, 1), None
def rnn_backward(dh, cache):
    dx = []; c = 0; a = [0, 0, 0]
    for t in range(dh.shape[1])[::-1]:
        x, h, Wx, Wh, y = K["r"][t]; z = (dh[:, t]+c)*(1-y*y); c = z @ Wh.T; dx.insert(0, z @ Wx.T)
        a = [p+q for p, q in zip(a, (x.T @ z, h.T @ z, z.sum(0)))]
    return np.stack(dx, 1), c, *a
def temporal_affine_forward(x, w, b): K["a"] = x, w; return x @ w + b, None
def temporal_affine_backward(dout, cache):
    x, w = K["a"]; return dout @ w.T, np.einsum("ntd,ntm->dm", x, dout), dout.sum((0, 1))
def lstm_step_forward(x, h, c, Wx, Wh, b):
    a = x @ Wx + h @ Wh + b; H = h.shape[1]
    s = lambda v: (1+np.tanh(v/2))/2
    i, f, o, g = s(a[:, :H]), s(a[:, H:2*H]), s(a[:, 2*H:3*H]), np.tanh(a[:, 3*H:]); n = f*c+i*g
    K["l"] = x, h, c, Wx, Wh, i, f, o, g, n; return o*np.tanh(n), n, None
def lstm_step_backward(dh, dc, cache):
    x, h, c, Wx, Wh, i, f, o, g, n = K["l"]; t = np.tanh(n); dc = dc + dh*o*(1-t*t)
    z = np.hstack([dc*g*i*(1-i), dc*c*f*(1-f), dh*t*o*(1-o), dc*i*(1-g*g)]); return z @ Wx.T, z @ Wh.T, dc*f, x.T @ z, h.T @ z, z.sum(0)
