# answers: 04_training
# expect: wrong xavier_init.W he_init.W
# the moments of the whole array are right; single units are not drawn at all
import numpy as np


def xavier_init(fan_in, fan_out, rng):
    a = np.sqrt(6 / (fan_in + fan_out))
    return np.linspace(-a, a, fan_in * fan_out).reshape(fan_in, fan_out)


def he_init(fan_in, fan_out, rng):
    W = rng.normal(0, np.sqrt(2 / fan_in), (fan_in, fan_out))
    W[:, 0] = 0
    return W
