"""Whether an input exposes a wrong backward and, if it does not, what about it hides the mistake.

The slope of the card's own forward decides, measured at that very input.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.exercises.fact import Fact, fact

STEP = 1e-5
APART = 1e-4
"""A gradient further off than this share of its size is wrong: central differences err far less."""
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
        *inputs, dout = arrays
        last = self.names[-1]
        try:
            out = self.forward(*(array.copy() for array in inputs))[0]
        except Exception as error:  # shapes that do not fit together
            return Exposure(hidden=fact("exposing.not_taken", error=str(error)))
        if np.shape(out) != dout.shape:
            shapes = {"shape": dout.shape, "out": np.shape(out)}
            return Exposure(hidden=fact("exposing.dout_shape", name=last, **shapes))
        kinked = self._kink(inputs, dout)
        if kinked:
            return Exposure(hidden=fact("exposing.kink", name=kinked))
        exposed = self.wrong_at(inputs, dout)
        if exposed is not None:
            return Exposure(exposed=exposed)
        return Exposure(hidden=self._what_hides_it(list(arrays)))

    def wrong_at(self, inputs: Sequence[np.ndarray], dout: np.ndarray) -> Fact | None:
        """How the card is wrong there; None when it is right."""
        name = getattr(self.backward, "__name__", "the card")
        _, cache = self.forward(*(array.copy() for array in inputs))
        try:
            grads = self.backward(dout.copy(), cache)
        except Exception as error:
            return fact("exposed.raises", card=name, error=type(error).__name__)
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        for place, (array, grad) in enumerate(zip(inputs, grads)):
            label = f"d{self.names[place]}"
            if np.shape(grad) != array.shape:
                shapes = {"shape": np.shape(grad), "expected": array.shape}
                return fact("exposed.shape", card=name, name=label, **shapes)
            above, below, noise = self._slopes(inputs, place, dout, STEP)
            measured = (above + below) / 2
            gap = np.abs(grad - measured)
            size = max(_largest(measured), _largest(grad))
            if (gap > APART * size + noise).any():
                i = np.unravel_index(int(np.argmax(gap - noise)), gap.shape)
                where = f"{label}[{', '.join(map(str, i))}]" if i else label
                said, true = float(np.asarray(grad)[i]), float(measured[i])
                return fact("exposed.value", card=name, where=where, says=said, measured=true)
        return None

    def _kink(self, inputs: Sequence[np.ndarray], dout: np.ndarray) -> str:
        """The name of an array at a kink: there the two slopes differ, however small the step."""
        for place, name in enumerate(self.names[:-1]):
            gaps = []
            for step in (STEP, STEP / 10):
                above, below, noise = self._slopes(inputs, place, dout, step)
                size = _largest(above) + _largest(below)
                gaps.append(np.abs(above - below))
                if not (gaps[-1] > APART * size + 2 * noise).any():
                    break
            else:
                if (gaps[1] > 0.5 * _largest(gaps[0])).any():
                    return name
        return ""

    def _slopes(
        self, inputs: Sequence[np.ndarray], place: int, dout: np.ndarray, step: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Slopes of `sum(dout * out)` to larger and to smaller entries, and their rounding error.

        Returns:
            above, below, noise: Each shaped like the array at `place`.
        """
        x = inputs[place]
        here = self._out(inputs, place, x)
        above, below, noise = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
        for entry in np.ndindex(x.shape):
            for sign, slopes in ((1, above), (-1, below)):
                moved = x.copy()
                moved[entry] = x[entry] + sign * step * max(1.0, float(abs(x[entry])))
                width = moved[entry] - x[entry]
                there = self._out(inputs, place, moved)
                # Differences first: what does not change adds no rounding error.
                slopes[entry] = np.sum(dout * (there - here)) / width
                touched = np.abs(dout * there) * (there != here)
                rounding = 8 * np.finfo(float).eps * touched.sum() / abs(width)
                noise[entry] = max(noise[entry], rounding)
        return above, below, noise

    def _out(self, inputs: Sequence[np.ndarray], place: int, changed: np.ndarray) -> np.ndarray:
        taken = [changed.copy() if i == place else a.copy() for i, a in enumerate(inputs)]
        return np.asarray(self.forward(*taken)[0])

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
        return self.wrong_at(arrays[:-1], arrays[-1]) is not None


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
    tree = ast.parse(source)
    name = next(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    function: Callable[..., Any] = own[name]
    return function
