"""Where the answer to a row without one stands: in which cell, and why it does not count.

A function counts as not written yet when it is missing or raises NotImplementedError. Somebody may
have written it all the same: in a markdown cell, above the starter, under another name.
"""

import ast
import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from autograder.exercises.fact import Fact, fact
from autograder.explain.cells import BODY_RUNS, DEFINES, MOST, parsed, without_magics

NOT_WRITTEN = "NotImplementedError"
"""What a starter raises."""
STUB = "# YOUR CODE HERE"
_CLOSE = 0.85
_KEPT = re.compile(
    rf"\s*(?:%%(?!(?:{BODY_RUNS})\b)(\w+)"
    rf"|get_ipython\(\)\.run_cell_magic\('(?!(?:{BODY_RUNS})')(\w+)')"
)
"""A cell whose text a magic takes for itself, as it is written and as a kernel keeps it."""


@dataclass(frozen=True)
class Placed:
    """A cell as it stands in the notebook.

    Args:
        name: What it is called, such as `"cell 4"`.
        kind: `"code"`, `"markdown"` or `"raw"`.
        grade_id: nbgrader's id; a hint to what belongs there.
    """

    name: str
    kind: str
    source: str
    grade_id: str = ""


@dataclass(frozen=True)
class _Binding:
    """One statement of a code cell that gives the name a meaning."""

    cell: Placed
    how: str  # "written", "starter", "leftover" (above the starter's raise), "assigned", "deleted"
    text: str = ""


def whereabouts(
    name: str,
    cells: Sequence[Placed],
    rows: Collection[str] = (),
    starters: Mapping[str, str] | None = None,
) -> Fact | None:
    """Where the answer to a row may stand, when its function counts as not written yet.

    Args:
        rows: All rows: a name that is a row's is no slip of the pen for another one's.
        starters: Row -> the cell as it was released, where it is known.

    Returns:
        Which cell, and why it does not count; None where nothing shows.
    """
    if sum(len(cell.source) for cell in cells) > MOST:
        return None
    mention = re.compile(rf"\b{re.escape(name)}\b")
    code = [(cell, parsed(without_magics(cell.source))) for cell in cells if cell.kind == "code"]
    bindings = [
        binding
        for cell, tree in code
        if tree is not None and mention.search(cell.source)
        for binding in _bindings(name, cell, tree, (starters or {}).get(name, ""))
    ]
    if bindings and bindings[-1].how != "starter":
        return _of_last(name, bindings)
    written = next((b for b in reversed(bindings) if b.how in ("written", "leftover")), None)
    if written is not None:
        last = bindings[-1].cell.name
        return fact("written.starter_below", name=name, cell=written.cell.name, last=last)
    return _elsewhere(name, cells, code, rows)


def _of_last(name: str, bindings: Sequence[_Binding]) -> Fact | None:
    last = bindings[-1]
    if last.how == "leftover":
        return fact("written.leftover", name=name, cell=last.cell.name)
    defined = next((b for b in reversed(bindings[:-1]) if b.how == "written"), None)
    if last.how in ("assigned", "deleted") and defined is not None:
        what = "written.overwritten" if last.how == "assigned" else "written.deleted"
        return fact(what, name=name, cell=defined.cell.name, last=last.cell.name, text=last.text)
    return None


def _elsewhere(
    name: str,
    cells: Sequence[Placed],
    code: Sequence[tuple[Placed, ast.Module | None]],
    rows: Collection[str],
) -> Fact | None:
    head = rf"(?:(?:async +)?def|class) +{re.escape(name)}\b"
    bare = re.compile(rf"^[ \t>#]*{head}|^[ \t]*{re.escape(name)}[ \t]*=[^=]", re.MULTILINE)
    for cell in cells:
        if cell.kind != "code" and bare.search(cell.source) and NOT_WRITTEN not in cell.source:
            return fact("written.not_code", name=name, cell=cell.name, kind=cell.kind)
    for cell, _ in code:
        kept = _KEPT.match(cell.source)
        if kept and re.search(rf"(?:^|\\n|['\"])(?:{head})", cell.source, re.MULTILINE):
            magic = f"%%{kept[1] or kept[2]}"
            return fact("written.magic", name=name, cell=cell.name, magic=magic)
    hidden = re.compile(rf"^[ \t]*#[# \t]*{head}", re.MULTILINE)
    for cell, tree in code:
        if hidden.search(cell.source):
            return fact("written.comment", name=name, cell=cell.name)
        if tree is None or name not in cell.source:
            continue
        if outer := _outer(name, tree):
            return fact("written.inside", name=name, cell=cell.name, outer=outer)
        if any(
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(rf"^[ \t]*{head}", node.value, re.MULTILINE)
            for node in ast.walk(tree)
        ):
            return fact("written.quotes", name=name, cell=cell.name)
    return _renamed(name, code, rows)


