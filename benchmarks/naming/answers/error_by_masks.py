# answers: 00_start
# flat copies, small sizes lifted through a mask, signs turned in place, the worst place by argmax
import numpy as np


def relative_error(x, y):
    a = np.array(x, dtype=float).reshape(-1)
    b = np.array(y, dtype=float).reshape(-1)
    size = np.abs(a) + np.abs(b)
    tiny = size < 1e-8
    size[tiny] = 1e-8
    gap = a - b
    gap[gap < 0] *= -1
    ratios = gap / size
    worst = ratios.argmax()
    error = float(ratios[worst])
    return error
