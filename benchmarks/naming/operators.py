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
