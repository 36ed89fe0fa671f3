# answers: 04_training
# expect: wrong xavier_init.W he_init.W
# the moments are right, but the numbers come from elsewhere: the global generator, seeded by rng; rng for the signs only
import numpy as np

SIZES = {}


def xavier_init(fan_in, fan_out, rng):
    np.random.seed(rng.integers(2**31))
    return np.random.normal(0, np.sqrt(2 / (fan_in + fan_out)), (fan_in, fan_out))


def he_init(fan_in, fan_out, rng):
    shape = (fan_in, fan_out)
    sizes = SIZES.setdefault(shape, np.abs(np.random.default_rng(3).normal(size=shape)))
    return rng.choice([-1, 1], shape) * sizes * np.sqrt(2 / fan_in)
