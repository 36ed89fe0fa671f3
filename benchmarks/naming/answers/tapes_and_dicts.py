# answers: 07_autograd
# a tape with gradients in a dict, slopes beside values in pairs
import math

import numpy as np


def run_tape(tape, x):
    values = [float(number) for number in x]
    for entry in tape:
        if entry[0] == "add":
            values.append(values[entry[1]] + values[entry[2]])
        elif entry[0] == "mul":
            values.append(values[entry[1]] * values[entry[2]])
        else:
            values.append(math.tanh(values[entry[1]]))
    grads = dict.fromkeys(range(len(values)), 0.0)
    grads[len(values) - 1] = 1.0
    slot = len(values) - 1
    for entry in tape[::-1]:
        upstream = grads[slot]
        if entry[0] == "add":
            grads[entry[1]] += upstream
            grads[entry[2]] += upstream
        elif entry[0] == "mul":
            left, right = entry[1], entry[2]
            grads[left] += upstream * values[right]
            grads[right] += upstream * values[left]
        else:
            grads[entry[1]] += upstream * (1 - values[slot] ** 2)
        slot -= 1
    return values[-1], np.array([grads[i] for i in range(len(x))])


def forward_mode(tape, x, v):
    pairs = list(zip(x, v))
    for entry in tape:
        a, da = pairs[entry[1]]
        if entry[0] == "tanh":
            t = math.tanh(a)
            pairs.append((t, da * (1 - t * t)))
            continue
        b, db = pairs[entry[2]]
        if entry[0] == "add":
            pairs.append((a + b, da + db))
        else:
            pairs.append((a * b, a * db + b * da))
    return pairs[-1]
