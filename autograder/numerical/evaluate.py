"""Evaluating the forward: many points in one go, counted, each with copies of its own.

``forward`` is any callable. When it also has a method ``many(list_of_argument_tuples)`` that
returns one output per tuple (or an exception in the place of an output), whole lists go through it:
a forward on the other side of a process boundary then needs a few round trips instead of dozens.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograder.language import Told
from autograder.numerical.arguments import Arguments, Array

DOUBLE = float(np.finfo(np.float64).eps)
SINGLE = float(np.finfo(np.float32).eps)


class OutputError(Exception):
    """The forward raised, or returned something that is no array of real numbers."""

    def __init__(self, text: str, **gaps: Any) -> None:
        super().__init__(Told(text, **gaps))


class Evaluator:
    """Evaluates a forward at lists of points and counts.

    Attributes:
        evaluations: Evaluations so far.
        limit: How many there may be.
        share: How many there may be for now.
        shapes: Shapes of the outputs, known after the first evaluation.
        several: Whether the forward returns a tuple or list of outputs.
        plain: Whether an output is a bare number, not a 0-d array; per output.
    """

    def __init__(self, forward: Callable[..., Any], arguments: Arguments, limit: int) -> None:
        self.forward = forward
        self.arguments = arguments
        self.limit = self.share = limit
        self.evaluations = 0
        self.shapes: list[tuple[int, ...]] = []
        self.dtypes: list[np.dtype[Any]] = []
        self.several = False
        self.plain: list[bool] = []

    def affords(self, count: int) -> bool:
        """Whether ``count`` more evaluations stay within the share granted for now."""
        return self.evaluations + count <= self.share

    def base(self, arrays: Sequence[Array]) -> tuple[Array, bool]:
        """Evaluate once and learn the form of the output.

        Returns:
            outputs: All outputs in one vector, shape (n,).
            kept: False when the forward changed an argument in place.
        """
        copies = [array.copy() for array in arrays]
        (raw,) = self._raw([self.arguments.around(copies)])
        if isinstance(raw, Exception):
            raise OutputError(
                "the forward raised {type}: {error}", type=type(raw).__name__, error=raw
            ) from raw
        self.several = isinstance(raw, tuple | list)
        parts = list(raw) if self.several else [raw]
        converted = [_real(part) for part in parts]
        self.plain = [not isinstance(part, np.ndarray) for part in parts]
        self.shapes = [part.shape for part in converted]
        self.dtypes = [part.dtype for part in converted]
        kept = all(
            (copy == array).all() or np.array_equal(copy, array, equal_nan=True)
            for copy, array in zip(copies, arrays, strict=True)
        )
        return flat(converted), kept

    def many(self, points: Sequence[Sequence[Any]]) -> Array:
        """Evaluate at many points, whose arrays the forward may change.

        Returns:
            One row per point, shape (len(points), n); NaN where the forward raised or returned
            another shape than at the first point.
        """
        rows = []
        for raw in self._raw([self.arguments.around(point) for point in points]):
            row = None
            if not isinstance(raw, Exception):
                try:
                    parts = [_real(p) for p in (raw if isinstance(raw, tuple | list) else [raw])]
                    row = flat(parts) if [part.shape for part in parts] == self.shapes else None
                except OutputError:
                    pass
            rows.append(row)
        size = sum(int(np.prod(shape)) for shape in self.shapes)
        return np.array([np.full(size, np.nan) if row is None else row for row in rows])

    def _raw(self, arguments: list[tuple[Any, ...]]) -> Iterable[Any]:
        self.evaluations += len(arguments)
        if hasattr(self.forward, "many"):
            return list(self.forward.many(arguments))
        return map(self._one, arguments)

    def _one(self, arguments: tuple[Any, ...]) -> Any:
        try:
            return self.forward(*arguments)
        except Exception as error:  # whatever a student's code raises
            return error

    def split(self, flat: Array) -> list[Array]:
        """Cut a vector of all outputs into pieces shaped like the outputs."""
        if len(self.shapes) == 1:
            return [flat.reshape(self.shapes[0])]
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        pieces = np.split(flat, np.cumsum(sizes)[:-1])
        return [piece.reshape(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]


def resolution(values: Array, dtypes: Sequence[np.dtype[Any]]) -> float:
    """The relative spacing of the numbers that a computation returned.

    Values may have been rounded to float32 on the way and be handed out as float64: then every one
    of them is a float32 number, which for honest float64 values of more than a few digits does not
    happen by chance.
    """
    declared = max((float(np.finfo(d).eps) for d in dtypes if d.kind == "f"), default=DOUBLE)
    if declared > DOUBLE:
        return declared
    flat = values.ravel()
    for part in (flat[:64], flat):  # nearly always a few values tell
        ordinary = np.abs(part) < 1e30
        if ((part.astype(np.float32) != part) & ordinary).any():
            return DOUBLE
    return SINGLE if ((flat.astype(np.float16) != flat) & ordinary).any() else DOUBLE


def _real(part: Any) -> Array:
    if type(part) is np.ndarray and part.dtype == np.float64:
        return part
    try:
        array = np.asarray(part)
    except Exception as error:
        raise OutputError(
            "the forward returned a {type}, not an array", type=type(part).__name__
        ) from error
    if array.dtype.kind not in "fiub":
        raise OutputError(
            "the forward returned a {type} of dtype {array.dtype}; expected an array of real "
            "numbers",
            type=type(part).__name__,
            array=array,
        )
    return array


def flat(parts: Sequence[Array]) -> Array:
    """All entries in one vector of float64, of its own."""
    if len(parts) == 1:
        return parts[0].flatten().astype(np.float64, copy=False)
    return np.concatenate([np.zeros(0), *(np.asarray(p, dtype=np.float64).ravel() for p in parts)])
