"""The kind `Witness`: an input that exposes a wrong backward.

It reduces what student code returns to plain outputs in `observe`, so that the ordinary comparison
with the reference decides.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.exercises.cases import Case
from autograder.exercises.exercise import Observed, named, settings
from autograder.exercises.kinds import Function, fill
from autograder.exercises.script import Outcome

MOST_ENTRIES = 400
STEP = 1e-5
APART = 1e-4


@dataclass(frozen=True, kw_only=True)
class Witness(Function):
    """A function without arguments that returns an input on which a given backward is wrong.

    It is judged by the slope of the given forward at that very input, so no right backward is
    needed, none ships, and every exposing input counts.

    Args:
        forward, backward: Sources of the layer under suspicion: `forward(*arrays) -> out, cache`
            and `backward(dout, cache) -> gradients`, one for each array.
        returns: Names of what the student returns: the arrays, then the upstream gradient.
    """

    forward: str
    backward: str
    returns: tuple[str, ...]

    def __init__(
        self,
        function: Callable[..., Any] | str,
        *,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        returns: Sequence[str],
        points: float,
        hints: Sequence[str] = (),
        **options: Any,
    ) -> None:
        ready = settings(Witness, {}, points, hints, options)
        ready |= {
            "function": named(function),
            "outputs": ("exposes",),
            "steps": 1,
            "carry": {},
            "unjudged": (),
            "forward": inspect.getsource(forward),
            "backward": inspect.getsource(backward),
            "returns": tuple(returns),
        }
        fill(self, ready)

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outcome = outcomes[0]
        if outcome.failure is not None:
            return {self.function: Observed(None, failure=outcome.failure, outcome=outcome)}
        problem = self._problem(outcome.value)
        outputs = None if problem else {"exposes": True}
        return {self.function: Observed(outputs, problem, outcome=outcome)}

    def _problem(self, value: Any) -> str:
        """Why the returned input exposes nothing; empty when it exposes the mistake."""
        wanted = ", ".join(self.returns)
        if not isinstance(value, (tuple, list)) or len(value) != len(self.returns):
            return f"{self.function} must return {len(self.returns)} arrays: {wanted}"
        arrays = []
        for name, item in zip(self.returns, value, strict=True):
            array = np.asarray(item) if isinstance(item, (list, int, float)) else item
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
                return f"{name} is not an array of numbers"
            if array.size > MOST_ENTRIES:
                return f"{name} has {array.size} entries; {MOST_ENTRIES} are enough for anybody"
            arrays.append(array.astype(float))
            if array.size == 0 or not np.isfinite(arrays[-1]).all():
                return f"{name} must hold finite numbers, at least one"
        with np.errstate(all="ignore"):
            return self._compare(arrays[:-1], arrays[-1])

    def _compare(self, arrays: list[np.ndarray], dout: np.ndarray) -> str:
        forward, backward = _defined(self.forward), _defined(self.backward)
        try:
            out, cache = forward(*(array.copy() for array in arrays))
        except Exception as error:  # shapes that do not fit together
            return f"the card's forward does not take these arrays: {error}"
        if np.shape(out) != dout.shape:
            return f"dout has shape {dout.shape}; the card's out has {np.shape(out)} here"
        try:
            grads = backward(dout.copy(), cache)
        except Exception:
            return ""
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        for place, (array, grad) in enumerate(zip(arrays, grads)):
            above, below = _slopes(forward, arrays, place, dout)
            size = np.abs(above).max() + np.abs(below).max() + 1e-9
            if np.abs(above - below).max() > APART * size:
                return f"at your {self.returns[place]} the function has a kink; move off it"
            measured = (above + below) / 2
            if np.shape(grad) != array.shape:
                return ""
            if np.abs(grad - measured).max() > 1e-2 * max(size, float(np.abs(grad).max())):
                return ""
        shapes = ", ".join(
            f"{name} {array.shape}" for name, array in zip(self.returns, [*arrays, dout])
        )
        return f"the card is right on your input ({shapes}); find one on which it is wrong"


def _defined(source: str) -> Callable[..., Any]:
    """The function that an instructor's source defines."""
    own: dict[str, Any] = {"np": np}
    exec(compile(source, "<card>", "exec"), own)
    tree = ast.parse(source)
    name = next(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    function: Callable[..., Any] = own[name]
    return function


def _slopes(
    forward: Callable[..., Any], arrays: Sequence[np.ndarray], place: int, dout: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The slopes of `sum(dout * out)` towards larger and towards smaller entries of an array."""

    def score(changed: np.ndarray) -> float:
        inputs = [changed if i == place else a.copy() for i, a in enumerate(arrays)]
        return float(np.sum(dout * forward(*inputs)[0]))

    x = arrays[place]
    here = score(x.copy())
    above, below = np.zeros_like(x), np.zeros_like(x)
    for i in np.ndindex(x.shape):
        nudged = x.copy()
        nudged[i] = x[i] + STEP
        above[i] = (score(nudged) - here) / STEP
        nudged[i] = x[i] - STEP
        below[i] = (here - score(nudged)) / STEP
    return above, below
