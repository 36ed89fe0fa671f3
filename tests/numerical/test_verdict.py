"""Right or inconclusive, never wrong."""

import numpy as np
import pytest

from autograder.numerical import check_backward, check_gradient, numerical_gradient

RNG = np.random.default_rng(11)
X, W, B = RNG.normal(size=(6, 5)), RNG.normal(size=(5, 4)), RNG.normal(size=4)


def layer(x, w, b):
    return np.maximum(x @ w + b, 0)


def layer_backward(dout, x, w, b):
    dout = dout * (x @ w + b > 0)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


MISTAKES = {
    "sign": lambda g: (-g[0], g[1], g[2]),
    "factor": lambda g: (g[0], g[1] / 6, g[2]),
    "zero": lambda g: (g[0], g[1], 0 * g[2]),
    "small factor": lambda g: (g[0] * (1 + 3e-6), g[1], g[2]),
    "one entry": lambda g: (g[0], g[1] + 1e-4 * np.eye(5, 4), g[2]),
    "swapped": lambda g: (g[0], g[1], g[2][[1, 0, 2, 3]]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("seed", range(3))
def test_mistakes_fail_and_the_right_array_is_blamed(mistake, seed):
    report = check_backward(
        layer, lambda *a: MISTAKES[mistake](layer_backward(*a)), [X, W, B], seed=seed
    )
    right = layer_backward(RNG.normal(size=(6, 4)), X, W, B)
    blamed = [not np.array_equal(g, r) for g, r in zip(MISTAKES[mistake](right), right)]
    assert report.verdict == "fail"
    assert [a.verdict == "fail" for a in report.arrays.values()] == blamed
    assert [a.verdict == "pass" for a in report.arrays.values()] == [not b for b in blamed]


@pytest.mark.parametrize(
    "spoil", [np.abs, np.ones_like, lambda u: np.clip(u, -5, 5), lambda u: u**2, np.sign]
)
def test_a_backward_that_is_not_linear_in_the_upstream_fails(spoil):
    report = check_backward(layer, lambda u, *a: layer_backward(spoil(u), *a), [X, W, B])
    assert report.verdict == "fail"


def test_abs_is_seen_even_when_the_given_upstream_is_all_ones():
    report = check_backward(
        layer, lambda u, *a: layer_backward(np.abs(u), *a), [X, W, B], np.ones((6, 4))
    )
    assert report.verdict == "fail"


def test_one_wrong_entry_among_many_is_located():
    x, w = RNG.normal(size=(30, 200)), RNG.normal(size=(200, 150))

    def backward(dout, x, w):
        dx, dw = dout @ w.T, x.T @ dout
        dw[123, 45] *= 1.5
        return dx, dw

    report = check_backward(
        lambda x, w: np.tanh(x @ w / 20) * 20,
        lambda u, x, w: backward(u * (1 - np.tanh(x @ w / 20) ** 2), x, w),
        [x, w],
    )
    assert report.verdict == "fail"
    found = report.arrays["w"]
    assert found.worst_index == (123, 45)
    assert found.got == pytest.approx(1.5 * found.expected, rel=1e-6)
    assert "[123, 45]" in report.reason
    assert report.evaluations <= 100


def test_a_wrong_row_is_located_as_a_row():
    def backward(dout, x):
        dx = dout * np.cos(x)
        dx[2] = 0
        return dx

    report = check_backward(np.sin, backward, [X])
    assert report.arrays[next(iter(report.arrays))].worst_index == (2, slice(None))


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_slope_at_a_kink_is_right(at_zero):
    x = np.round(X)
    report = check_backward(
        lambda x: np.maximum(x, 0), lambda u, x: u * np.where(x == 0, at_zero, x > 0), [x]
    )
    assert report.verdict == "pass"


def test_a_wrong_slope_beside_kinks_fails():
    x = np.round(X)
    report = check_backward(lambda x: np.maximum(x, 0), lambda u, x: u * (x > 0) * 1.01, [x])
    assert report.verdict == "fail"


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9])
def test_near_a_kink(distance):
    x = distance * np.sign(X)
    assert check_backward(lambda x: np.maximum(x, 0), lambda u, x: u * (x > 0), [x])
    assert not check_backward(lambda x: np.maximum(x, 0), lambda u, x: u * (x < 0), [x])


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e4, 1e8])
def test_scales(scale):
    def forward(x, w):
        return np.log1p((x / scale) ** 2) @ w

    def backward(dout, x, w):
        z = x / scale
        return (dout @ w.T) * 2 * z / (1 + z**2) / scale, np.log1p(z**2).T @ dout

    assert check_backward(forward, backward, [X * scale, W])
    report = check_backward(
        forward, lambda *a: (backward(*a)[0] * 1.001, backward(*a)[1]), [X * scale, W]
    )
    assert report.verdict == "fail"


def test_saturation_is_never_passed_silently():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    x = 45 + X
    right = check_backward(sigmoid, lambda u, x: u * sigmoid(x) * sigmoid(-x), [x])
    assert right.verdict == "pass"
    assert "below the forward's resolution" in right.arrays[next(iter(right.arrays))].note
    assert check_backward(sigmoid, lambda u, x: u * 0, [x]).verdict != "pass"
    assert (
        check_gradient(sigmoid, [x], np.ones(x.shape), np.zeros(x.shape)).verdict == "inconclusive"
    )


