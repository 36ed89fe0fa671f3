"""The next step after an error message of Python or NumPy: each message is provoked, not quoted."""

import math

import numpy as np
import pytest

from autograder.checks.finding import Finding, RowResult
from autograder.feedback import Coverage, render_text
from autograder.feedback.errors import meaning

X = np.linspace(-1.0, 1.0, 5)


def unassigned(flag=False):
    if flag:
        out = 1
    return out


def provoked(blunder) -> Finding:
    """The finding that the catalogue makes of what a blunder raises."""
    with pytest.raises(Exception) as caught:
        blunder()
    text = f"f raised {type(caught.value).__name__}: {caught.value}"
    return Finding("failure:exception", None, text, case="plain")


@pytest.mark.parametrize(
    ("blunder", "told"),
    [
        (lambda: 1 if X > 0 else 0, "np.where"),
        (lambda: X < 0 or X > 0.5, "np.where"),
        (lambda: X < 0 | X > 0.5, "brackets"),
        (lambda: math.exp(X), "np.exp"),
        (lambda: X * (X, {"kept": X[1:]}), "out, cache = f(x)"),
        (lambda: X * (X, X[1:]), "out, cache = f(x)"),
        (lambda: (X, X) - 1, "out, cache = f(x)"),
        (lambda: {}["velocity"], "d.get("),
        (unassigned, "Is the line missing"),
        (lambda: [].append(1) + 1, "without a return"),
        (lambda: X * print(end=""), "without a return"),
    ],
)
def test_a_common_error_comes_with_the_next_step(blunder, told):
    finding = provoked(blunder)
    assert told in meaning(finding)
    result = RowResult("f", 0.0, 1.0, "error", {"out": False}, (finding,))
    assert told in " ".join(render_text(result, coverage=Coverage(("plain",))).split())


def test_other_errors_and_hidden_ones_speak_for_themselves():
    assert meaning(provoked(lambda: 1 / 0)) == ""
    hidden = Finding("failure:exception", None, "f raised a TypeError", hidden=True)
    assert meaning(hidden) == ""
