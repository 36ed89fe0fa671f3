"""The numerical gradient, element by element: slow, simple, and with an error bound for each entry.

It costs at least six evaluations per entry; for a verdict use `check_backward`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.numerical.arguments import Arguments, Array
from autograder.numerical.directions import entry_exponents
from autograder.numerical.evaluate import Evaluator, OutputError
from autograder.numerical.probe import Point, Probe
from autograder.numerical.report import GradcheckError
from autograder.numerical.steps import refine
from autograder.numerical.upstreams import vector_of

ENOUGH = 1e-4  # of the size at which a gradient of zeros is looked at, see `steps.UNSEEN`
LONG = 1.0 + 2.0**-26  # or round numbers would look like float32


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, upstream: Any = None
) -> tuple[Array, Array]:
    """Differentiate ``sum(upstream * f(x))`` with respect to every entry of ``x``.

    Args:
        f: The function; it gets a fresh copy of ``x`` each time and may change it.
        x: Where to differentiate, any shape, floating point.
        upstream: Weights, shaped like ``f(x)``; may be left out when ``f`` returns a number.

    Returns:
        gradient: Shaped like ``x``.
        error_bound: Shaped like ``x``: how far each entry may be off. Large at a kink, where any
            slope between those on both sides is right; infinite where f is not finite nearby.

    Raises:
        GradcheckError: If ``f`` raises, or ``upstream`` doesn't fit.

    Example:
        >>> gradient, bound = numerical_gradient(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
        >>> bool(np.all(np.abs(gradient - [3, 12]) <= bound)), bool(np.all(bound < 1e-9))
        (True, True)
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise GradcheckError(f"x has dtype {x.dtype}; expected floating-point numbers")
    x = x.astype(np.float64)
    arguments = Arguments((x,), ["x"])
    evaluator = Evaluator(f, arguments, limit=2**62)
    try:
        base, _ = evaluator.base([x])
    except OutputError as error:
        raise GradcheckError(str(error)) from error
    upstreams = [_weights(upstream, evaluator)]
    parts = evaluator.split(np.where(np.isfinite(base), base, 0.0))
    gradient, bound = np.zeros(x.size), np.full(x.size, np.inf)
    scale = np.broadcast_to(entry_exponents(x), x.shape).ravel()
    with np.errstate(all="ignore"):
        point = Point([x], parts, upstreams, np.zeros((1, x.size)))
        for entry in np.flatnonzero(np.isfinite(point.x)):
            direction = np.zeros((1, x.size))
            direction[0, entry] = LONG
            probe = Probe(point, direction, scale)
            refine(evaluator, probe, ENOUGH, np.inf)
            back = int(point.shifts[0, 0] - scale[entry])
            gradient[entry] = np.ldexp(probe.value[0, 0] / LONG, back)
            bound[entry] = np.ldexp(2.0 * probe.bar[0, 0] / LONG, back)
    return gradient.reshape(x.shape), bound.reshape(x.shape)


def _weights(upstream: Any, evaluator: Evaluator) -> Array:
    if upstream is not None:
        return vector_of(upstream, evaluator)
    if evaluator.shapes != [()]:
        raise GradcheckError(
            f"f returns an array of shape {evaluator.shapes[0]}; expected an upstream gradient of "
            "that shape as the third argument, or a function that returns a number"
        )
    return np.ones(1)
