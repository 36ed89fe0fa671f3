# answers: 07_autograd
# the layer of PyTorch step by step: shapes kept in ctx, gradients collected in a list
import numpy as np


class MyLinear(TorchFunction):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        turned = weight.T
        out = np.matmul(x, turned)
        if ctx.has_bias:
            out = out + bias
        return out

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        grads = [None, None, None]
        if wants_x:
            grads[0] = np.matmul(dout, weight)
        if wants_weight:
            grads[1] = np.matmul(dout.T, x)
        if wants_bias and ctx.has_bias:
            grads[2] = np.sum(dout, axis=0)
        return tuple(grads)
