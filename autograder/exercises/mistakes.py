"""Known mistakes: edits of the reference, or whole functions in its place."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.errors import DeclarationError


@dataclass(frozen=True)
class Mistake:
    """A named wrong answer to one function.

    Args:
        function: The function (or class) of the reference that is wrong.
        name: Short identifier, unique within the exercise, such as `"db_averaged"`.
        says: What the student reads: the mistake and why it is one.
        edits: Texts of the reference and what stands in their place, applied in order.
        source: The whole wrong function, where it is not an edit.
        follow: Whether a backward that is right for this forward keeps its points.
        keeps: The share of its row's points that it keeps where nothing else is wrong.
        endless: Outputs for which it takes too long to be waited for.
    """

    function: str
    name: str
    says: str
    edits: tuple[tuple[str, str], ...] = ()
    source: str = ""
    follow: bool = False
    keeps: float = 0.0
    endless: tuple[str, ...] = ()

    def apply(self, reference: str) -> str:
        """The source of the wrong function.

        Raises:
            DeclarationError: When an edit's old text does not occur exactly once.
        """
        if self.source:
            return self.source
        text = reference
        for old, new in self.edits:
            count = text.count(old)
            if count != 1:
                raise DeclarationError(
                    f"mistake {self.name!r}: the text {old!r} occurs {count} times in "
                    f"{self.function}; it must occur exactly once"
                )
            text = text.replace(old, new)
        return text


def edit(
    function: str | Callable[..., Any],
    old: str,
    new: str,
    *more: tuple[str, str],
    name: str,
    says: str,
    follow: bool = False,
    keeps: float = 0.0,
    endless: tuple[str, ...] = (),
) -> Mistake:
    """A mistake that differs from the reference in one place (or in several, by `more` pairs)."""
    target = function if isinstance(function, str) else function.__name__
    edits = ((old, new), *more)
    return Mistake(target, name, says, edits, follow=follow, keeps=keeps, endless=endless)


def replacement(
    function: str | Callable[..., Any],
    wrong: str | Callable[..., Any],
    *,
    name: str,
    says: str,
    follow: bool = False,
) -> Mistake:
    """A mistake given as a whole function: as source text, or as a function of its own name.

    The wrong function may have any name; it takes the place of `function`.
    """
    target = function if isinstance(function, str) else function.__name__
    if isinstance(wrong, str):
        source = inspect.cleandoc("\n" + wrong)
    else:
        source = inspect.cleandoc("\n" + inspect.getsource(wrong))
        source = source.replace(f"def {wrong.__name__}(", f"def {target}(", 1)
    if f"def {target}(" not in source and f"class {target}" not in source:
        raise DeclarationError(f"mistake {name!r}: its source does not define {target}")
    return Mistake(target, name, says, source=source, follow=follow)
