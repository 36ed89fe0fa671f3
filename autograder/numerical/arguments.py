"""The arguments of a forward pass: which ones are checked, and fresh copies of all of them.

Every floating-point array is checked. Integers, booleans, strings, dictionaries, functions are held
fixed. A floating-point number that is no array (``eps=1e-5``) is checked only when the backward
hands out a nonzero gradient for it, or when there is no array at all.
"""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

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
