"""Mistakes that the derived bank was not made from: other numbers, lost lines, other ends."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from autograder.course.mutants import Change, Operator, Place


def _constants(place: Place) -> Iterator[Change]:
    """A constant three times as large; a power of another degree."""
    node = place.node
    if not isinstance(node, ast.Constant) or isinstance(node.value, (bool, str, type(None))):
        return
    if isinstance(node.value, float) and node.value:
        yield "number", f"{node.value} three times", ast.Constant(node.value * 3)
    parent = place.parents[0]
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and node is parent.right:
        yield "power", f"power {node.value} doubled", ast.Constant(node.value * 2)


def _lines(place: Place) -> Iterator[Change]:
    """A whole line of a body left out."""
    node = place.node
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.For, ast.If)):
        siblings = getattr(place.parents[0], "body", [])
        if isinstance(siblings, list) and len(siblings) > 1 and node in siblings:
            yield "lost_statement", "line left out", ast.Pass()


def _twice(place: Place) -> Iterator[Change]:
    """A line done twice."""
    node = place.node
    if isinstance(node, ast.AugAssign):
        again = ast.If(ast.Constant(True), [node, copy.deepcopy(node)], [])
        yield "number", "line done twice", again


def _neighbours(place: Place) -> Iterator[Change]:
    """A variable taken for the one that was made just before or after it."""
    node = place.node
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in place.names:
        at = place.names.index(node.id)
        for other in place.names[max(at - 1, 0) : at] + place.names[at + 1 : at + 2]:
            yield "wrong_name", f"{node.id} -> {other}", ast.Name(other, ast.Load())


def _conditions(place: Place) -> Iterator[Change]:
    """A condition that always holds, and one that never does."""
    node = place.node
    if isinstance(node, ast.If):
        for value in (True, False):
            new = ast.If(ast.Constant(value), node.body, node.orelse)
            yield "comparison", f"if {value}", new


OTHERS: tuple[Operator, ...] = (_constants, _lines, _twice, _neighbours, _conditions)


def _decays(place: Place) -> Iterator[Change]:
    """`b * old + (1 - b) * new` with its two shares exchanged."""
    node = place.node
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return
    for one in _factors(node.left):
        for other in _factors(node.right):
            rests = {ast.unparse(ast.BinOp(ast.Constant(1), ast.Sub(), f)) for f in (one, other)}
            if {ast.unparse(one), ast.unparse(other)} & rests:
                both = {id(one): other, id(other): one}
                yield "wrong_name", "shares exchanged", copy.deepcopy(node, dict(both))


def _factors(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_factors(node.left), *_factors(node.right)]
    return [node] if isinstance(node, ast.expr) else []


def _exchanged(place: Place) -> Iterator[Change]:
    """Two targets, keywords, entries or values in each other's place."""
    node = place.node
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Store):
        for elts in _swaps(node.elts):
            yield "order", "targets exchanged", ast.Tuple(elts, node.ctx)
    elif isinstance(node, ast.Dict):
        for values in _swaps(node.values):
            yield "order", "entries exchanged", ast.Dict(node.keys, values)
    elif isinstance(node, ast.Call):
        for values in _swaps([k.value for k in node.keywords]):
            keywords = [ast.keyword(k.arg, v) for k, v in zip(node.keywords, values)]
            yield "order", "keywords exchanged", ast.Call(node.func, node.args, keywords)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div)):
        yield "order", "operands exchanged", ast.BinOp(node.right, node.op, node.left)


def _swaps(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for i in range(len(items) - 1):
        yield [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def _indices(place: Place) -> Iterator[Change]:
    """An index one off, the other of two, or of another axis."""
    node = place.node
    if not isinstance(node, ast.Subscript):
        return
    if isinstance(node.slice, ast.Name):
        for sign in (ast.Add(), ast.Sub()):
            moved = ast.BinOp(node.slice, sign, ast.Constant(1))
            yield "off_by_one", "index one off", ast.Subscript(node.value, moved, node.ctx)
        loops = (p for p in place.parents if isinstance(p, ast.For))
        for name in dict.fromkeys(n.id for p in loops for n in ast.walk(p.target)
                                  if isinstance(n, ast.Name)):  # fmt: skip
            if name != node.slice.id:
                other = ast.Name(name, ast.Load())
                what = f"[{node.slice.id}] -> [{name}]"
                yield "wrong_name", what, ast.Subscript(node.value, other, node.ctx)
    if isinstance(node.slice, ast.Tuple):
        for elts in _swaps(node.slice.elts):
            index = ast.Tuple(elts, ast.Load())
            yield "wrong_name", "indices exchanged", ast.Subscript(node.value, index, node.ctx)
    axis = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if getattr(node.value, "attr", "") == "shape" and isinstance(axis, int):
        other_axis = ast.Constant(1 - min(axis, 1))
        yield "axis", "other size", ast.Subscript(node.value, other_axis, node.ctx)


def _stale(place: Place) -> Iterator[Change]:
    """A value taken for what it was made of."""
    node = place.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    whole = place.parents[-2] if len(place.parents) > 1 else None
    for made in ast.walk(whole) if whole is not None else ():
        if isinstance(made, ast.Assign) and ast.unparse(made.targets[0]) == node.id:
            parts = {n.id for n in ast.walk(made.value) if isinstance(n, ast.Name)}
            for name in place.names:
                if name in parts and name != node.id:
                    yield "wrong_name", f"{node.id} -> {name}", ast.Name(name, ast.Load())


def _lost_calls(place: Place) -> Iterator[Change]:
    """A function of one array that is left out; one that takes another's place."""
    node = place.node
    if not isinstance(node, ast.Call):
        return
    if len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Attribute):
        yield "function", f"{node.func.attr} left out", node.args[0]
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("copy", "reshape", "transpose"):
        library = ast.unparse(node.func.value) == "np"
        value = node.args[0] if library and node.args else node.func.value
        yield "function", f"{node.func.attr} left out", value
    axis = next((k for k in node.keywords if k.arg == "axis"), None)
    if axis is not None:
        now = ast.unparse(axis.value)
        for other in ("0", "1", "-1", "(0, 1)"):
            if other != now:
                value = ast.parse(other, mode="eval").body
                keywords = [ast.keyword("axis", value) if k is axis else k for k in node.keywords]
                new = ast.Call(node.func, node.args, keywords)
                yield "axis", f"axis {now} -> {other}", new


HOMELESS: tuple[Operator, ...] = (_decays, _exchanged, _indices, _stale, _lost_calls)
"""Mistakes that may well be mended in another line, too: what is exchanged, one off, or stale."""
