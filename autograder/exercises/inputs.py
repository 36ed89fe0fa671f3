"""What an exercise's inputs look like, and how their values are drawn.

Shapes are strings of dimensions: `"N D"` is a matrix, `""` a plain number, `"d1*d2 M"` and `"4*H"`
multiply dimensions. Dimensions that nothing else fixes get small sizes that all differ, so that
a transposed result cannot fit by accident.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.arrays import leaves, mapped
from autograder.exercises.script import Name, Rng

IF_SET = {"written": "if set"}
"""Of a later field: public data name it only where it is used, so that others stay as they are."""
_TOKEN = re.compile(r"^(\d+|[A-Za-z]\w*)(\*(\d+|[A-Za-z]\w*))*$")


@dataclass(frozen=True)
class Array:
    """Float64 numbers from a normal distribution with mean `offset` and standard deviation `scale`.

    No number is exactly zero: there a ReLU has its kink. Ties are a regime of their own.

    Args:
        low: When given, the numbers are `low + |normal| * scale` instead: positive inputs.
        floor: When given, numbers below it become exactly this, as behind a ReLU with `floor=0.0`.
        digits: Decimals kept. More of them where a kink lies elsewhere than at zero, such as
            the margin of a hinge loss, so that no case lands on it by chance.
        spacing: When given, no two numbers are alike: they lie that far apart around `offset`, in
            random order. For functions with a kink where two inputs are equal.
    """

    shape: str
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    digits: int | None = None
    floor: float | None = None
    spacing: float | None = field(default=None, metadata=IF_SET)

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw a value; a plain float where the shape is empty."""
        shape = resolve_shape(self.shape, sizes)
        if self.spacing is not None:
            steps = rng.permutation(math.prod(shape)).reshape(shape) - math.prod(shape) // 2 + 0.5
            return self.offset + steps * self.spacing
        noise = rng.standard_normal(shape)
        if self.low is not None:
            values = self.low + np.abs(noise) * self.scale
        else:
            values = self.offset + noise * self.scale
        digits = self.digits
        if digits is None:
            digits = max(0, 3 - math.floor(math.log10(self.scale)))  # short decimals read better
        rounded = np.round(values, digits)
        rounded = np.where(rounded == 0, 10.0**-digits, rounded)
        if self.floor is not None:
            rounded = np.maximum(rounded, self.floor)
        return rounded if self.shape.strip() else float(rounded)


@dataclass(frozen=True)
class Labels:
    """Integers from 0 up to, not including, the dimension (or number) `below`."""

    shape: str
    below: str

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw int64 labels; a plain int where the shape is empty."""
        (below,) = resolve_shape(self.below, sizes)
        labels = rng.integers(0, below, resolve_shape(self.shape, sizes))
        return labels if self.shape.strip() else int(labels)


@dataclass(frozen=True)
class Mask:
    """Booleans, of which about the share `keep` is True (at least one is)."""

    shape: str
    keep: float = 0.7

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw a boolean array."""
        mask = np.atleast_1d(rng.random(resolve_shape(self.shape, sizes)) < self.keep)
        mask.flat[0] = True
        return mask


@dataclass(frozen=True)
class Visible:
    """Booleans, True where a query (row) may see a key (column): about the share `keep` of them.

    Every row sees at least one key; which, is drawn, so that the mask is no triangle by chance.
    """

    shape: str
    keep: float = 0.6

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw a boolean array."""
        shape = resolve_shape(self.shape, sizes)
        mask = rng.random(shape) < self.keep
        sure = rng.integers(0, shape[-1], (*shape[:-1], 1))
        np.put_along_axis(mask, sure, True, axis=-1)
        return mask


@dataclass(frozen=True)
class Cast:
    """The same numbers in another precision, such as `"float32"`."""

    of: Array
    dtype: str

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw an array of this dtype."""
        return np.asarray(self.of.draw(sizes, rng), self.dtype)


