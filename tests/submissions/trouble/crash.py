# answers: 02_layers
# expect: tanh_backward=crash sigmoid_backward=exit affine_backward=exit
# the interpreter crashes, the process ends, the program exits
import ctypes
import os
import sys


def tanh_backward(dout, cache):
    return ctypes.string_at(0)


def sigmoid_backward(dout, cache):
    os._exit(0)


def affine_backward(dout, cache):
    sys.exit("done")
