"""Cases: the named inputs on which an exercise is judged, drawn from a seed in several regimes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.exercises.inputs import IF_SET, Array, Input, dimensions
from autograder.exercises.script import Strided

if TYPE_CHECKING:
    from autograder.exercises.exercise import Exercise

POOL = (5, 4, 3, 6, 7, 2, 8, 9, 11, 13)
"""Sizes that open dimensions get: small, all different."""


@dataclass(frozen=True)
class Variant:
    """A regime of an exercise's own, on top of the standard ones."""

    # input name -> what replaces it; a dict is merged into a dict parameter
    changes: dict[str, Any]
    # names of the outputs that count in this case; None for all
    judged: tuple[str, ...] | None = None
    # an infinite output is right where the reference is finite and large
    allow_infinite: bool = False
    sizes: dict[str, int] = field(default_factory=dict)  # dimensions fixed in this case
    # an input in which numbers are equal, such as the entries of a window whose maximum is taken:
    # however the tie is broken, the slope is right, and so is any mixture
    tie: str = field(default="", metadata=IF_SET)
    # the size of the expected numbers: an error of a billionth of it is rounding
    magnitude: float = field(default=1.0, metadata=IF_SET)


def variant(
    *,
    judged: Sequence[str] | None = None,
    allow_infinite: bool = False,
    sizes: Mapping[str, int] | None = None,
    tie: str = "",
    magnitude: float = 1.0,
    **changes: Any,
) -> Variant:
    """Declare a variant, such as `variant(bn_param={"mode": "test"}, judged=["out"])`."""
    names = None if judged is None else tuple(judged)
    return Variant(changes, names, allow_infinite, dict(sizes or {}), tie, magnitude)


@dataclass(frozen=True, eq=False)
class Case:
    """Named inputs, ready to be put into a script."""

    name: str
    seed: int
    # input name -> value (placeholders of `script` allowed), in the order of the call
    inputs: dict[str, Any]
    # the gradients that come from above, one per output of the forward
    upstream: tuple[Any, ...] = ()
    judged: tuple[str, ...] | None = None  # names of the outputs that count; None for all
    tie: bool = False  # inputs lie on a tie, so any slope between the one-sided ones is right
    allow_infinite: bool = False
    # the input in which single numbers are equal; any way to break that tie is right
    equals: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)  # dimension -> its size
    # the size of the expected numbers; behind an upstream gradient, times its own
    magnitude: float = 1.0

    def judges(self, output: str) -> bool:
        """Whether `output` counts in this case."""
        return self.judged is None or output in self.judged

    @cached_property
    def precision(self) -> np.dtype[Any]:
        """The dtype of the case's arrays of real numbers; float64 where they differ."""
        found = {v.dtype for v in self.inputs.values() if isinstance(v, np.ndarray)}
        real = [dtype for dtype in found if dtype.kind == "f"]
        return real[0] if len(real) == 1 else np.dtype(float)

    def with_upstream(self, shapes: Sequence[tuple[int, ...]]) -> Case:
        """The same case with signed upstream gradients of these shapes, drawn from its seed."""
        rng = np.random.default_rng([self.seed, 1])
        size = 100 if self.name == STEEP else 1
        drawn = tuple(
            np.round(size * rng.standard_normal(shape), 2).astype(self.precision)
            for shape in shapes
        )
        return replace(self, upstream=tuple(u if u.ndim else float(u) for u in drawn))


def derived_seed(*parts: Any) -> int:
    """A 63-bit seed that depends on every part; a secret part keeps it secret."""
    text = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def make_cases(exercise: Exercise, seed: int | str, rounds: int = 1) -> list[Case]:
    """Draw the cases of an exercise, without upstream gradients yet.

    Args:
        seed: Public or secret; the same seed gives the same cases.
        rounds: How many times every regime is drawn. The first round of a public seed uses the
            sizes of `POOL` in order, further ones shuffle them.
    """
    cases: list[Case] = []
    for turn in range(rounds):
        for regime in _regimes(exercise):
            name = regime.name if turn == 0 else f"{regime.name} ({turn + 1})"
            own = derived_seed(seed, exercise.name, name)
            cases.append(_draw(exercise, regime, name, own, shuffled=turn > 0 or seed != "public"))
    if cases:
        cases.append(replace(cases[0], name=AGAIN))
    return cases


AGAIN = "the first case again"
"""Other calls come in between: what a cache, a config or an object keeps must be its own."""
STEEP = "plain (2)"
"""In it the upstream gradients are large: a backward that clips them shows."""
COUNTED = ("plain", "other sizes", "other values", "plain (2)", "other sizes (2)")
"""Cases in which it is counted what is evaluated."""


def family(case: str) -> str:
    """The regime of a case; every round draws it anew.

    Example:
        >>> family("a batch of one (2)")
        'a batch of one'
    """
    return re.sub(r" \(\d+\)$", "", case)


def is_ordinary(case: str) -> bool:
    """Whether a case is one of those that a function must cope with before all others."""
    return family(case) in ("plain", "other sizes", "other values", AGAIN)


