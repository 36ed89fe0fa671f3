"""What holds for every gradient, at every size that float64 has."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.numerical import check_backward

ELEMENTWISE = {
    "exp": (np.exp, np.exp),
    "cosh": (np.cosh, np.sinh),
    "square": (np.square, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "inverse": (lambda x: 1 / x, lambda x: -1 / x / x),
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "log": (np.log, lambda x: 1 / x),
    "root": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: 0.25 / np.cosh(x / 2) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
}
NAMES = st.sampled_from(sorted(ELEMENTWISE))
SEEDS = st.integers(0, 2**31)
MANY = settings(max_examples=150, deadline=None)


def question(name, x, factor=1.0):
    """A forward, and its gradient times a factor; None where they are not finite."""
    f, slope = ELEMENTWISE[name]
    with np.errstate(all="ignore"):
        if not (np.isfinite(f(x)).all() and np.isfinite(slope(x)).all()):
            return None
    return f, lambda u, x: factor * u * slope(x)


@MANY
@given(NAMES, st.floats(-323.3, 307.9), SEEDS, st.sampled_from([1, 2, -1, 0, 1.01]))
@example("inverse", 160.0, 0, 1)  # slopes of a few thousand times the least number
@example("log", -304.98843056571775, 1362800687, 1)  # a larger upstream would overflow
def test_a_verdict_is_right_at_any_size(name, size, seed, factor):
    x = 10.0**size * np.random.default_rng(seed).uniform(0.5, 1.5, 4)
    asked = question(name, x, factor)
    if asked is not None:
        report = check_backward(*asked, [x], seed=seed)
        assert report.verdict != ("fail" if factor == 1 else "pass"), report
        assert "inf" not in str(report)


@MANY
@given(NAMES, st.floats(-16, -6.01), SEEDS)
def test_a_disagreement_below_the_tolerance_never_fails(name, error, seed):
    x = np.random.default_rng(seed).uniform(0.5, 2.5, (3, 2))
    report = check_backward(*question(name, x, 1 + 10.0**error), [x], seed=seed)
    assert report.verdict != "fail", report


@MANY
@given(SEEDS, st.floats(1.05, 4), st.booleans(), st.integers(1, 12), st.integers(1, 12))
def test_what_the_input_contradicts_is_not_cleared_elsewhere(seed, at_zero, below, size, ties):
    """A slope at the tie that is none of those between both sides."""
    x = np.random.default_rng(seed).normal(size=size)
    x[:ties] = 0
    wrong = 1 - at_zero if below else at_zero
    report = check_backward(
        lambda x: np.maximum(x, 0), lambda u, x: u * np.where(x == 0, wrong, x > 0), [x], seed=seed
    )
    assert report.verdict != "pass"


@MANY
@given(NAMES, SEEDS, st.integers(-300, 300), st.integers(-300, 300), st.sampled_from([1, 1.001]))
def test_powers_of_two_change_no_verdict(name, seed, inner, outer, factor):
    x = np.random.default_rng(seed).uniform(0.5, 2.5, (3, 2))
    f, backward = question(name, x, factor)
    up = np.random.default_rng(seed).normal(size=x.shape)

    def scaled(x):
        return f(np.ldexp(x, -inner))

    def scaled_backward(u, x):
        return np.ldexp(backward(u, np.ldexp(x, -inner)), -inner)

    plain = check_backward(f, backward, [x], up, seed=seed)
    other = check_backward(
        scaled, scaled_backward, [np.ldexp(x, inner)], np.ldexp(up, outer), seed=seed
    )
    assert plain.verdict == other.verdict == ("pass" if factor == 1 else "fail")
    assert plain.evaluations == other.evaluations


@pytest.mark.parametrize("wrong", [lambda u: 2 * u, lambda u: -u, lambda u: 0 * u])
@pytest.mark.parametrize("size", [1e-8, 1e-30, 1e-300, 5e-324, 1e30])
def test_an_array_beside_a_much_larger_one_is_seen(wrong, size):
    arrays = [np.ones(3) / min(1, 1 / size), np.full(3, min(size, 1 / size))]
    for change in (wrong, lambda u: u):
        report = check_backward(
            lambda x, b: x + b, lambda u, x, b, c=change: (u.copy(), c(u)), arrays
        )
        assert report.verdict == ("pass" if change is not wrong else "fail"), report


@pytest.mark.parametrize("distance", [1e-7, 1e-12])
def test_a_mask_at_the_wrong_place_is_seen_below_it(distance):
    x = distance * np.random.default_rng(0).uniform(-1, 1, 8)
    report = check_backward(lambda x: np.maximum(x, 0), lambda u, x: u * (x > 1e-3), [x])
    assert report.verdict == "fail"
