# answers: 00_start
# lists that grow by append, np.where for small sizes, the largest error by sorting
import numpy as np


def relative_error(x, y):
    x = np.ravel(x)
    y = np.ravel(y)
    diffs, sizes = [], []
    for i in range(len(x)):
        diffs.append(np.absolute(x[i] - y[i]))
        sizes.append(np.absolute(x[i]) + np.absolute(y[i]))
    sizes = np.array(sizes)
    # do not divide by zero
    denom = np.where(sizes > 1e-8, sizes, 1e-8)
    errors = np.array(diffs) / denom
    errors = sorted(errors.tolist())
    return errors[-1]