@dataclass(frozen=True)
class _Regime:
    name: str
    sizes: dict[str, int] = field(default_factory=dict)
    square: bool = False
    strided: bool = False
    scale: dict[str, float] = field(default_factory=dict)
    tie: bool = False
    variant: Variant | None = None


def _regimes(exercise: Exercise) -> Iterator[_Regime]:
    for regime in _standard(exercise):
        if regime.name not in exercise.without:
            yield regime
    for name, own in exercise.variants.items():
        yield _Regime(name, sizes=own.sizes, variant=own)


def _standard(exercise: Exercise) -> Iterator[_Regime]:
    names = _free_dimensions(exercise)
    arrays = [i for i in exercise.inputs.values() if isinstance(i, Array)]
    yield _Regime("plain")
    yield _Regime("other sizes" if names else "other values")
    if "N" in names:
        yield _Regime("a batch of one", sizes={"N": 1})
    if "T" in names:
        yield _Regime("one step", sizes={"T": 1})
    if len(names) > 1:
        yield _Regime("square shapes", square=True)
    if any(a.shape.strip() for a in arrays):
        yield _Regime("non-contiguous", strided=True)
    if exercise.large:
        yield _Regime("large values", scale=exercise.large)
    if exercise.small:
        yield _Regime("small values", scale=exercise.small)
    if exercise.ties:
        yield _Regime("ties", tie=True)


def _free_dimensions(exercise: Exercise) -> list[str]:
    found = dict.fromkeys(d for i in exercise.inputs.values() for d in dimensions(i))
    return [name for name in found if name not in exercise.sizes]


def _draw(exercise: Exercise, regime: _Regime, name: str, seed: int, *, shuffled: bool) -> Case:
    rng = np.random.default_rng(seed)
    sizes = _sizes(exercise, regime, rng, shuffled or regime.name.startswith("other"))
    own = regime.variant
    inputs: dict[str, Any] = {}
    seen = dict(sizes)
    for key, declared in exercise.inputs.items():
        value = declared.draw(sizes, rng)
        if own is not None and key in own.changes:
            value = _changed(value, own.changes[key], sizes, rng)
            named = getattr(declared, "shape", "").split()  # the new value may have other sizes
            if isinstance(value, np.ndarray) and value.ndim == len(named):
                seen |= {n: size for n, size in zip(named, np.shape(value)) if n.isidentifier()}
        if key in regime.scale:
            value = value * regime.scale[key]
        inputs[key] = value
    if regime.tie:
        _tie(inputs, exercise.ties, rng)
    if regime.strided:
        inputs = {
            key: Strided(value) if isinstance(value, np.ndarray) else value
            for key, value in inputs.items()
        }
    return Case(
        name=name,
        seed=seed,
        inputs=inputs,
        judged=own.judged if own else None,
        tie=regime.tie or bool(own and own.tie),
        equals=own.tie if own else "",
        allow_infinite=own.allow_infinite if own else False,
        sizes=seen,
        magnitude=own.magnitude if own else 1.0,
    )


def _sizes(
    exercise: Exercise, regime: _Regime, rng: np.random.Generator, shuffled: bool
) -> dict[str, int]:
    sizes = {**exercise.sizes, **regime.sizes}
    free = [name for name in _free_dimensions(exercise) if name not in sizes]
    if regime.square:
        return {**sizes, **dict.fromkeys(free, 3)}
    pool = [size for size in POOL if size not in sizes.values()][: max(len(free), 5)]
    if shuffled:
        pool = [int(size) for size in rng.permutation(pool)]
    return {**sizes, **dict(zip(free, pool, strict=False))}


def _changed(value: Any, change: Any, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    if isinstance(change, dict) and isinstance(value, dict):
        merged = {key: _changed(None, item, sizes, rng) for key, item in change.items()}
        return {**value, **merged}
    if hasattr(change, "draw"):
        return change.draw(sizes, rng)
    return change.copy() if isinstance(change, np.ndarray) else change


def elsewhere(inputs: Mapping[str, Input], case: Case) -> dict[str, Any]:
    """The inputs of a case with other numbers, for calls that come in between."""

    def move(declared: Input, value: Any) -> Any:
        if not isinstance(declared, Array) or isinstance(value, Strided):
            return value
        factor = 0.5 if declared.low is not None or declared.floor is not None else -0.5
        return factor * (np.flip(value) if isinstance(value, np.ndarray) else value)

    return {key: move(inputs[key], value) for key, value in case.inputs.items()}


def _tie(inputs: dict[str, Any], names: tuple[str, ...], rng: np.random.Generator) -> None:
    """Put about a third of the entries on a tie: at zero, or equal to the first input named."""
    first = inputs[names[0]]
    if len(names) == 1:
        tied = rng.random(np.shape(first)) < 1 / 3
        inputs[names[0]] = np.where(tied, 0.0, first) if np.ndim(first) else 0.0
        return
    for name in names[1:]:
        tied = rng.random(np.shape(first)) < 1 / 3
        inputs[name] = np.where(tied, first, inputs[name]) if np.ndim(first) else first
