"""The arguments of a forward pass: which ones are checked, and fresh copies of all of them.

Every floating-point array is checked. Integers, booleans, strings, dictionaries, functions are held
fixed. A floating-point number that is no array (``eps=1e-5``) is checked only when the backward
hands out a nonzero gradient for it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.gradcheck.report import GradcheckError

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
                f"arrays is a {type(values).__name__}; expected a list or tuple with one value "
                "per argument of the forward"
            )
        self.values = [_as_array(value) for value in values]
        self.checked = [i for i, value in enumerate(self.values) if _is_float_array(value)]
        self.optional = [i for i, v in enumerate(self.values) if isinstance(v, float | np.floating)]
        self.all_names = _names(len(self.values), self.checked, names, forward)
        for value, name in zip(self.values, self.all_names, strict=True):
            if isinstance(value, np.ndarray) and value.dtype.kind == "c":
                raise GradcheckError(f"{name} is complex; only real arrays can be checked")

    @property
    def arrays(self) -> list[Array]:
        return [np.asarray(self.values[i]) for i in self.checked]

    @property
    def names(self) -> list[str]:
        return [self.all_names[i] for i in self.checked]

    def check_also(self, position: int) -> None:
        """Count a plain number among the checked arrays."""
        self.checked = sorted({*self.checked, position})

    def fresh(self, arrays: Sequence[Array]) -> tuple[Any, ...]:
        """Copies of all arguments, the checked ones replaced by ``arrays``; all are writable."""
        fresh = [_copy(value) for value in self.values]
        for position, array in zip(self.checked, arrays, strict=True):
            if isinstance(self.values[position], np.ndarray):
                fresh[position] = np.array(array, copy=True)
            else:
                fresh[position] = type(self.values[position])(array)
        return tuple(fresh)


def _as_array(value: Any) -> Any:
    """A list of floating-point numbers is an array to whoever wrote it; a tuple is a constant."""
    if isinstance(value, list):
        try:
            array = np.asarray(value)
        except ValueError:
            return value
        return array if _is_float_array(array) else value
    return value


def _is_float_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


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
            return [by_position.get(i, f"argument {i}") for i in range(count)]
        raise GradcheckError(f"got {len(given)} names for {count} arguments; expected one for each")
    try:
        parameters = inspect.signature(forward).parameters.values() if forward else ()
    except (TypeError, ValueError):
        parameters = ()
    known = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (known + [f"x{i}" for i in range(len(known), count)])[:count]
