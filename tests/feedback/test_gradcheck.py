"""`from autograder import gradcheck`: the forms in which students write a gradient."""

import inspect

import numpy as np
import pytest

from autograder import gradcheck
from autograder.numerical import GradcheckError

RNG = np.random.default_rng(5)
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)


def affine_forward(x, w, b):
    return x @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def squares(x, y):
    return np.sum((x - y) ** 2), 2 * (x - y)


def two(x, h):
    out = np.tanh(x + h)
    return out, 2 * out, (out,)


def two_backward(dout, other, cache):
    dz = (dout + 2 * other) * (1 - cache[0] ** 2)
    return dz, dz


FORMS = {
    "layer": (affine_forward, affine_backward, X, W, B),
    "layer, arrays in a list": (affine_forward, affine_backward, [X, W, B]),
    "several outputs": (two, two_backward, X, X + 1),
    "function": (np.sin, lambda dout, x: dout * np.cos(x), X),
    "number and gradient": (lambda x, k: np.sum(x**k), lambda x, k: k * x ** (k - 1), X, 3),
    "loss beside its gradient": (lambda x, y: squares(x, y), X, np.ones((4, 3), dtype=int)),
}


def tenfold(function):
    def wrong(*arguments):
        returned = function(*arguments)
        *first, last = returned if isinstance(returned, tuple) else (returned,)
        return (*first, 10 * last) if first else 10 * last

    wrong.__signature__ = inspect.signature(function)
    return wrong


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_judged(form):
    forward, *rest = FORMS[form]
    assert gradcheck(forward, *rest).verdict == "pass"
    if callable(rest[0]):
        assert gradcheck(forward, tenfold(rest[0]), *rest[1:]).verdict == "fail"
    else:
        assert gradcheck(tenfold(forward), *rest).verdict == "fail"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ((np.sin, np.cos, X), "fits neither"),
        ((np.sin, X), "there is no backward"),
        ((affine_forward, affine_backward, np.ones((2, 2), int), 3), "hold integers"),
    ],
)
def test_what_fits_no_form_is_told_so(asked, words):
    with pytest.raises(GradcheckError, match=words):
        gradcheck(*asked)


def test_the_report_is_text_card_and_curve():
    wrong = gradcheck(
        affine_forward, lambda d, c: (*affine_backward(d, c)[:2], d.mean(axis=0)), X, W, B
    )
    text, card = str(wrong), wrong._repr_html_()
    for words in ("fail", "gradient of b is off", "certified below", "error bar"):
        assert words in text
        assert words in card
    errors = {line.get_label(): np.nanmin(line.get_ydata()) for line in wrong.plot().lines}
    assert errors["x"] < 1e-8 < 1e-2 < errors["b"]


def test_names_cannot_break_the_card():
    assert "<script" not in gradcheck(np.sin, lambda d, x: d, X, names=["<script>"])._repr_html_()


def test_a_forward_that_raises_is_reported():
    def raises(x):
        raise ValueError("no <such> thing")

    report = gradcheck(raises, lambda d, x: d, X)
    assert report.verdict == "inconclusive"
    assert "no <such> thing" in str(report)
