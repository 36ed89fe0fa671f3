"""Find the exercises that an instructor cell declares, and the bank of their mistakes.

A bank may stand beside a notebook: NAME_mistakes.py. It assigns `MISTAKES`, a dict from the name of
an exercise to its list of `edit(...)` and `replacement(...)`. A notebook is then read for what it
teaches, and its bank for what it catches.
"""

import ast
import copy
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.course.cells import SourceCell
from autograder.errors import CourseError, DeclarationError
from autograder.exercises import Exercise, Mistake

BANK = "_mistakes.py"


@dataclass(frozen=True)
class Declared:
    """An exercise, and where in the file it and its mistakes are declared."""

    exercise: Exercise
    line: int
    mistakes: Mapping[str, int]  # name of a mistake -> the line on which that name stands
    bank: Path | None = None  # the file in which its mistakes stand, where that is one of their own

    def place(self, path: Path, mistake: str) -> str:
        """File and line of a mistake, or of the exercise where it is made by code."""
        return f"{self.bank or path}:{self.mistakes.get(mistake, self.line)}"


def collect(
    cell: SourceCell, before: Mapping[str, Any], namespace: dict[str, Any]
) -> list[Declared]:
    """The exercises that `cell` assigned to variables, in order, named after the variables."""
    tree = ast.parse(cell.source)
    declared = []
    seen: list[Any] = []
    for name in _assigned(tree, namespace, before):
        value = namespace[name]
        if not isinstance(value, Exercise) or any(value is other for other in seen):
            continue
        seen.append(value)
        exercise = copy.copy(value)
        object.__setattr__(exercise, "name", name)
        namespace[name] = exercise
        line, node = _place(tree, name)
        own = lines_of(exercise.mistakes, node, cell.line - 1)
        declared.append(Declared(exercise, line + cell.line - 1, own))
    return declared


def lines_of(mistakes: Iterable[Mistake], tree: ast.AST, offset: int = 0) -> dict[str, int]:
    """Name of a mistake -> the line on which that text stands in `tree`, plus an offset."""
    texts = {
        part.value: part.lineno + offset
        for part in ast.walk(tree)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    return {m.name: texts[m.name] for m in mistakes if m.name in texts}


def _assigned(
    tree: ast.Module, namespace: Mapping[str, Any], before: Mapping[str, Any]
) -> list[str]:
    """Names that the cell bound to something new, in the order in which it mentions them."""
    changed = {
        name for name, value in namespace.items() if name not in before or before[name] is not value
    }
    stores = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    stores.sort(key=lambda node: (node.lineno, node.col_offset))
    return [name for name in dict.fromkeys(node.id for node in stores) if name in changed]


def _place(tree: ast.Module, name: str) -> tuple[int, ast.AST]:
    """The line (in the cell) and the statement that assigns `name`."""
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                return statement.lineno, statement
    return 1, tree


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