@dataclass(frozen=True)
class Constant:
    """A fixed value; a dict, list or tuple may hold further inputs, drawn anew for each case."""

    value: Any

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw the inputs inside; the rest stands as it is."""

        def drawn(leaf: Any) -> Any:
            if isinstance(leaf, _KINDS):
                return leaf.draw(sizes, rng)
            return leaf.copy() if isinstance(leaf, np.ndarray) else leaf

        return mapped(drawn, self.value)


@dataclass(frozen=True)
class State(Constant):
    """A dict parameter that the function is meant to change; its entries `graded` are outputs."""

    graded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Any, ...]

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """Draw one of the values."""
        return self.values[int(rng.integers(len(self.values)))]


@dataclass(frozen=True)
class Provided:
    """A function or value that a provided cell defines, looked up where the student's code runs.

    Args:
        made: What the function of that name returns for `args`, made anew for each use: an object
            with a memory, such as a model.
    """

    name: str
    made: bool = field(default=False, metadata=IF_SET)
    args: tuple[Any, ...] = field(default=(), metadata=IF_SET)

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """The placeholder that the interpreter resolves."""
        return Name(self.name, tuple(self.args) if self.made else None)


@dataclass(frozen=True)
class Generator:
    """A fresh `numpy.random.Generator`, made where the student's code runs."""

    kind: str = field(default="default_rng")

    def draw(self, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
        """The placeholder that the interpreter resolves, with a seed of the case."""
        return Rng(int(rng.integers(2**31)))


Input = Array | Labels | Mask | Visible | Cast | Constant | State | Choice | Provided | Generator
_KINDS = (
    Array, Labels, Mask, Visible, Cast, Constant, State, Choice, Provided, Generator,
)  # fmt: skip
INPUTS: dict[str, type] = {kind.__name__: kind for kind in _KINDS}

# What authors write: these are the classes themselves, the functions below are not.
array, labels, mask, visible = Array, Labels, Mask, Visible
constant, provided, rng = Constant, Provided, Generator


def cast(shape: str | Array, dtype: str) -> Cast:
    """An array of another precision than float64: `cast("N D", "float32")`."""
    return Cast(Array(shape) if isinstance(shape, str) else shape, dtype)


def state(value: dict[str, Any], graded: tuple[str, ...] = ()) -> State:
    """A dict that the function updates; the entries named in `graded` count as outputs."""
    return State(value, tuple(graded))


def choice(*values: Any) -> Choice:
    """One of `values`, drawn for each case."""
    return Choice(values)


def made(name: str, *args: Any) -> Provided:
    """What a provided function returns for `args`, anew for each use: no call sees another's."""
    return Provided(name, True, args)


def as_input(declared: Any) -> Input:
    """What a declaration means: a string is an array of that shape, other inputs are themselves.

    Raises:
        DeclarationError: For anything else.
    """
    if isinstance(declared, str):
        return Array(declared)
    if isinstance(declared, _KINDS):
        return declared
    raise DeclarationError(
        f"an input is declared as {declared!r}; expected a shape such as 'N D', or one of "
        "array(), labels(), mask(), visible(), cast(), constant(), state(), choice(), provided(), "
        "made(), rng()"
    )


def tokens(shape: str) -> Iterator[str]:
    """The names of the dimensions in `shape`, in order, products taken apart.

    Raises:
        DeclarationError: When the shape cannot be read.
    """
    for token in shape.split():
        if not _TOKEN.match(token):
            raise DeclarationError(
                f"shape {shape!r}: cannot read {token!r}; expected names or numbers such as "
                "'N D', '4*H' or 'd1*d2 M'"
            )
        for factor in token.split("*"):
            if not factor.isdigit():
                yield factor


def resolve_shape(shape: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers that `shape` stands for under `sizes`."""
    return tuple(
        math.prod(int(f) if f.isdigit() else sizes[f] for f in token.split("*"))
        for token in shape.split()
    )


def dimensions(value: Any) -> Iterator[str]:
    """The names of all dimensions in an input, and in the inputs that it holds."""
    if isinstance(value, (Array, Mask, Visible)):
        yield from tokens(value.shape)
    elif isinstance(value, Cast):
        yield from tokens(value.of.shape)
    elif isinstance(value, Labels):
        yield from tokens(value.shape)
        yield from tokens(value.below)
    elif isinstance(value, Constant):
        for inside in leaves(value.value):
            yield from dimensions(inside)
