"""What the cells that ran in this kernel say about a row: a kernel forgets nothing.

The cell of a function may have run in vain, or the function may have lost its name, so that the
version before is judged; or code stands where it does not count. A verdict alone would puzzle.
"""

import ast
import difflib
import sys
import warnings
from collections.abc import Collection
from typing import Any

from autograder.checks.finding import RowResult
from autograder.exercises.fact import Fact, fact
from autograder.explain.cells import DEFINES, MOST, defines, odd_character, parsed, without_magics
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