def test_float32_is_judged_at_its_own_resolution():
    arrays = [a.astype(np.float32) for a in (X, W, B)]
    assert check_backward(layer, layer_backward, arrays)
    dout = RNG.normal(size=(6, 4)).astype(np.float32)
    report = check_gradient(layer, arrays, dout, layer_backward(dout, *arrays))
    assert report.verdict != "fail"  # one point may be too coarse to certify all

    def narrow(x, w, b):
        return np.tanh(x.astype("f4") @ w.astype("f4") + b.astype("f4")).astype("f8")

    def narrow_backward(dout, x, w, b):
        return layer_backward((dout * (1 - narrow(x, w, b) ** 2)) * 1.0, x, w, b)

    def right(dout, x, w, b):
        dz = dout * (1 - narrow(x, w, b) ** 2)
        return dz @ w.T, x.T @ dz, dz.sum(axis=0)

    assert check_backward(narrow, right, [X, W, B])
    assert check_backward(narrow, narrow_backward, [X, W, B]).verdict == "fail"


def test_an_array_without_influence_passes_with_a_note():
    report = check_backward(
        lambda x, b: (x + b) - (x + b).mean(),
        lambda u, x, b: (u - u.mean(), 0.0 * b),
        [X, np.array(0.7)],
    )
    assert report.verdict == "pass"
    assert "does not depend" in report.arrays["b"].note


def test_chaos_is_never_called_wrong():
    def forward(x):
        for _ in range(120):
            x = 3.9 * x * (1 - x)
        return x

    def backward(u, x):
        slope = np.ones_like(x)
        for _ in range(120):
            slope = slope * 3.9 * (1 - 2 * x)
            x = 3.9 * x * (1 - x)
        return u * slope

    report = check_backward(forward, backward, [RNG.uniform(0.2, 0.8, (4, 3))])
    assert report.verdict == "inconclusive"


def test_values_alone_can_be_judged():
    dout = RNG.normal(size=(6, 4))
    gradients = layer_backward(dout, X, W, B)
    assert check_gradient(layer, [X, W, B], dout, gradients)
    wrong = check_gradient(layer, [X, W, B], dout, [gradients[0], gradients[1], -gradients[2]])
    assert wrong.verdict == "fail"
    assert wrong.arrays["b"].verdict == "fail"


@pytest.mark.parametrize(
    ("f", "df", "x"),
    [
        (np.sin, np.cos, X),
        (np.exp, np.exp, 10 * X),
        (np.log, np.reciprocal, np.abs(X)),
        (np.sqrt, lambda x: 0.5 / np.sqrt(x), np.abs(X) * 1e-8),
        (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, X),
        (lambda x: x**3, lambda x: 3 * x**2, X * 1e8),
    ],
)
def test_numerical_gradients_keep_their_bound(f, df, x):
    upstream = RNG.normal(size=x.shape)
    gradient, bound = numerical_gradient(f, x, upstream)
    right = upstream * df(x)
    assert np.all(np.abs(gradient - right) <= bound)
    assert np.all(bound <= 1e-7 * np.abs(right).max())


def test_at_a_kink_the_bound_spans_both_slopes():
    gradient, bound = numerical_gradient(lambda x: np.sum(np.maximum(x, 0)), np.array([0.0, 1.0]))
    assert bound[0] >= 0.5
    assert abs(gradient[1] - 1) <= bound[1] < 1e-9


def test_what_says_nothing_is_inconclusive():
    def root(x):
        return np.sqrt(x)

    def root_backward(u, x):
        with np.errstate(divide="ignore"):
            return u * 0.5 / np.sqrt(x)

    edge = check_backward(root, root_backward, [np.array([0.0, 1.0, 2.0])])
    assert edge.verdict == "inconclusive"
    assert "infinite at [0]" in edge.reason
    assert check_backward(root, lambda u, x: u * np.nan, [np.abs(X)]).verdict == "fail"
    still = check_backward(root, root_backward, [np.abs(X)], np.zeros(X.shape))
    assert still.verdict == "inconclusive"
    assert "all zeros" in still.reason


def test_a_dead_input_is_no_evidence_for_others():
    """Away from its ties this network is dead; nothing may pass on the strength of that."""

    def forward(x, b):
        return np.maximum(1e-20 * x + b, 0.0)

    def wrong(u, x, b):
        du = u * (1e-20 * x + b > 0)
        return -1e-20 * du, du.sum(axis=0)

    for seed in range(4):
        report = check_backward(forward, wrong, [np.abs(X), np.zeros(5)], seed=seed)
        assert report.verdict != "pass"


def test_half_precision_is_never_certified_beyond_reason():
    report = check_backward(lambda x: x.astype(np.float16) * 2, lambda u, x: u * 2.2, [X])
    assert report.verdict != "pass"


def test_a_numpy_scalar_is_checked_even_when_its_gradient_is_zero():
    scale = np.float64(0.7)
    right = check_backward(lambda x, a: a * x, lambda u, x, a: (a * u, np.sum(u * x)), [X, scale])
    wrong = check_backward(lambda x, a: a * x, lambda u, x, a: (a * u, 0.0), [X, scale])
    assert (right.verdict, wrong.verdict) == ("pass", "fail")


def test_a_negative_zero_is_written_as_zero():
    wrong = np.ones(30)
    wrong[4] = -0.0
    report = check_gradient(lambda x: np.sum(x), [np.ones(30)], None, [wrong])
    assert "at [4]: got 0, expected 1" in str(report)
