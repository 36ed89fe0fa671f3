"""Contract first: the number, the form, the shape and the finiteness of what a backward returns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.language import Counted, Told
from autograder.numerical.evaluate import Arguments, Array


class ContractError(Exception):
    """What the backward returned cannot be a gradient.

    Attributes:
        name: The array whose gradient is at fault, or None when all are.
    """

    def __init__(self, text: str, *, name: str | None = None, **gaps: Any) -> None:
        super().__init__(Told(text, name=name, **gaps))
        self.name = name


def gradients_of(returned: Any, arguments: Arguments) -> list[Array]:
    """Sort what a backward returned into one gradient per checked array.

    One gradient may come bare. There may be one entry per checked array, or one per argument; the
    entries for arguments that are held fixed are ignored.

    Args:
        returned: Whatever the backward returned.
        arguments: The arguments of the forward; a plain number joins the checked arrays when there
            is a nonzero gradient for it.

    Returns:
        The gradients in float64, or in the precision that was returned, shaped like the arrays.

    Raises:
        ContractError: With a message that says what was got and what was expected.
    """
    entries = _entries(returned, arguments)
    for position in arguments.optional:
        number = entries.get(position)
        strict = isinstance(arguments.values[position], np.floating)
        if position not in arguments.checked and _is_number(number, zero_counts=strict):
            arguments.checked = sorted({*arguments.checked, position})
    arguments.ignored = [
        arguments.all_names[position]
        for position, entry in entries.items()
        if arguments.is_integer(position) and entry is not None
    ]
    return [
        _gradient(entries[position], np.shape(arguments.values[position]), name)
        for position, name in zip(arguments.checked, arguments.names, strict=True)
    ]


class NotFiniteError(ContractError):
    """A gradient contains inf or NaN.

    Attributes:
        index: Where, in the array ``name``.
        infinite: Whether it is inf; an infinite slope may be right, NaN never is.
    """

    def __init__(self, text: str, *, index: list[int], infinite: bool, **gaps: Any) -> None:
        super().__init__(text, index=index, **gaps)
        self.index, self.infinite = tuple(index), infinite


def require_finite(gradients: Sequence[Array], arguments: Arguments) -> None:
    """Refuse inf and NaN wherever the input itself is finite.

    Raises:
        NotFiniteError: With the first place.
    """
    for gradient, array, name in zip(gradients, arguments.arrays, arguments.names, strict=True):
        if np.isfinite(gradient).all():
            continue
        bad = ~np.isfinite(gradient) & np.isfinite(array)
        if bad.any():
            index = tuple(int(i) for i in np.argwhere(bad)[0])
            raise NotFiniteError(
                "the gradient of {name} contains {value} at {index} ({some} of {all} entries are "
                "not finite); expected finite numbers. Is there a division by zero, or an overflow "
                "in exp?",
                index=list(index),
                infinite=not bool(np.any(np.isnan(gradient[bad]))),
                name=name,
                value=gradient[index],
                some=bad.sum(),
                all=gradient.size,
            )


def _entries(returned: Any, arguments: Arguments) -> dict[int, Any]:
    checked, total = arguments.checked, len(arguments.values)
    gradients = Counted(len(checked), "gradient")
    wanted = Told("{gradients} ({names})", gradients=gradients, names=", ".join(arguments.names))
    if returned is None:
        raise ContractError(
            "the backward returned None; expected {wanted}. Is `return` missing?", wanted=wanted
        )
    if isinstance(returned, Mapping):
        missing = [name for name in arguments.names if name not in returned]
        if missing:
            raise ContractError(
                "the backward returned a dictionary without {names}; expected {wanted}",
                names=", ".join(missing),
                wanted=wanted,
            )
        return {i: returned[arguments.all_names[i]] for i in checked}
    if (isinstance(returned, np.ndarray) and returned.dtype != object) or np.isscalar(returned):
        if len(checked) == 1:
            return {checked[0]: returned}
        raise ContractError(
            "the backward returned a single array; expected {wanted}, as a tuple", wanted=wanted
        )
    if not isinstance(returned, Iterable):
        raise ContractError(
            "the backward returned a {type}; expected {wanted}",
            type=type(returned).__name__,
            wanted=wanted,
        )
    items = list(returned)
    positions = {
        len(checked): checked,
        len({*checked, *arguments.optional}): sorted({*checked, *arguments.optional}),
        total: list(range(total)),
    }.get(len(items))
    if positions is None:
        raise ContractError(
            "the backward returned {gradients}; expected {wanted}",
            gradients=Counted(len(items), "gradient"),
            wanted=wanted,
        )
    return dict(zip(positions, items, strict=True))


def _gradient(entry: Any, shape: tuple[int, ...], name: str) -> Array:
    if entry is None:
        raise ContractError(
            "the gradient of {name} is None; expected an array of shape {shape}",
            name=name,
            shape=shape,
        )
    if type(entry) is np.ndarray and entry.dtype == np.float64 and entry.shape == shape:
        return entry.copy()
    try:
        array = np.asarray(entry)
    except Exception as error:
        raise ContractError(
            "the gradient of {name} is no array: {error}", name=name, error=error
        ) from error
    gaps: dict[str, Any] = {"name": name, "array": array, "shape": shape}
    if array.dtype.kind not in "fiub":
        raise ContractError(
            "the gradient of {name} is a {type} of dtype {array.dtype}; expected an array of "
            "numbers of shape {shape}",
            type=type(entry).__name__,
            **gaps,
        )
    if array.shape != shape:
        raise ContractError(
            "the gradient of {name} has shape {array.shape}; expected {shape}, the shape of "
            "{name}.{hint}",
            hint=_shape_hint(array.shape, shape),
            **gaps,
        )
    kind = array.dtype if array.dtype.kind == "f" and array.dtype.itemsize < 8 else np.float64
    return np.array(array, dtype=kind, copy=True)


def _shape_hint(got: tuple[int, ...], expected: tuple[int, ...]) -> Told:
    if [n for n in got if n != 1] == [n for n in expected if n != 1]:
        return Told(" An axis of length 1 is left over or lost: look at keepdims and reshape.")
    if got == expected[::-1]:
        return Told(" Is a transpose missing?")
    if len(got) > len(expected) and got[len(got) - len(expected) :] == expected:
        return Told(" Is a sum over the batch missing?")
    return Told("")


def _is_number(entry: Any, zero_counts: bool) -> bool:
    """Whether an entry is a gradient; 0.0 for a plain Python number may just fill its place."""
    try:
        return np.ndim(entry) == 0 and (float(entry) != 0.0 or zero_counts)
    except (TypeError, ValueError):
        return False
