"""One mistake that stands at several places: a number in place of a parameter, a lost eps.

All of them are changed at once. The line that is told is the first.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from autograder.explain.repair.places import Change, Place, function_name
from autograder.explain.repair.units import clone

Swap = Callable[[ast.AST], ast.expr | None]
"""A node -> what stands there instead; None where it stays."""
USUAL = {"eps": 1e-5, "epsilon": 1e-8, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999}
"""Parameters that may be left out, and what they are then."""


def repeated(tree: ast.AST, found: Sequence[Place], parameters: Sequence[str]) -> Iterator[Change]:
    """The changes of a function at several places at once.

    Args:
        parameters: Numbers among the inputs, such as `"delta"` or `"bn_param.eps"`.
    """
    if not isinstance(tree, ast.FunctionDef):
        return
    spoken = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    handed_on = {n for end in ast.walk(tree) if isinstance(end, ast.Return) for n in ast.walk(end)}
    read = {n.id for n in names if isinstance(n.ctx, ast.Load) and n not in handed_on}
    made = dict.fromkeys(n.id for n in names if n.id not in read)  # eps = ..., and never used
    values = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    numbers = dict.fromkeys(
        float(v) for v in values if isinstance(v, float) or (type(v) is int and v == 1)
    )
    for parameter in (*parameters, *made):
        holder, _, key = parameter.rpartition(".")
        if (key in spoken) if holder else (key in read):
            continue
        for number in numbers:
            yield from _everywhere(tree, found, "hard_coded", _instead(number, _asked(parameter)))
        if "eps" in key:
            yield from _everywhere(tree, found, "missing_term", _under_root(_asked(parameter)))


def unread(trees: Sequence[ast.AST], parameters: Sequence[str]) -> list[str]:
    """Those of some inputs that the functions take by name, and that none reads or hands on."""
    nodes = [n for tree in trees for n in ast.walk(tree)]
    taken = {n.arg for n in nodes if isinstance(n, ast.arg)}
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    looked_into = {id(n.value) for n in nodes if isinstance(n, (ast.Subscript, ast.Attribute))}
    whole = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in looked_into}
    words = {n.value for n in nodes if isinstance(n, ast.Constant)}
    found = []
    for parameter in parameters:
        holder, _, key = parameter.rpartition(".")
        if (holder or key) not in taken:
            continue  # an input of a test's own, or under another name here
        if key not in words and holder not in whole if holder else key not in read:
            found.append(parameter)
    return found


def _asked(parameter: str) -> ast.expr:
    holder, _, key = parameter.rpartition(".")
    text = f"{holder}.get({key!r}, {USUAL.get(key, 1.0)!r})" if holder else key
    return ast.parse(text, mode="eval").body


def _instead(number: float, other: ast.expr) -> Swap:
    """A number, and what is left of 1 without it."""

    def swap(node: ast.AST) -> ast.expr | None:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        if abs(value - number) < 1e-12:
            return clone(other)
        if value and abs(value - (1 - number)) < 1e-12:
            return ast.BinOp(ast.Constant(1), ast.Sub(), clone(other))
        return None

    return swap


def _under_root(other: ast.expr) -> Swap:
    """Every root gets it: `np.sqrt(v)`, `v ** 0.5`, `v ** -0.5`."""

    def swap(node: ast.AST) -> ast.expr | None:
        if isinstance(node, ast.Call) and function_name(node) == "sqrt" and len(node.args) == 1:
            inner = ast.BinOp(clone(node.args[0]), ast.Add(), clone(other))
            return ast.Call(node.func, [inner], [])
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Pow)
            and ast.unparse(node.right) in ("0.5", "-0.5")
        ):
            inner = ast.BinOp(clone(node.left), ast.Add(), clone(other))
            return ast.BinOp(inner, ast.Pow(), node.right)
        return None

    return swap


def _everywhere(
    tree: ast.FunctionDef, found: Sequence[Place], kind: str, swap: Swap
) -> Iterator[Change]:
    at = [place for place in found if not _counts(place) and swap(place.node) is not None]
    if at:
        news = {id(place.node): new for place in at if (new := swap(place.node)) is not None}
        changed = ast.fix_missing_locations(ast.Module(clone(tree.body, news), []))
        yield Change(0, kind, at[0], block=((tree.body, changed.body),))


def _counts(place: Place) -> bool:
    """Whether it is part of an axis or an index, or stands alone for a keyword."""
    around = (place.node, *place.parents)
    axes = ("axis", "keepdims", "dtype", "ddof")
    if any(isinstance(p, ast.keyword) and p.arg in axes for p in around):
        return True
    indices = (p.slice for p in around if isinstance(p, ast.Subscript))
    first = any(isinstance(p, (ast.keyword, ast.Slice)) for p in place.parents[:2])
    return first or any(index in around for index in indices)
