"""What the cells that ran in this kernel say about a row: a kernel forgets nothing.

The cell of a function may have run in vain, or the function may have lost its name, so that the
version before is judged; or code stands where it does not count. A verdict alone would puzzle.

A name on which a row depends may have had one meaning after another. An earlier one is tried out:
its statement (a definition, an import, a plain value) and the functions that depend on it are run
in a copy of the kernel's names, and the row is checked there. Only what makes it better is told.
"""

import ast
import builtins
import difflib
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from autograder.checks.finding import RowResult
from autograder.exercises.fact import Fact, fact
from autograder.explain.cells import (
    DEFINES,
    MOST,
    Cell,
    defines,
    names_used,
    odd_character,
    parsed,
    read_cells,
    without_magics,
)
from autograder.explain.written import Placed, whereabouts

_CLOSE = 0.85


def executed() -> list[tuple[int, str]]:
    """The cells that this kernel ran, by their numbers: the last ones where they are very many."""
    here = shell()
    texts = here.user_ns.get("In") if here is not None else None
    found, left = [], MOST
    for number, text in reversed(list(enumerate(texts if isinstance(texts, list) else []))):
        left -= len(text) if isinstance(text, str) else MOST
        if left < 0:
            break
        found.append((number, text))
    return found[::-1]


def typed() -> list[str]:
    """All cells that this kernel ran, as they were typed."""
    history = getattr(shell(), "history_manager", None)
    return list(getattr(history, "input_hist_raw", [""]))[1:]


def noticed(
    result: RowResult, rows: Collection[str], current: Any, cells: list[tuple[int, str]]
) -> list[Fact]:
    """What the cells that ran say of a row.

    Args:
        rows: All rows of the notebook.
        current: What the row's name stands for now.
        cells: Number and text of each.
    """
    row = result.id
    unread = _unread(row, cells)
    if unread:
        return unread
    if result.status == "unanswered" or not callable(current):
        placed = [Placed(f"[{number}]", "code", text) for number, text in cells]
        found = whereabouts(row, placed, rows) or _renamed(result, rows, current, cells)
    else:
        found = _renamed(result, rows, current, cells)
    return [found] if found is not None else []


def _unread(row: str, cells: list[tuple[int, str]]) -> list[Fact]:
    """Whether Python could not read the last cell that defines the row."""
    last = next((text for _, text in reversed(cells) if defines(row, text)), "")
    try:
        with warnings.catch_warnings(action="ignore"):
            source = shell().transform_cell(last) if last else ""
            compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        unread = fact("kernel.unread", row=row, error=error.msg, line=error.lineno)
        odd = odd_character(error.msg)
        return [unread] if odd is None else [unread, odd]
    return []


def _renamed(
    result: RowResult, rows: Collection[str], current: Any, cells: list[tuple[int, str]]
) -> Fact | None:
    """Whether the last cell that defines anything looks like the row's, but under another name."""
    row, document = result.id, getattr(current, "__doc__", None)
    later: dict[str, str] = {}
    for number, text in reversed(cells):
        tree = parsed(without_magics(text))
        defined = [node for node in tree.body if isinstance(node, DEFINES)] if tree else []
        names = [node.name for node in defined]
        if row in names:
            first = f"[{number}]"
            return fact("kernel.renamed", row=row, first=first, **later) if later else None
        if not later and any(name in rows for name in names):
            return None
        if not later and defined:
            like = [node.name for node in defined if _is_like(node, row, document, result.status)]
            if not like:
                return None
            later = {"cell": f"[{number}]", "other": like[-1]}
    return None


def _is_like(node: Any, row: str, document: Any, status: str) -> bool:
    """Whether a definition may be meant as the row: a close name, or the row's own docstring.

    While the row is right, a name such as `f_old` or `f2` is more likely a second version.
    """
    if status == "right" and row in node.name:
        return False
    close = difflib.SequenceMatcher(None, row, node.name[:100]).ratio() >= _CLOSE
    return close or (document is not None and ast.get_docstring(node, clean=False) == document)


def shell() -> Any:
    """IPython's shell; None where there is none."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


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
