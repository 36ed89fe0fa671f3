"""Names on which a row depends and that cells in this kernel gave one meaning after another.

An earlier meaning is tried out: its statement (a definition, an import, a plain value) and the
functions that depend on it are run in a copy of the kernel's names, and the row is checked there.
Only what makes it better is said to be the reason.
"""

import ast
import builtins
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from autograder.checks.finding import RowResult
from autograder.exercises.fact import Fact, fact
from autograder.explain.cells import DEFINES, Cell, names_used, parsed, read_cells, without_magics

TRIALS = 4
"""Earlier meanings that are tried out; each costs as much as a check."""
_AS_WRITTEN = (*DEFINES, ast.Import, ast.ImportFrom)

_MAKE_VALUES = {
    "partial", "functools.partial", "np.array", "np.asarray", "np.float64", "np.float32",
    "np.sqrt", "float", "int", "list", "tuple", "dict", "set", "frozenset", "range",
}  # fmt: skip

Choice = dict[str, Cell]
"""Name -> the statement that gives it the meaning to be tried out."""


def rebound(
    result: RowResult,
    functions: Collection[str],
    rows: Collection[str],
    cells: list[tuple[int, str]],
    namespace: Mapping[str, Any],
    judge: Callable[[Mapping[str, Any]], RowResult],
) -> tuple[RowResult, list[Fact]]:
    """The verdict on a row that is not right, and what rebound names have to do with it.

    Args:
        functions: The row's own function and those that its verdict depends on.
        rows: All rows: who edits the cell of a row and runs it again has rebound nothing.
        cells: Number and text of the cells that the kernel ran.
        judge: Checks the row in other names than the kernel's.

    Returns:
        result: Without a named mistake where a rebound name explains it.
        facts: Which names, and in which cells.
    """
    statements = _statements(cells)
    used = names_used(functions, statements)
    for choice in _choices(used, rows, statements):
        names = _with_meanings(choice, used, statements, namespace)
        if names is None:
            continue
        before = judge(names)
        if before.score > result.score:
            again = [_again(name, cell, statements) for name, cell in choice.items()]
            if before.status != "right":
                return result, [fact("kernel.better", changes=again, row=result.id)]
            bare = tuple(replace(f, explanation=None) for f in result.findings)
            return result.with_findings(bare), [fact("kernel.again", changes=again, row=result.id)]
    return result, []


def _statements(cells: list[tuple[int, str]]) -> list[Cell]:
    """What each statement at the margin of a cell does to names."""
    texts = []
    for number, text in cells:
        tree = parsed(without_magics(text))
        texts += [(f"[{number}]", number, ast.unparse(node)) for node in tree.body] if tree else []
    return [one for one in read_cells(texts) if one.binds or one.changes or one.stars]


def _choices(used: set[str], rows: Collection[str], statements: list[Cell]) -> list[Choice]:
    """What to try out: each rebound name in meanings before, then all names in their last ones."""
    found: dict[str, list[Cell]] = {}
    for name in sorted(used):
        touching = [s for s in statements if _touches(s, name)]
        if touching and hasattr(builtins, name):
            touching = [*read_cells([("Python", 0, f"from builtins import {name}")]), *touching]
        for last in touching[-1:]:
            others = {
                s.source: s for s in touching[:-1]
                if name in s.binds and s.position < last.position and s.source != last.source
                and not (name in rows and _is_edited(s, last, statements)) and _can_run(s)
            }  # fmt: skip
            if others:
                found[name] = list(others.values())[::-1]
    single: list[Choice] = [{name: s} for name, before in found.items() for s in before]
    if len(found) == 1:
        return single[:TRIALS]
    together: Choice = {name: before[0] for name, before in found.items()}
    return [*single[: TRIALS - 1], together] if found else []


def _touches(statement: Cell, name: str) -> bool:
    """Whether a statement gives a name a meaning, or changes what it stands for."""
    (node,) = ast.parse(statement.source).body
    if statement.stars and isinstance(node, ast.ImportFrom):
        return hasattr(sys.modules.get(node.module or ""), name)
    return name in statement.binds or name in statement.changes


def _is_edited(one: Cell, other: Cell, statements: list[Cell]) -> bool:
    """Whether two statements stand in one cell of the notebook, before and after an edit.

    The cell of a row may gain and lose helpers; another cell has names of its own.
    """
    if one.binds & one.defines.keys() and not other.defines:
        return False
    bound = [
        {name for s in statements if s.position == place for name in s.binds}
        for place in (one.position, other.position)
    ]
    return bound[0] <= bound[1] or bound[1] <= bound[0]


def _can_run(statement: Cell) -> bool:
    """Whether a statement can be run once more without doing anything but give names a meaning."""
    (node,) = ast.parse(statement.source).body
    if isinstance(node, _AS_WRITTEN):
        return True
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    return value is not None and not any(_calls(value))


def _calls(node: ast.AST) -> Iterator[ast.AST]:
    """What may do more than compute a value, or take long."""
    if isinstance(node, (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)):
        yield node
    if isinstance(node, ast.Call) and ast.unparse(node.func) not in _MAKE_VALUES:
        yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _calls(child)


def _with_meanings(
    choice: Choice, used: set[str], statements: list[Cell], namespace: Mapping[str, Any]
) -> dict[str, Any] | None:
    """A copy of the kernel's names with other meanings, in which all functions see them."""
    chosen = dict(choice)
    for statement in statements:  # the last one stays
        for name in statement.binds & used - choice.keys():
            chosen[name] = statement
    names = dict(namespace)
    order = {id(s): s for s in [*choice.values(), *statements] if s in chosen.values()}
    for statement in sorted(order.values(), key=lambda s: s.position):
        if statement in choice.values() or isinstance(ast.parse(statement.source).body[0], DEFINES):
            try:
                exec(compile(statement.source, statement.name, "exec"), names)
            except Exception:  # what a decorator or a default needs is gone
                return None
    return names


def _again(name: str, first: Cell, statements: list[Cell]) -> Fact:
    later = next(
        s for s in statements
        if s.position > first.position and _touches(s, name) and s.source != first.source
    )  # fmt: skip
    if not first.position:
        return fact("cells.another", name=name, cell=later.name)
    if name in later.changes - later.binds:
        return fact("cells.changed", name=name, cell=later.name)
    return fact("cells.again", name=name, first=first.name, later=later.name)
