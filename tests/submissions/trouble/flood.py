# answers: 02_layers
# expect: right
# right, and prints without measure
import numpy as np


def relu_forward(x):
    for i in range(5_000):
        print("looking at x", i, "-" * 60)
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    print("\x1b[2J<script>alert('cache')</script>", cache)
    return dout * (cache > 0)
