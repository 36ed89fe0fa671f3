"""What 00_start says about steps and counters is true, on several points."""

import numpy as np
import pytest

STEPS = 10.0 ** np.arange(-12, 0.01, 0.5)


def f(x):
    return np.sum(np.sin(x) * np.exp(x / 2))


def slope(x):
    return np.exp(x / 2) * (np.cos(x) + np.sin(x) / 2)


def errors(relative_error, x, dtype, one_sided=False):
    start, found = x.astype(dtype), []
    for h in STEPS:
        measured = np.empty(len(x))
        for i, nudge in enumerate(np.eye(len(x), dtype=dtype) * dtype(h)):
            below = start if one_sided else start - nudge
            measured[i] = (f(start + nudge) - f(below)) / dtype(h if one_sided else 2 * h)
        found.append(relative_error(measured, slope(x)))
    return np.array(found)


@pytest.mark.parametrize("seed", range(6))
def test_the_v_curve(notebook, seed):
    relative_error = notebook("00_start").namespace["relative_error"]
    x = np.random.default_rng(seed).uniform(0.5, 1.2, size=5)
    central = errors(relative_error, x, np.float64)
    single = errors(relative_error, x, np.float32)
    one_sided = errors(relative_error, x, np.float64, one_sided=True)
    assert 2e-6 < STEPS[central.argmin()] < 5e-5
    assert central.min() < 1e-10
    assert 1e-3 < STEPS[single.argmin()] < 5e-2
    assert 1e-6 < single.min() < 1e-4
    assert one_sided.min() > 10 * central.min()


def test_the_counter_stands_still():
    counter = np.float32(16_777_216)
    for _ in range(10):
        counter = counter + np.float32(1)
    assert counter == 16_777_216
