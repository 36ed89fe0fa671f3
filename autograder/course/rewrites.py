"""Other ways to write the same formula: a slip in one of them is no slip in another.

`s * (1 - s)` may stand as `s - s * s`, a mean as a sum over a count, a cube as a square times a
factor, a variable as the formula that it holds. Each rewrite changes one place and no number.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from autograder.course.mutants import Place


def rewrites(place: Place, tree: ast.Module) -> Iterator[ast.expr]:
    """The other ways to write what stands at a place."""
    node = place.node
    if not place.parents or isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return
    if isinstance(node, ast.BinOp):
        yield from _distributed(node)
        yield from _powers(node)
    if isinstance(node, ast.Call):
        yield from _means(node)
    if isinstance(node, ast.Name):
        yield from _inlined(node, place, tree)


def _distributed(node: ast.BinOp) -> Iterator[ast.expr]:
    """The product a (b + c) as a b + a c, (a + b) / c as a / c + b / c, a / b as a (1 / b)."""
    inner, outer = node.left, node.right
    if isinstance(node.op, ast.Mult):
        for left, right in ((node.left, node.right), (node.right, node.left)):
            if isinstance(right, ast.BinOp) and isinstance(right.op, (ast.Add, ast.Sub)):
                one = ast.BinOp(left, ast.Mult(), right.left)
                two = ast.BinOp(copy.deepcopy(left), ast.Mult(), right.right)
                yield ast.BinOp(one, right.op, two)
    if isinstance(node.op, ast.Div):
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, (ast.Add, ast.Sub)):
            one = ast.BinOp(inner.left, ast.Div(), outer)
            two = ast.BinOp(inner.right, ast.Div(), copy.deepcopy(outer))
            yield ast.BinOp(one, inner.op, two)
        if not (isinstance(inner, ast.Constant) and inner.value == 1):
            inverse = ast.BinOp(ast.Constant(1), ast.Div(), outer)
            yield ast.BinOp(inner, ast.Mult(), inverse)


def _powers(node: ast.BinOp) -> Iterator[ast.expr]:
    """x**2 as x x, x**3 as x**2 x, 1 - x**2 as (1 - x) (1 + x)."""
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
        power = node.right.value
        if power in (2, 3):
            rest = node.left
            if power == 3:
                rest = ast.BinOp(copy.deepcopy(node.left), ast.Pow(), ast.Constant(2))
            yield ast.BinOp(rest, ast.Mult(), copy.deepcopy(node.left))
    square = node.right
    if (
        isinstance(node.op, ast.Sub)
        and isinstance(square, ast.BinOp)
        and isinstance(square.op, ast.Pow)
        and ast.unparse(node.left) == "1"
        and ast.unparse(square.right) == "2"
    ):
        less = ast.BinOp(ast.Constant(1), ast.Sub(), copy.deepcopy(square.left))
        more = ast.BinOp(ast.Constant(1), ast.Add(), copy.deepcopy(square.left))
        yield ast.BinOp(less, ast.Mult(), more)


def _means(node: ast.Call) -> Iterator[ast.expr]:
    """x.mean(axis) as x.sum(axis) / count, np.sqrt(x) as x**0.5."""
    if not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr == "mean" and not node.args:
        axis = next((k.value for k in node.keywords if k.arg == "axis"), None)
        total = ast.Call(
            ast.Attribute(copy.deepcopy(node.func.value), "sum", ast.Load()), [], node.keywords
        )
        if axis is None or isinstance(axis, ast.Constant):
            several = [copy.deepcopy(axis)] if axis is not None else []
            size = ast.Attribute(ast.Name("np", ast.Load()), "size", ast.Load())
            count = ast.Call(size, [copy.deepcopy(node.func.value), *several], [])
            yield ast.BinOp(total, ast.Div(), count)
    if node.func.attr == "sqrt" and len(node.args) == 1:
        yield ast.BinOp(node.args[0], ast.Pow(), ast.Constant(0.5))


def _inlined(node: ast.Name, place: Place, tree: ast.Module) -> Iterator[ast.expr]:
    """A variable that is assigned once, as the formula that it holds."""
    stored = [
        part
        for part in ast.walk(tree)
        if isinstance(part, ast.Assign)
        and any(
            isinstance(name, ast.Name) and name.id == node.id
            for target in part.targets
            for name in ast.walk(target)
        )
    ]
    if len(stored) != 1 or any(
        isinstance(part, ast.AugAssign) and getattr(part.target, "id", "") == node.id
        for part in ast.walk(tree)
    ):
        return
    value = stored[0].value
    single = len(stored[0].targets) == 1 and isinstance(stored[0].targets[0], ast.Name)
    if single and isinstance(value, (ast.BinOp, ast.UnaryOp)) and stored[0] not in place.parents:
        yield copy.deepcopy(value)