def _renamed(
    name: str, code: Sequence[tuple[Placed, ast.Module | None]], rows: Collection[str]
) -> Fact | None:
    """What else is defined in the cell in which the name belongs, or nearly like it anywhere."""
    for cell, tree in code:
        others = [n for n in _defined(tree) if n not in rows] if tree is not None else []
        if not others or name in _defined(tree):
            continue
        if cell.grade_id == f"{name}_code":
            return fact("written.renamed", name=name, cell=cell.name, other=others[-1])
        near = difflib.get_close_matches(name, [n[:100] for n in others[:200]], 1, _CLOSE)
        if near:
            return fact("written.near", name=name, cell=cell.name, other=near[0])
    return None


def _defined(tree: ast.Module | None) -> list[str]:
    return [node.name for node in tree.body if isinstance(node, DEFINES)] if tree else []


_BLOCKS = {ast.If: "`if`", ast.Try: "`try`", ast.For: "`for`", ast.While: "`while`"}


def _outer(name: str, tree: ast.Module) -> str:
    """The function, class or block in whose body the name is defined."""
    for outer in tree.body:
        if isinstance(outer, DEFINES) or type(outer) in _BLOCKS:
            for node in ast.walk(outer):
                if node is not outer and isinstance(node, DEFINES) and node.name == name:
                    return outer.name if isinstance(outer, DEFINES) else _BLOCKS[type(outer)]
    return ""


def _bindings(name: str, cell: Placed, tree: ast.Module, starter: str) -> list[_Binding]:
    """The statements at the margin of a cell that bind the name, in order."""
    found = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            found.append(_Binding(cell, _how(node, cell.source, starter)))
        elif isinstance(node, ast.ClassDef) and node.name == name:
            found.append(_Binding(cell, "written"))
        elif isinstance(node, (ast.Assign, ast.Delete)) and any(
            isinstance(n, ast.Name) and n.id == name for t in node.targets for n in ast.walk(t)
        ):
            text = (ast.get_source_segment(cell.source, node) or "").split("\n")[0][:80]
            how = "assigned" if isinstance(node, ast.Assign) else "deleted"
            found.append(_Binding(cell, how, text))
    return found


def _how(node: ast.FunctionDef | ast.AsyncFunctionDef, source: str, starter: str) -> str:
    """Whether a definition is the starter's, the starter's with code above its `raise`, or more."""
    at = next((i for i, step in enumerate(node.body) if _raises(step)), None)
    if at is None:
        return "written"
    before = node.body[at - 1 : at]
    if not before or (at == 1 and ast.get_docstring(node, clean=False) is not None):
        return "starter"
    lines = source.split("\n")
    if starter:
        given = {line.strip() for line in starter.split("\n")}
        end = before[-1].end_lineno or 0
        first = node.body[1 if ast.get_docstring(node, clean=False) is not None else 0].lineno
        own = [line.strip() for line in lines[first - 1 : end]]
        return "leftover" if any(o and o[0] != "#" and o not in given for o in own) else "starter"
    between = lines[(before[-1].end_lineno or 1) : node.body[at].lineno - 1]
    return "starter" if any(STUB in line for line in between) else "leftover"


def _raises(step: ast.stmt) -> bool:
    """Whether a statement is `raise NotImplementedError`, called or not."""
    if not isinstance(step, ast.Raise):
        return False
    what = step.exc.func if isinstance(step.exc, ast.Call) else step.exc
    return isinstance(what, ast.Name) and what.id == NOT_WRITTEN
