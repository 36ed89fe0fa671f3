# answers: 00_start
# a helper for one pair, a comprehension over all of them
import numpy as np


def error_of_pair(a, b):
    size = abs(a) + abs(b)
    return abs(a - b) / (size if size > 1e-8 else 1e-8)


def relative_error(x, y):
    pairs = zip(np.asarray(x).ravel(), np.asarray(y).ravel())
    errors = [error_of_pair(a, b) for a, b in pairs]
    return max(errors)
