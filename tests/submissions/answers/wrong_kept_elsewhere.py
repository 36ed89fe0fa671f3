# answers: 02_layers
# expect: wrong affine_backward.dx affine_backward.dw relu_backward.dx sigmoid_backward.dx tanh_backward.dx gelu_backward.dx swish_backward.dx swiglu_backward.*
# what backward needs is kept in one global place: a layer that is used twice goes back through the last use
import numpy as np

class Layer:
    pass
L = Layer()
def affine_forward(x, w, b):
    L.x, L.w = x, w
    return x.reshape(len(x), -1) @ w + b, L
def affine_backward(dout, cache):
    return (dout @ cache.w.T).reshape(cache.x.shape), cache.x.reshape(len(cache.x), -1).T @ dout, dout.sum(0)
def relu_forward(x):
    global rx; rx = x
    return np.maximum(x, 0), None
def relu_backward(dout, cache): return dout * (rx > 0)
def sigmoid_forward(x):
    sigmoid_forward.out = (1 + np.tanh(x/2))/2
    return sigmoid_forward.out, None
def sigmoid_backward(dout, cache): return dout * sigmoid_forward.out * (1 - sigmoid_forward.out)
buf = {}
def tanh_forward(x):
    buf["t"] = np.tanh(x); return buf["t"], buf
def tanh_backward(dout, cache): return dout * (1 - cache["t"]**2)
stack = []
def gelu_forward(x):
    stack[:] = [x]; P = 0.5*(1+erf(x/np.sqrt(2)))
    return x*P, stack
def gelu_backward(dout, cache):
    x = cache[0]; return dout*(0.5*(1+erf(x/np.sqrt(2))) + x*np.exp(-x*x/2)/np.sqrt(2*np.pi))
def swish_forward(x, keep={}):
    keep["x"] = x; keep["s"] = (1+np.tanh(x/2))/2
    return x*keep["s"], keep
def swish_backward(dout, cache):
    x, s = cache["x"], cache["s"]; return dout*(s + x*s*(1-s))
def swiglu_forward(x, w_gate, w_up, w_down):
    global G
    z = x @ w_gate; s = (1+np.tanh(z/2))/2; u = x @ w_up
    G = x, w_gate, w_up, w_down, z, s, u
    return (z*s*u) @ w_down, None
def swiglu_backward(dout, cache):
    x, w_gate, w_up, w_down, z, s, u = G
    dh = dout @ w_down.T; du = dh*z*s; dz = dh*u*(s+z*s*(1-s))
    return dz @ w_gate.T + du @ w_up.T, x.T @ dz, x.T @ du, (z*s*u).T @ dout
