"""Gradients that are zero but for rounding errors: nobody is blamed for those."""

import numpy as np
import pytest

from autograder.numerical import check_backward, check_gradient


def normalised(x, w, b):
    h = x @ w + b
    return (h - h.mean(axis=0)) / np.sqrt(h.var(axis=0) + 1e-5)


def normalised_backward(dout, x, w, b):
    """By hand; batch norm undoes any bias, so `db` is what is left of terms that cancel."""
    h = x @ w + b
    inverse = 1 / np.sqrt(h.var(axis=0) + 1e-5)
    z = (h - h.mean(axis=0)) * inverse
    n = len(x)
    dh = inverse / n * (n * dout - dout.sum(axis=0) - z * (dout * z).sum(axis=0))
    return dh @ w.T, x.T @ dh, dh.sum(axis=0)


def arrays(seed):
    rng = np.random.default_rng(seed)
    n, d, m = rng.integers(2, 30), rng.integers(1, 20), rng.integers(1, 20)
    scale = 10.0 ** rng.integers(-4, 4)
    return [rng.normal(size=(n, d)) * scale, rng.normal(size=(d, m)), rng.normal(size=m)]


@pytest.mark.parametrize("start", range(0, 120, 30))
def test_a_bias_below_batch_norm_is_never_called_wrong(start):
    for seed in range(start, start + 30):
        report = check_backward(normalised, normalised_backward, arrays(seed), seed=seed)
        assert report.verdict != "fail", f"seed {seed}: {report}"
        assert report.arrays["b"].verdict != "fail"


@pytest.mark.parametrize("seed", range(8))
def test_a_wrong_bias_gradient_below_batch_norm_fails(seed):
    def forgets_the_mean(dout, x, w, b):
        dx, dw, db = normalised_backward(dout, x, w, b)
        return dx, dw, db + dout.sum(axis=0)

    report = check_backward(normalised, forgets_the_mean, arrays(seed), seed=seed)
    assert report.arrays["b"].verdict == "fail"


def test_a_saturated_output_that_is_exactly_zero_blames_nobody():
    x = np.array([[-80.0, -90.0, -70.0, 60.0]])

    def loss(x):
        return np.log(np.sum(np.exp(x - x.max()))) - (x[0, 3] - x.max())  # e^-130 is lost beside 1

    def backward(dout, x):
        probability = np.exp(x - x.max())
        probability /= probability.sum()
        probability[0, 3] = -probability[0, :3].sum()
        return (dout * probability,)

    assert loss(x) == 0
    assert check_backward(loss, backward, [x]).verdict != "fail"
    assert check_gradient(loss, [x], None, backward(1.0, x)).verdict != "fail"
    assert check_backward(loss, lambda d, x: (d * np.ones(x.shape),), [x]).verdict == "fail"


def test_a_backward_that_draws_again_is_told_so():
    def forward(x):
        return x * (np.random.default_rng(3).random(x.shape) < 0.5)

    rng = np.random.default_rng(4)

    def backward(dout, x):
        return (dout * (rng.random(x.shape) < 0.5),)

    report = check_backward(forward, backward, [np.linspace(1, 2, 12).reshape(3, 4)])
    assert report.verdict == "fail"
    assert "when it was called again" in report.reason
