"""What a backward may hand out, what it may not, and what it is told then."""

import numpy as np
import pytest

from autograder.numerical import GradcheckError, check_backward, check_gradient

RNG = np.random.default_rng(7)
X, W, B = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)


def affine(x, w, b):
    return x @ w + b


def affine_backward(dout, x, w, b):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def check(backward, arrays=(X, W, B), forward=affine, **options):
    return check_backward(forward, backward, arrays, **options)


def test_a_right_backward_passes_with_few_evaluations():
    report = check(affine_backward)
    assert report.verdict == "pass"
    assert report
    assert report.evaluations == 14
    assert list(report.arrays) == ["x", "w", "b"]
    assert all(array.certified < 1e-6 for array in report.arrays.values())


@pytest.mark.parametrize("form", [list, tuple, iter, lambda g: dict(zip("xwb", g))])
def test_gradients_may_come_in_any_sequence(form):
    assert check(lambda *a: form(affine_backward(*a)))


def test_a_single_gradient_may_come_bare_or_in_a_sequence():
    for wrap in (lambda g: g, lambda g: (g,), lambda g: [g]):
        assert check_backward(lambda x: x**2, lambda u, x, wrap=wrap: wrap(2 * u * x), [X])


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda g: None, "returned None"),
        (lambda g: g[:2], "returned 2 gradients"),
        (lambda g: (*g, g[0]), "returned 4 gradients"),
        (lambda g: g[0], "a single array"),
        (lambda g: 1, "a single array"),
        (lambda g: (g[0], None, g[2]), "w is None"),
        (lambda g: (g[0], g[1], g[2][None]), "shape (1, 3); expected (3,)"),
        (lambda g: (g[0], g[1].T, g[2]), "transpose"),
        (lambda g: (g[0], g[1], "db"), "dtype"),
        (lambda g: (g[0], g[1], g[2] * np.nan), "contains nan"),
        (lambda g: (g[0], g[1] / 0.0, g[2]), "not finite"),
        (lambda g: {"x": g[0]}, "without w, b"),
        (lambda g: 1 / 0, "raised ZeroDivisionError"),
    ],
)
def test_what_is_no_gradient_fails_with_a_reason(returned, words):
    report = check(lambda *a: returned(affine_backward(*a)))
    assert report.verdict == "fail"
    assert words in report.reason
    assert not report


def test_arguments_changed_in_place_break_nothing():
    def forward(x, w, b):
        out = x @ w + b
        x *= 0
        w += 1
        return out

    def backward(dout, x, w, b):
        gradients = dout @ w.T, x.T @ dout, dout.sum(axis=0)
        for array in (dout, x, w, b):
            array[...] = 9
        return gradients

    kept = [array.copy() for array in (X, W, B)]
    report = check(backward, forward=forward)
    assert report
    assert any("in place" in note for note in report.notes)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (X, W, B)))


def test_every_call_gets_arrays_that_can_be_written():
    def forward(x):
        assert x.flags.writeable
        return x * 2

    x = X.copy()
    x.flags.writeable = False
    assert check_backward(forward, lambda u, x: 2 * u, [x])


def test_an_output_that_is_overwritten_later_is_read_in_time():
    buffer = np.zeros_like(X)

    def forward(x):
        np.multiply(x, 3.0, out=buffer)
        return buffer

    assert check_backward(forward, lambda u, x: 3 * u, [X])


def test_a_fresh_forward_precedes_every_backward():
    caches = []

    def forward(x):
        caches.append(x)
        return np.tanh(x)

    def backward(dout, x):
        return dout * (1 - np.tanh(caches.pop()) ** 2)

    assert check_backward(forward, backward, [X])


def test_integers_flags_and_other_constants_are_held():
    labels = np.array([0, 2, 1, 1, 3])

    def forward(x, y, scale, options):
        assert isinstance(scale, float)
        assert y.dtype == labels.dtype
        return scale * x[np.arange(len(y)), y] * options["k"]

    def dx(dout, x, y, scale, options):
        out = np.zeros_like(x)
        out[np.arange(len(y)), y] = dout * scale * options["k"]
        return out

    arrays = [X, labels, 0.5, {"k": 3}]
    for backward in (dx, lambda *a: [dx(*a)], lambda *a: (dx(*a), None, None, None)):
        report = check_backward(forward, backward, arrays)
        assert report
        assert list(report.arrays) == ["x"]


def test_a_plain_number_is_checked_when_a_gradient_is_handed_out_for_it():
    def forward(x, a):
        return a * x

    right = check_backward(forward, lambda u, x, a: (a * u, float(np.sum(u * x))), [X, 2.0])
    assert right
    assert list(right.arrays) == ["x", "a"]
    wrong = check_backward(forward, lambda u, x, a: (a * u, float(np.sum(u))), [X, 2.0])
    assert wrong.verdict == "fail"
    assert wrong.arrays["a"].verdict == "fail"


@pytest.mark.parametrize("number", [3.0, np.float64(3.0), np.array(3.0)])
def test_numbers_alone_are_checked_whatever_holds_them(number):
    def square(x):
        assert np.ndim(x) == 0
        return x**2

    assert check_backward(square, lambda u, x: 2 * x * u, [number])
    assert check_backward(square, lambda u, x: 3 * x * u, [number]).verdict == "fail"
    assert check_backward(square, lambda u, x: 0.0, [number]).verdict == "fail"
    product = [number, number + 1]
    assert check_backward(lambda x, y: x * y, lambda u, x, y: (u * y, u * x), product)
    assert not check_backward(lambda x, y: x * y, lambda u, x, y: (u * x, u * y), product)


