# answers: 00_start
# one entry after the other, signs and floors by comparisons, no function of NumPy but ravel
import numpy as np


def relative_error(x, y):
    left = np.ravel(x)
    right = np.ravel(y)
    worst = 0.0
    for i in range(left.size):
        gap = left[i] - right[i]
        if gap < 0:
            gap = -gap
        both = abs(left[i]) + abs(right[i])
        if both < 1e-8:
            both = 1e-8
        ratio = gap / both
        if ratio > worst:
            worst = ratio
    error = float(worst)
    return error
