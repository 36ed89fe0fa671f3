"""The questions that can be asked: is this backward right, and are these values right?"""

from collections.abc import Sequence
from typing import Any

from autograder.numerical.inquiry import Backward, Forward, Inquiry
from autograder.numerical.report import GradientReport


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
