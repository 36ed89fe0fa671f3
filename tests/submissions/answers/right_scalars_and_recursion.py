# answers: 00_start
# expect: right
# a NumPy scalar as the answer to a choice; walrus, match, one recursion over the axes
import numpy as np

def relative_error(x, y):
    match x.shape:
        case ():
            return relative_error(x[None], y[None])
        case (n,):
            return (worst := np.sort(np.abs(np.diff([x, y], axis=0)[0]) / np.clip(np.abs(x) + np.abs(y), 1e-8, None))[-1])
        case _:
            return np.apply_along_axis(np.max, 0, [relative_error(a, b) for a, b in zip(x, y)])
steps = np.array([1e-12, 1e-5, 1e-1])
answer_step = steps[1]
