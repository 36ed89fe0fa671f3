"""A fact: what was found, as data. `feedback.say` has the sentence for it, and nobody else."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fact:
    """The name of a sentence, and what stands in its gaps."""

    name: str  # such as `"returned.count"`; `feedback.say.SENTENCES` lists them all
    # Gap -> a string, a number, a shape (a tuple of integers), a list of names, or another fact.
    # Nothing but JSON values, so that facts are kept in result files.
    values: dict[str, Any] = field(default_factory=dict)


def fact(name: str, /, **values: Any) -> Fact:
    """A fact with its values by name.

    Example:
        >>> fact("returned.count", what="affine_backward", count=2).values["count"]
        2
    """
    return Fact(name, values)


def type_of(value: Any) -> Fact:
    """What a returned value is, for "got …".

    Example:
        >>> type_of([1, 2])
        Fact(name='type.sequence', values={'type': 'list', 'count': 2})
    """
    if value is None:
        return fact("type.none")
    count = len(value) if isinstance(value, (list, tuple)) else getattr(value, "count", None)
    name = getattr(value, "type_name", None) or type(value).__name__
    if isinstance(count, int):
        return fact("type.sequence", type=name, count=count)
    return fact("type.object", type=name)
