"""The numerical gradient, element by element: slow, simple, and with an error bound for each entry.

It costs at least six evaluations per entry; for a verdict use `check_backward`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograder.gradcheck.arguments import Arguments, Array
from autograder.gradcheck.directions import scale
from autograder.gradcheck.evaluate import Evaluator, OutputError
from autograder.gradcheck.lines import Line, Point, read
from autograder.gradcheck.report import GradcheckError
from autograder.gradcheck.steps import refine

BATCH = 32
ENOUGH = 1e-10
LONG = 1.0 + 2.0**-26


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
    point = Point([x], base, [_weights(upstream, evaluator)], [[np.zeros_like(x)]])
    gradient, bound = np.zeros(x.size), np.full(x.size, np.inf)
    for start in range(0, x.size, BATCH):
        entries = range(start, min(start + BATCH, x.size))
        lines = [_along(x, entry) for entry in entries]
        refine(evaluator, point, lines, partial(_enough, 0.0), tries=0)
        steepest = max((abs(read(line, point, 0).slope) for line in lines), default=0.0)
        refine(evaluator, point, lines, partial(_enough, steepest))
        for entry, line in zip(entries, lines):
            reading, size = read(line, point, 0), float(line.direction[0].flat[entry])
            if size:
                gradient[entry], bound[entry] = reading.slope / size, 2.0 * reading.bar / size
    return gradient.reshape(x.shape), bound.reshape(x.shape)


def _enough(steepest: float, line: Line) -> float:
    return ENOUGH * steepest


def _along(x: Array, entry: int) -> Line:
    direction = np.zeros_like(x)
    own = abs(float(x.flat[entry]))
    if np.isfinite(own):
        size = 2.0 ** np.round(np.log2(own)) if own > 0 else scale(x)
        direction.flat[entry] = size * LONG  # or round numbers would look like float32
    return Line([direction], [direction])


def _weights(upstream: Any, evaluator: Evaluator) -> Array:
    shapes = evaluator.shapes
    if upstream is None:
        if shapes != [()]:
            raise GradcheckError(
                f"f returns an array of shape {shapes[0]}; expected an upstream gradient of that "
                "shape as the third argument, or a function that returns a number"
            )
        return np.ones(1)
    parts = list(upstream) if evaluator.several else [upstream]
    if [np.shape(part) for part in parts] != shapes:
        raise GradcheckError(
            f"upstream has shape {[np.shape(part) for part in parts]}; expected {shapes}, "
            "the shape of f(x)"
        )
    return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in parts])
