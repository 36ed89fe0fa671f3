# answers: 03_leaky
# expect: right
# lists where arrays are due, a diagonal, a closure
import numpy as np

def dead_units(acts): return (acts == 0).all(0).tolist()
def q_acted(Q, a): return [row[k] for row, k in zip(Q, a)]
def huber_forward(x, delta):
    h = delta**2 * (np.sqrt(1 + (x/delta)**2) - 1)
    inner = np.abs(x) < delta
    out = inner * x**2 / 2 + (1 - inner) * delta * (np.abs(x) - delta / 2)
    return out, lambda d: d * (inner * x + (1 - inner) * delta * np.sign(x))
def huber_backward(dout, cache): return cache(dout)
