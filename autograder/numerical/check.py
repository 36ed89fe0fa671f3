"""The questions that can be asked: is this backward right, and are these values right?

The numerical gradient, element by element, is slow, simple, and has an error bound for each entry.
It costs at least six evaluations per entry; for a verdict use `check_backward`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograder.numerical.directions import entry_exponents, exponent, vector_of
from autograder.numerical.evaluate import Arguments, Array, Evaluator, OutputError, flat
from autograder.numerical.inquiry import Backward, Forward, Inquiry
from autograder.numerical.probe import CHUNK, Point, Probe
from autograder.numerical.report import GradcheckError, GradientReport
from autograder.numerical.steps import UNSEEN, on_a_kink, refine

ENOUGH = 1.0  # of the size at which a gradient of zeros is looked at, see `steps.UNSEEN`
SMALL = 4  # an entry far smaller than its array is moved as one smaller by so many powers of two
MOST = 30  # evaluations an entry, on average
LONG = 1.0 + 2.0**-26  # or round numbers would look like float32


class Measured(NamedTuple):
    """The numerical gradient of one array; each part is shaped like it.

    Attributes:
        gradient: The slopes; 0 where the array itself is not finite.
        bound: How far each entry may be off. Large at a kink, where any slope between those on both
            sides is right; infinite where the function is not finite nearby.
        kinked: Whether it is a kink that makes it large.
    """

    gradient: Array
    bound: Array
    kinked: Array


def numerical_gradients(
    f: Callable[..., Any],
    arrays: Sequence[Array],
    upstream: Any = None,
    wanted: Sequence[bool] | None = None,
) -> list[Measured]:
    """Differentiate ``sum(upstream * f(*arrays))`` with respect to every entry of some arrays.

    Args:
        f: The function; it gets fresh copies each time and may change them. One with a method
            ``many`` gets its arguments in batches, as in `check_backward`.
        arrays: Where to differentiate, any shapes, floating point.
        upstream: Weights, shaped like ``f(*arrays)``; may be left out when ``f`` returns a number.
        wanted: Of each array, whether it is measured; all are where nothing is said. Of the others
            nothing is known.

    Raises:
        GradcheckError: If ``f`` raises, or ``upstream`` doesn't fit.
    """
    arguments = Arguments(tuple(arrays), [f"array {i}" for i in range(len(arrays))])
    size = sum(array.size for array in arrays)
    evaluator = Evaluator(f, arguments, limit=MOST * (size + 10))
    try:
        base, _ = evaluator.base(arrays)
    except OutputError as error:
        raise GradcheckError("{error}", error=error) from error
    upstreams = [_weights(upstream, evaluator)]
    if not upstreams[0].any():
        nothing = [np.zeros(array.shape) for array in arrays]
        return [Measured(zeros, zeros, zeros != 0) for zeros in nothing]
    parts = evaluator.split(np.where(np.isfinite(base), base, 0.0))
    own = [np.maximum(entry_exponents(array), exponent(array) - SMALL) for array in arrays]
    scale = flat(own).astype(int)
    with np.errstate(all="ignore"):
        point = Point(arrays, parts, upstreams, np.zeros((1, size)))
        asked = np.ones(len(arrays), bool) if wanted is None else np.asarray(wanted, bool)
        known = np.flatnonzero(np.isfinite(point.x) & asked[point.owner])
        slopes, kinked = np.zeros(size), np.zeros(size, dtype=bool)
        bounds = np.full(size, np.inf)
        lines = max(1, CHUNK // (8 * max(size, base.size, 1)))
        for start in range(0, known.size, lines):
            some = known[start : start + lines]
            directions = np.zeros((some.size, size))
            directions[np.arange(some.size), some] = LONG
            together = Probe(point, directions, scale)
            refine(evaluator, together, ENOUGH, np.inf, tries=0)
            for line, entry in enumerate(some):
                probe = together
                if not together.bar[0, line] <= ENOUGH * UNSEEN:
                    probe, line = together.line(line), 0
                    refine(evaluator, probe, ENOUGH, np.inf)
                back = int(point.shifts[0, 0] - scale[entry])
                slopes[entry] = np.ldexp(probe.value[0, line] / LONG, back)
                bounds[entry] = np.ldexp(2.0 * probe.bar[0, line] / LONG, back)
                kinked[entry] = on_a_kink(probe, 0, line)
    found, start = [], 0
    for array in arrays:
        mine = slice(start, start := start + array.size)
        found.append(Measured(*(of[mine].reshape(array.shape) for of in (slopes, bounds, kinked))))
    return found


def numerical_gradient(
    f: Callable[[Array], Any], x: Array, upstream: Any = None
) -> tuple[Array, Array]:
    """Differentiate ``sum(upstream * f(x))`` with respect to every entry of ``x``.

    Args:
        f, x, upstream: As in `numerical_gradients`, of one array.

    Returns:
        gradient, error_bound: As in `Measured`.

    Raises:
        GradcheckError: If ``f`` raises, or ``upstream`` doesn't fit.

    Example:
        >>> gradient, bound = numerical_gradient(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
        >>> bool(np.all(np.abs(gradient - [3, 12]) <= bound)), bool(np.all(bound < 1e-9))
        (True, True)
    """
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise GradcheckError("x has dtype {x.dtype}; expected floating-point numbers", x=x)
    (found,) = numerical_gradients(f, [x.astype(np.float64)], upstream)
    return found.gradient, found.bound


def _weights(upstream: Any, evaluator: Evaluator) -> Array:
    if upstream is not None:
        return vector_of(upstream, evaluator)
    if evaluator.shapes != [()]:
        raise GradcheckError(
            "f returns an array of shape {shape}; expected an upstream gradient of that shape as "
            "the third argument, or a function that returns a number",
            shape=evaluator.shapes[0],
        )
    return np.ones(1)


def check_backward(
    forward: Forward,
    backward: Backward,
    arrays: Sequence[Any],
    upstream: Any = None,
    *,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-6,
    seed: int = 0,
    max_evaluations: int = 150,
) -> GradientReport:
    """Decide whether ``backward`` is the gradient of ``forward``.

    Args:
        forward: ``forward(*arrays)`` returns an array or a number, or a tuple of several. An
            object with a method ``many(list_of_argument_tuples)`` gets its inputs in batches.
        backward: ``backward(upstream, *arrays)`` returns one gradient per floating-point array;
            ``upstream`` is a tuple when the forward returns one.
        arrays: The arguments. Floating-point arrays are checked, everything else is held fixed.
        upstream: The upstream gradient to judge at. Left out: random and signed, or 1.0 when the
            forward returns a number.
        names: Names for messages, one per argument or per checked array; by default those in the
            forward's signature.
        tolerance: Relative error, per array, that must not be missed but with a probability of
            `certainty.MISSED`.
        seed: Seed of the random lines; the same seed gives the same report.
        max_evaluations: Limit on the evaluations of the forward.

    Returns:
        The report; true exactly when the backward passed.

    Raises:
        GradcheckError: When the question itself is wrong: an upstream of another shape, say.

    Example:
        >>> import numpy as np
        >>> report = check_backward(
        ...     lambda x, w: x @ w,
        ...     lambda dout, x, w: (dout @ w.T, x.T @ dout),
        ...     [np.arange(6.0).reshape(2, 3), np.ones((3, 4))],
        ... )
        >>> report.verdict, report.arrays["w"].certified < 1e-6
        ('pass', True)
    """
    options = (names, max_evaluations, tolerance, seed)
    return Inquiry(forward, arrays, upstream, *options, backward=backward).report()


def check_gradient(
    forward: Forward,
    arrays: Sequence[Any],
    upstream: Any,
    gradients: Any,
    *,
    names: Sequence[str] | None = None,
    max_evaluations: int = 150,
) -> GradientReport:
    """Decide whether ``gradients`` are right, when only their values are known.

    As `check_backward`, but for one upstream gradient, and at one input only: at a kink, or where
    the forward is saturated, the answer is more often "inconclusive".

    Args:
        forward: As in `check_backward`.
        arrays: The arguments at which the gradients were computed.
        upstream: The upstream gradient that they were computed for; None when the forward returns
            a number.
        gradients: One gradient per floating-point array.
        names, max_evaluations: As in `check_backward`.

    Returns:
        The report.

    Example:
        >>> import numpy as np
        >>> x = np.array([1.0, 2.0, 3.0])
        >>> check_gradient(lambda x: np.sum(x**2), [x], None, [x]).verdict
        'fail'
    """
    options = (names, max_evaluations)
    return Inquiry(forward, arrays, upstream, *options, gradients=gradients).report()
