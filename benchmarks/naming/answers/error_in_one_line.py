# answers: 00_start
# a loop over pairs, the worst so far
import numpy as np


def relative_error(x, y):
    worst = 0.0
    for a, b in zip(np.ravel(x), np.ravel(y)):
        size = max(abs(a) + abs(b), 1e-8)
        worst = max(worst, abs(a - b) / size)
    return worst
