# answers: 07_autograd
# expect: wrong forward_mode.slope
# a number that is added to itself moves once
import numpy as np


def forward_mode(tape, x, v):
    numbers, slopes = list(x), list(v)
    for op, *at in tape:
        a, da = numbers[at[0]], slopes[at[0]]
        if op == "tanh":
            numbers.append(np.tanh(a))
            slopes.append((1 - np.tanh(a) ** 2) * da)
        elif op == "mul":
            numbers.append(a * numbers[at[1]])
            slopes.append(da * numbers[at[1]] + a * slopes[at[1]])
        else:
            numbers.append(a + numbers[at[1]])
            slopes.append(sum(slopes[k] for k in set(at)))
    return numbers[-1], slopes[-1]
