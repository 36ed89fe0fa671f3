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
    match node:
        case ast.BinOp(left, ast.Mult(), right):
            for factor, terms in ((left, right), (right, left)):
                match terms:
                    case ast.BinOp(a, (ast.Add() | ast.Sub()) as op, b):
                        yield ast.BinOp(_product(factor, a), op, _product(copy.deepcopy(factor), b))
        case ast.BinOp(left, ast.Div(), below):
            match left:
                case ast.BinOp(a, (ast.Add() | ast.Sub()) as op, b):
                    one = ast.BinOp(a, ast.Div(), below)
                    yield ast.BinOp(one, op, ast.BinOp(b, ast.Div(), copy.deepcopy(below)))
            if not (isinstance(left, ast.Constant) and left.value == 1):
                yield _product(left, ast.BinOp(ast.Constant(1), ast.Div(), below))


def _powers(node: ast.BinOp) -> Iterator[ast.expr]:
    """x**2 as x x, x**3 as x**2 x, 1 - x**2 as (1 - x) (1 + x)."""
    match node:
        case ast.BinOp(x, ast.Pow(), ast.Constant(2)):
            yield _product(x, copy.deepcopy(x))
        case ast.BinOp(x, ast.Pow(), ast.Constant(3)):
            square = ast.BinOp(copy.deepcopy(x), ast.Pow(), ast.Constant(2))
            yield _product(square, copy.deepcopy(x))
        case ast.BinOp(
            ast.Constant(int(1)), ast.Sub(), ast.BinOp(x, ast.Pow(), ast.Constant(int(2)))
        ):
            less = ast.BinOp(ast.Constant(1), ast.Sub(), copy.deepcopy(x))
            more = ast.BinOp(ast.Constant(1), ast.Add(), copy.deepcopy(x))
            yield _product(less, more)


def _product(left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, ast.Mult(), right)


def _means(node: ast.Call) -> Iterator[ast.expr]:
    """x.mean(axis) as x.sum(axis) / count, np.sqrt(x) as x**0.5."""
    match node:
        case ast.Call(ast.Attribute(value, "mean"), [], keywords):
            axis = next((k.value for k in keywords if k.arg == "axis"), None)
            total = ast.Call(ast.Attribute(copy.deepcopy(value), "sum", ast.Load()), [], keywords)
            if axis is None or isinstance(axis, ast.Constant):
                several = [copy.deepcopy(axis)] if axis is not None else []
                size = ast.Attribute(ast.Name("np", ast.Load()), "size", ast.Load())
                count = ast.Call(size, [copy.deepcopy(value), *several], [])
                yield ast.BinOp(total, ast.Div(), count)
        case ast.Call(ast.Attribute(_, "sqrt"), [value]):
            yield ast.BinOp(value, ast.Pow(), ast.Constant(0.5))


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
