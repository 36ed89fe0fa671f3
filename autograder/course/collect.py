"""Find the exercises that an instructor cell declares."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.course.cells import SourceCell
from autograder.exercises import Exercise


@dataclass(frozen=True)
class Declared:
    """An exercise, and where in the file it and its mistakes are declared.

    Args:
        line: The line of the assignment.
        mistakes: Name of a mistake -> the line on which that name stands.
    """

    exercise: Exercise
    line: int
    mistakes: Mapping[str, int]

    def mistake_line(self, name: str) -> int:
        """The line of a mistake, or of the exercise where it is made by code."""
        return self.mistakes.get(name, self.line)


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
        names = {
            part.value: part.lineno + cell.line - 1
            for part in ast.walk(node)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        }
        own = {m.name: names[m.name] for m in exercise.mistakes if m.name in names}
        declared.append(Declared(exercise, line + cell.line - 1, own))
    return declared


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
