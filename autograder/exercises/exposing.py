"""Whether an input exposes a wrong backward and, if it does not, what about it hides the mistake.

The numerical gradient of the card's own forward decides, at that very input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.exercises.fact import Fact, fact

if TYPE_CHECKING:
    from autograder.numerical import Measured

APART = 1e-4
"""A gradient further off than this share of its size is wrong: numerical ones err far less."""
TRIES = 12
SMALL = 0.01


@dataclass(frozen=True)
class Exposure:
    """What became of an input.

    Args:
        exposed: How the card is wrong on it; None when the card is right.
        hidden: Why it exposes nothing; None when it does.
    """

    exposed: Fact | None = None
    hidden: Fact | None = None


@dataclass(frozen=True)
class Card:
    """A layer under suspicion.

    Args:
        forward, backward: `forward(*arrays) -> out, cache`; `backward(dout, cache) -> gradients`.
        names: What the arrays are called, then the upstream gradient.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]

    @classmethod
    def of(cls, forward: str, backward: str, names: Sequence[str]) -> Card:
        """The card that two sources define."""
        return cls(_defined(forward), _defined(backward), tuple(names))

    def examine(self, arrays: Sequence[np.ndarray]) -> Exposure:
        """Judge an input.

        Args:
            arrays: The inputs of the forward, then the upstream gradient; floats.
        """
        from autograder.numerical import numerical_gradients  # no part of the sandboxed child

        *inputs, dout = arrays
        last = self.names[-1]
        try:
            out = self.forward(*(array.copy() for array in inputs))[0]
        except Exception as error:  # shapes that do not fit together
            return Exposure(hidden=fact("exposing.not_taken", error=str(error)))
        if np.shape(out) != dout.shape:
            shapes = {"shape": dout.shape, "out": np.shape(out)}
            return Exposure(hidden=fact("exposing.dout_shape", name=last, **shapes))
        if not np.isfinite(dout).all():
            return Exposure(hidden=fact("exposing.not_finite", name=last))
        measured = numerical_gradients(self._out, inputs, dout)
        exposed = self._wrong(inputs, dout, measured)
        if exposed is not None:
            return Exposure(exposed=exposed)
        for name, array in zip(self.names, measured, strict=False):
            if (array.kinked & (array.bound > APART * _largest(array.gradient))).any():
                return Exposure(hidden=fact("exposing.kink", name=name))
        return Exposure(hidden=self._what_hides_it(list(arrays)))

    def _wrong(
        self, inputs: Sequence[np.ndarray], dout: np.ndarray, right: Sequence[Measured]
    ) -> Fact | None:
        """How the card is wrong there; None when it is right."""
        grads = self._claimed(inputs, dout)
        if isinstance(grads, Fact):
            return grads
        for place, (array, grad) in enumerate(zip(right, grads)):
            label = f"d{self.names[place]}"
            gap = np.abs(grad - array.gradient)
            size = max(_largest(array.gradient), _largest(grad))
            beyond = np.where(array.kinked, -np.inf, gap - array.bound)
            if (beyond > APART * size).any():
                i = np.unravel_index(int(np.argmax(beyond)), gap.shape)
                where = f"{label}[{', '.join(map(str, i))}]" if i else label
                said, true = float(np.asarray(grad)[i]), float(array.gradient[i])
                return fact("exposed.value", card=self._name, where=where, says=said, measured=true)
        return None

    @property
    def _name(self) -> str:
        return getattr(self.backward, "__name__", "the card")

    def _out(self, *inputs: np.ndarray) -> Any:
        return self.forward(*inputs)[0]

    def _claimed(self, inputs: Sequence[np.ndarray], dout: np.ndarray) -> Sequence[Any] | Fact:
        """What the card takes for the gradients; or how they are wrong in form."""
        _, cache = self.forward(*(array.copy() for array in inputs))
        try:
            grads = self.backward(dout.copy(), cache)
        except Exception as error:
            return fact("exposed.raises", card=self._name, error=type(error).__name__)
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        for name, array, grad in zip(self.names, inputs, grads, strict=False):
            if np.shape(grad) != array.shape:
                shapes = {"shape": np.shape(grad), "expected": array.shape}
                return fact("exposed.shape", card=self._name, name=f"d{name}", **shapes)
        return grads

    def _what_hides_it(self, arrays: list[np.ndarray]) -> Fact:
        """What would expose it: other numbers in one array, in several, or only other shapes."""
        ways = [self._way_out(arrays, place) for place in range(len(arrays))]
        ways = [way for way in ways if way is not None]
        if ways:
            return fact("exposing.hidden_by", ways=ways)
        every = set(range(len(arrays)))
        if any(self._exposes(_with(arrays, every, seed)) for seed in range(TRIES)):
            return fact("exposing.hidden_by_several")
        return fact("exposing.hidden_by_shapes")

    def _way_out(self, arrays: Sequence[np.ndarray], place: int) -> Fact | None:
        """How the numbers of one array would have to change; None when it is not to blame."""
        name, array = self.names[place], arrays[place]
        smaller = [np.asarray(a * SMALL) if i == place else a for i, a in enumerate(arrays)]
        if place < len(arrays) - 1 and self._exposes(smaller):  # a small dout shows no more
            return fact("way.smaller", name=name)
        if not any(self._exposes(_with(arrays, {place}, seed)) for seed in range(TRIES)):
            return None
        special = trait(array)
        return fact(f"way.{special}" if special else "way.other", name=name)

    def _exposes(self, arrays: Sequence[np.ndarray]) -> bool:
        from autograder.numerical import check_gradient

        *inputs, dout = arrays
        grads = self._claimed(inputs, dout)
        if isinstance(grads, Fact):
            return True
        return check_gradient(self._out, inputs, dout, grads).verdict == "fail"


def _largest(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def trait(array: np.ndarray) -> str:
    """What is special about the numbers of an array; empty when nothing is.

    Example:
        >>> trait(np.ones(3)), trait(np.array([1.0, -2.0]))
        ('ones', '')
    """
    if not array.any():
        return "zeros"
    if (array == 1).all():
        return "ones"
    if array.ndim > 1 and not array.any(axis=tuple(range(1, array.ndim))).all():
        return "zero_row"
    if not array.all():
        return "some_zeros"
    if (array > 0).all():
        return "positive"
    if (array < 0).all():
        return "negative"
    return ""


def _with(arrays: Sequence[np.ndarray], places: set[int], seed: int) -> list[np.ndarray]:
    """The arrays, some of them with other numbers: small, with signs."""
    rng = np.random.default_rng(seed)
    return [
        np.asarray(rng.normal(size=a.shape)) if i in places else a for i, a in enumerate(arrays)
    ]


def _defined(source: str) -> Callable[..., Any]:
    """The function that an instructor's source defines."""
    own: dict[str, Any] = {"np": np}
    exec(compile(source, "<card>", "exec"), own)
    return next(value for value in own.values() if isinstance(value, FunctionType))
