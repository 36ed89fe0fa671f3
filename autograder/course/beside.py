"""The bank of mistakes that may stand beside a notebook: NAME_mistakes.py.

It assigns `MISTAKES`, a dict from the name of an exercise to its list of `edit(...)` and
`replacement(...)`. A notebook is then read for what it teaches, and its bank for what it catches.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.course.collect import Declared, lines_of
from autograder.errors import CourseError, DeclarationError

BANK = "_mistakes.py"


def with_bank(path: Path, declared: Sequence[Declared]) -> list[Declared]:
    """The exercises of the notebook at `path`, with the mistakes of the bank beside it.

    Raises:
        CourseError: Where the bank cannot be run, or speaks of an exercise that is not there.
    """
    bank = path.with_name(path.stem + BANK)
    if not bank.is_file():
        return list(declared)
    try:
        tree = ast.parse(bank.read_text(encoding="utf-8"), str(bank))
        names: dict[str, object] = {"__name__": bank.stem, "__file__": str(bank)}
        exec(compile(tree, str(bank), "exec", dont_inherit=True), names)
    except (SyntaxError, DeclarationError, NameError, TypeError) as error:
        raise CourseError(f"{bank}: {type(error).__name__}: {error}") from error
    mistakes = names.get("MISTAKES")
    if not isinstance(mistakes, dict):
        raise CourseError(f"{bank}: expected MISTAKES = {{exercise: [edit(...), ...], ...}}")
    for stranger in set(mistakes) - {one.exercise.name for one in declared}:
        near = difflib.get_close_matches(stranger, [one.exercise.name for one in declared], 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise CourseError(f"{bank}: {path.name} declares no exercise {stranger!r}{hint}")
    found = []
    for one in declared:
        if one.exercise.name in mistakes:
            if one.exercise.mistakes:
                raise CourseError(f"{bank}: {one.exercise.name} names mistakes in {path.name}, too")
            object.__setattr__(one.exercise, "mistakes", tuple(mistakes[one.exercise.name]))
            one = replace(one, mistakes=lines_of(one.exercise.mistakes, tree), bank=bank)
        found.append(one)
    return found
