# answers: 02_layers
# expect: relu_backward=timeout
# a loop that never ends
import time


def relu_backward(dout, cache):
    i = 0
    while i < dout.size:
        i = i * 1
        time.sleep(0.01)
    return dout
