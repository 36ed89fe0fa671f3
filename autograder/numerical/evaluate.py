"""Evaluating the forward: many points in one go, counted, each with copies of its own.

``forward`` is any callable. When it also has a method ``many(list_of_argument_tuples)`` that
returns one output per tuple (or an exception in the place of an output), whole lists go through it:
a forward on the other side of a process boundary then needs a few round trips instead of dozens.

Of the arguments every floating-point array is checked. Integers, booleans, strings, dictionaries,
functions are held fixed. A floating-point number that is no array (``eps=1e-5``) is checked only
when the backward hands out a nonzero gradient for it, or when there is no array at all.
"""

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.language import Told
from autograder.numerical.report import GradcheckError

Array = np.ndarray[Any, np.dtype[Any]]


class Arguments:
    """The positional arguments of a forward pass.

    Args:
        values: One value per positional argument.
        names: Names of all arguments, or of the checked ones only; None asks the signature.
        forward: Where names come from when none are given.

    Attributes:
        checked: Positions of the arguments that are checked.
        optional: Positions of plain floating-point numbers.
        arrays: The checked arrays, in order, at their own precision.
        ignored: Names of integer arrays for which a gradient was handed out all the same.

    Raises:
        GradcheckError: When nothing here can be checked.
    """

    def __init__(
        self,
        values: Any,
        names: Sequence[str] | None = None,
        forward: Callable[..., Any] | None = None,
    ) -> None:
        if isinstance(values, Mapping):
            names = tuple(values) if names is None else names
            values = tuple(values.values())
        if isinstance(values, np.ndarray):
            values = (values,)
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise GradcheckError(
                "arrays is a {type}; expected a list or tuple with one value per argument of the "
                "forward",
                type=type(values).__name__,
            )
        self.values = [_as_array(value) for value in values]
        self.optional = [i for i, v in enumerate(self.values) if isinstance(v, float | np.floating)]
        self.checked = [i for i, value in enumerate(self.values) if _has_kind(value, "f")]
        self.checked = self.checked or list(self.optional)
        self.ignored: list[str] = []
        self.all_names = _names(len(self.values), self.checked, names, forward)
        for value, name in zip(self.values, self.all_names, strict=True):
            if _has_kind(value, "c"):
                raise GradcheckError(
                    "{name} is complex; only real arrays can be checked", name=name
                )
        if not self.checked:
            raise self._nothing()

    @property
    def arrays(self) -> list[Array]:
        return [np.asarray(self.values[i]) for i in self.checked]

    @property
    def names(self) -> list[str]:
        return [self.all_names[i] for i in self.checked]

    def is_integer(self, position: int) -> bool:
        """Whether an argument is an array of integers, held fixed."""
        return _has_kind(self.values[position], "iu")

    def fresh(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """Copies of all arguments, the checked ones replaced by ``arrays``; all are writable."""
        return self.around([array.copy() for array in arrays])

    def around(self, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """All arguments: the checked ones are ``arrays`` themselves, the others fresh copies."""
        if len(self.checked) == len(self.values) and not self.optional:
            return tuple(arrays)
        fresh = [None if i in self.checked else _copy(v) for i, v in enumerate(self.values)]
        for position, array in zip(self.checked, arrays, strict=True):
            value = self.values[position]
            fresh[position] = array if isinstance(value, np.ndarray) else type(value)(array)
        return tuple(fresh)

    def _nothing(self) -> GradcheckError:
        integers = [
            name
            for value, name in zip(self.values, self.all_names)
            if _has_kind(value, "iub") or isinstance(value, int | np.integer)
        ]
        if not integers:
            return GradcheckError(
                "there is no floating-point array among the arguments, so nothing to check"
            )
        gaps = {"names": ", ".join(integers), "first": integers[0]}
        if len(integers) == 1:
            return GradcheckError(
                "{names} holds integers; a numerical gradient moves its input by small steps, "
                "which integers cannot take. Pass floating-point numbers, such as "
                "{first}.astype(float)",
                **gaps,
            )
        return GradcheckError(
            "{names} hold integers; a numerical gradient moves its input by small steps, which "
            "integers cannot take. Pass floating-point numbers, such as {first}.astype(float)",
            **gaps,
        )


def _as_array(value: Any) -> Any:
    """A list of numbers is an array to whoever wrote it; a tuple is a constant."""
    if isinstance(value, list):
        try:
            array = np.asarray(value)
        except ValueError:
            return value
        return array if array.dtype.kind == "f" else value
    return value


def _has_kind(value: Any, kinds: str) -> bool:
    if isinstance(value, list) and kinds != "f":
        try:
            value = np.asarray(value)
        except ValueError:
            return False
    return isinstance(value, np.ndarray) and value.dtype.kind in kinds


def _copy(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.array(value, copy=True)
    return copy.deepcopy(value) if isinstance(value, dict | list | set) else value


def _names(
    count: int, checked: list[int], names: Sequence[str] | None, forward: Callable[..., Any] | None
) -> list[str]:
    if names is not None:
        given = [names] if isinstance(names, str) else [str(name) for name in names]
        if len(given) == count:
            return given
        if len(given) == len(checked):
            by_position = dict(zip(checked, given, strict=True))
            return [by_position.get(i, f"x{i}") for i in range(count)]
        raise GradcheckError(
            "got {names} names for {count} arguments; expected one for each",
            names=len(given),
            count=count,
        )
    known = parameters(forward)
    return (known + [f"x{i}" for i in range(len(known), count)])[:count]


def parameters(function: Callable[..., Any] | None) -> list[str]:
    """The names of the positional parameters of a function; none where it does not tell."""
    code = getattr(function, "__code__", None)
    if code is not None and not inspect.ismethod(function) and not hasattr(function, "__wrapped__"):
        return list(code.co_varnames[: code.co_argcount])
    try:
        found = inspect.signature(function).parameters.values() if function else ()
    except (TypeError, ValueError):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in found if p.kind in positional]


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
