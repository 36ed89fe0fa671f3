# answers: 06_rnn
# expect: rnn_backward=timeout
# the step back in time goes forward


def rnn_backward(dh, cache):
    t = dh.shape[1] - 1
    while t >= 0:
        t = t + 1
    return t
