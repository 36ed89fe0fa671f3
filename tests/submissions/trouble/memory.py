# answers: 02_layers
# expect: affine_backward=memory relu_backward=error
# asks for more memory than there is; calls itself without end
import numpy as np


def affine_backward(dout, cache):
    hog = [np.ones((1 << 27,)) for _ in range(64)]
    return hog


def relu_backward(dout, cache):
    return relu_backward(dout, cache)