@pytest.mark.parametrize("x", [np.arange(6).reshape(2, 3), 3, [1, 2], np.array([True])])
def test_integers_alone_are_no_question(x):
    with pytest.raises(GradcheckError, match=r"x holds integers.*astype"):
        check_backward(lambda x: x * 2, lambda u, x: 2 * u, [x])


def test_an_integer_array_that_gets_a_gradient_is_named():
    x = np.arange(10).reshape(5, 2)

    def backward(u, x, w):
        return 7 * u @ w.T, x.T @ u

    report = check_backward(lambda x, w: x @ w, backward, [x, X[:2]])
    assert report
    assert any("x holds integers" in note and "not checked" in note for note in report.notes)
    silent = check_backward(lambda x, w: x @ w, lambda *a: (None, backward(*a)[1]), [x, X[:2]])
    assert silent
    assert silent.notes == ()


@pytest.mark.parametrize(
    "cut", [lambda y: y.astype(int), lambda y: int(y.sum()), lambda y: [y.astype(int)]]
)
def test_a_forward_that_cuts_to_integers_is_told_so(cut):
    report = check_backward(lambda x: cut(3 * x), lambda u, x: 3 * np.ones(2), [X[0, :2]])
    assert report.verdict == "inconclusive"
    assert "integers" in report.reason


def test_a_loss_that_happens_to_be_whole_is_checked():
    def loss(x):
        return sum((float(v) for v in x if v > 0), start=0)

    nearly = check_backward(
        lambda x: 0 if x[0] == 1 else float(x[0] - 1), lambda u, x: [np.ones(1)], [np.ones(1)]
    )
    assert nearly
    assert check_backward(loss, lambda u, x: (x > 0) * u, [np.array([-1.0, 2.0])])


def test_a_loss_needs_no_upstream():
    def loss(x):
        return np.sum(x**2)

    assert check_backward(loss, lambda dout, x: 2 * x, [X])
    assert check_gradient(loss, [X], None, 2 * X)
    assert check_gradient(loss, [X], 3.0, 6 * X)
    assert check_backward(loss, lambda dout, x: 3 * x, [X]).verdict == "fail"


def test_several_outputs_take_a_tuple_of_upstreams():
    def forward(x):
        return np.sin(x), 1e6 * x.sum(axis=0)

    def backward(upstream, x):
        assert isinstance(upstream, tuple)
        return upstream[0] * np.cos(x) + 1e6 * upstream[1]

    assert check_backward(forward, backward, [X])
    wrong = check_backward(forward, lambda u, x: 1e6 * u[1] + u[0], [X])
    assert wrong.verdict == "fail"
    given = (np.ones((5, 4)), np.zeros(4))
    assert check_gradient(forward, [X], given, np.cos(X))


def test_a_wrong_upstream_is_the_callers_error():
    with pytest.raises(GradcheckError, match=r"\(5, 2\).*expected \(5, 3\)"):
        check(affine_backward, upstream=np.ones((5, 2)))
    with pytest.raises(GradcheckError, match="upstream"):
        check_gradient(affine, [X, W, B], None, [X, W, B])
    with pytest.raises(GradcheckError, match="names"):
        check(affine_backward, names=["a", "b"])
    with pytest.raises(GradcheckError, match="complex"):
        check_backward(np.abs, lambda u, x: u, [X + 1j])


def test_names_may_be_given_for_all_or_for_the_checked_arrays():
    def f(x, k):
        return x * k

    for names in (["data", "factor"], ["data"]):
        assert list(check_backward(f, lambda u, x, k: k * u, [X, 3], names=names).arrays) == [
            "data"
        ]


def test_a_forward_that_gives_no_answer_is_inconclusive():
    def raises(x):
        raise ValueError("no")

    noise = np.random.default_rng(0)
    for forward, words in (
        (raises, "raised ValueError"),
        (lambda x: x * np.nan, "inf or NaN"),
        (lambda x: "text", "not an array|expected an array"),
        (lambda x: x * noise.random(x.shape), "random"),
    ):
        report = check_backward(forward, lambda u, x: u, [X])
        assert report.verdict == "inconclusive"
        assert any(word in report.reason for word in words.split("|"))


class Remote:
    """A forward that is only ever asked in batches."""

    def __init__(self):
        self.trips, self.count = 0, 0

    def many(self, points):
        self.trips += 1
        self.count += len(points)
        return [affine(*point) for point in points]


def test_evaluations_can_be_batched():
    remote = Remote()
    report = check_backward(remote, affine_backward, [X, W, B], names=["x", "w", "b"])
    assert report
    assert report.evaluations == remote.count == 14
    assert remote.trips == 3
    wrong = check_backward(Remote(), lambda *a: [-g for g in affine_backward(*a)], [X, W, B])
    assert wrong.verdict == "fail"


def test_the_limit_on_evaluations_holds():
    for limit in (1, 8, 14, 20, 40):
        report = check(lambda *a: [1.01 * g for g in affine_backward(*a)], max_evaluations=limit)
        assert report.evaluations <= limit + 1
        assert report.verdict in ("fail", "inconclusive")


def test_the_same_seed_gives_the_same_report():
    assert check(affine_backward, seed=3) == check(affine_backward, seed=3)
