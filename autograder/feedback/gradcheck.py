"""`gradcheck(forward, backward, *arrays)`: what students ask about layers of their own."""

import copy
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.feedback.blocks import Code, Head, Paragraph, as_html
from autograder.language import Counted, tr
from autograder.numerical import GradcheckError, GradientReport, check_backward
from autograder.numerical.evaluate import parameters

Forward = Callable[..., Any]


class Gradcheck(GradientReport):
    """A report that a notebook shows as a card. True exactly when the gradients passed."""

    def _repr_html_(self) -> str:
        tone = {"pass": "right", "fail": "wrong"}.get(self.verdict, "partial")
        each = tuple((Code(name), f": {array}") for name, array in self.arrays.items())
        why, stop = self.reason, tr(".")
        return as_html(
            [
                Head(tone, "gradcheck", tr(self.verdict), self.spent),
                Paragraph((f"{why[0].upper()}{why[1:]}{stop}",)),
                *(Paragraph(line) for line in each),
                *(Paragraph((f"{tr('Note: ')}{note}{stop}",), "muted") for note in self.notes),
            ]
        )

    def plot(self) -> Any:
        """Draw the V-curve: the error of a difference quotient against its step.

        Left of the valley rounding grows, right of it the function bends; a wrong gradient has no
        valley. Evaluates the forward anew, 50 times for each array.

        Returns:
            The matplotlib axes.
        """
        if self.curve is None:
            raise GradcheckError("there is no curve to draw: no slope could be compared")
        import matplotlib.pyplot as plt

        _, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
        steps, errors = self.curve()
        for name, error in errors.items():
            axes.loglog(steps, error, marker=".", label=name)
        axes.set_xlabel("step, relative to the array's size")
        axes.set_ylabel("relative difference\nfrom your gradient")
        axes.legend()
        return axes


def gradcheck(
    forward: Forward,
    backward: Any,
    *arrays: Any,
    upstream: Any = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> Gradcheck:
    """Check a gradient of your own, whatever the layer or the loss.

    Floating-point arrays are checked; labels, numbers and flags are held fixed. Four forms fit:

    - a layer, ``forward(*arrays) -> out, cache`` and ``backward(dout, cache)``; with several
      outputs ``-> h, c, cache`` and ``backward(dh, dc, cache)``;
    - a function, ``forward(*arrays) -> out`` and ``backward(dout, *arrays)``;
    - a function that returns a number, and its gradient: ``f(*arrays)`` and ``grad(*arrays)``;
    - a loss that returns its gradients beside it, ``loss(*arrays) -> loss, dx``: leave the backward
      out, ``gradcheck(loss, x, y)``.

    Args:
        forward: The function.
        backward: Its backward pass or gradient; may be left out, see above.
        *arrays: The arguments at which to check. Ordinary random numbers are best.
        upstream: The upstream gradient; by default random and signed.
        names: Names for the arrays; by default those in the forward's signature.
        tolerance: Relative error, per array, that must not be missed.
        seed: Seed of the random directions.

    Returns:
        A report: print it, use it as a condition, ``report.plot()`` the V-curve.

    Raises:
        GradcheckError: When forward and backward fit none of the forms, or nothing can be checked.

    Example:
        >>> def scale_forward(x, a):
        ...     return a * x, (x, a)
        >>> def scale_backward(dout, cache):
        ...     x, a = cache
        ...     return a * dout, np.sum(dout)      # forgets x
        >>> report = gradcheck(scale_forward, scale_backward, np.array([1.0, 2.0]), np.array(3.0))
        >>> {name: array.verdict for name, array in report.arrays.items()}
        {'x': 'pass', 'a': 'fail'}
    """
    if not callable(backward):
        arrays, backward = (backward, *arrays), None
    first = arrays[0] if len(arrays) == 1 else None
    if isinstance(first, list | tuple) and any(isinstance(item, np.ndarray) for item in first):
        arrays = tuple(first)
    known = parameters(forward)
    if names is None and len(known) >= len(arrays):
        names = known[: len(arrays)]
    one, other = _as_pair(forward, backward, arrays)
    report = check_backward(
        one, other, arrays, upstream, names=names, tolerance=tolerance, seed=seed
    )
    return Gradcheck(**vars(report))


def _as_pair(forward: Forward, backward: Any, arrays: Sequence[Any]) -> tuple[Forward, Forward]:
    """A pair ``f(*arrays) -> out`` and ``b(dout, *arrays)``, whatever form was handed over."""
    try:
        with np.errstate(all="ignore"):
            first = forward(*copy.deepcopy(arrays))
    except Exception:  # the check itself reports what the forward raises
        return forward, backward or forward
    count = len(first) if isinstance(first, tuple | list) else 1
    if backward is None:
        if count < 2 or np.ndim(first[0]):
            raise GradcheckError(
                "there is no backward. Expected gradcheck(forward, backward, *arrays), or a "
                "loss that returns (loss, gradients)"
            )

        def beside(upstream: Any, *values: Any) -> Any:
            _, *gradients = forward(*values)
            return _times(upstream, gradients[0] if len(gradients) == 1 else gradients)

        return (lambda *values: forward(*values)[0]), beside
    if count > 1 and _takes(backward, count):

        def through_cache(upstream: Any, *values: Any) -> Any:
            cache = forward(*values)[-1]
            return backward(*(upstream if count > 2 else (upstream,)), cache)

        return (lambda *values: _outputs(forward(*values))), through_cache
    if _takes(backward, 1 + len(arrays)):
        return forward, backward
    if _takes(backward, len(arrays)) and count == 1 and np.ndim(first) == 0:
        return forward, lambda upstream, *values: _times(upstream, backward(*values))
    raise GradcheckError(
        "the forward returns {values} for {given}, and the backward fits neither (dout, cache) "
        "nor (dout, *arrays), nor is the one a function that returns a number and the other "
        "its gradient (*arrays)",
        values=Counted(count, "value"),
        given=Counted(len(arrays), "argument"),
    )


def _outputs(returned: Sequence[Any]) -> Any:
    return returned[0] if len(returned) == 2 else tuple(returned[:-1])


def _times(upstream: Any, gradients: Any) -> Any:
    """The gradients of a number times the upstream gradient, which is nearly always 1."""
    if upstream == 1.0 or gradients is None:
        return gradients
    if isinstance(gradients, dict):
        return {name: upstream * gradient for name, gradient in gradients.items()}
    if isinstance(gradients, tuple | list):
        return [None if gradient is None else upstream * gradient for gradient in gradients]
    return upstream * gradients


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many positional arguments."""
    if isinstance(function, np.ufunc):
        return function.nin == count
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # built-in, and does not tell
        return True
    return True
