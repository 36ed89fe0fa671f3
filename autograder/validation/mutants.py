"""Mutants: small, automatic errors in a reference, one at a time.

The operators are those that people really slip on in a backward pass: an operator, a sign, an axis,
a transpose, a factor, an off-by-one, swapped arguments or cache entries, `=` for `+=`, a forgotten
statement. Each is a transformation of the syntax tree at one place.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One changed place of a function.

    Args:
        line: Line within the function's source, from 1.
        what: The change, such as "sum -> mean".
        source: The whole changed function.
    """

    function: str
    line: int
    what: str
    source: str


Change = tuple[str, ast.AST]
Operator = Callable[[ast.AST], Iterator[Change]]

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
}
_SIGNS = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "MatMult": "@", "Pow": "**"}
_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Gt: ast.Lt,
    ast.Lt: ast.Gt,
    ast.GtE: ast.Lt,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_RENAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "exp": "expm1",
    "sqrt": "abs",
    "tanh": "sin",
    "ones_like": "zeros_like",
    "var": "std",
}


def mutants(source: str, function: str) -> Iterator[Mutant]:
    """All mutants of a function or class, in the order of its text; none equals the original."""
    tree = ast.parse(source)
    original = ast.unparse(tree)
    seen = {original}
    for position, node in enumerate(ast.walk(tree)):
        for what, _ in _changes(node):
            changed = _apply(tree, position, what)
            text = ast.unparse(changed)
            if text not in seen:
                seen.add(text)
                yield Mutant(function, getattr(node, "lineno", 1), what, text)


def _changes(node: ast.AST) -> Iterator[Change]:
    for operator in OPERATORS:
        yield from operator(node)


def _apply(tree: ast.Module, position: int, what: str) -> ast.Module:
    changed = copy.deepcopy(tree)
    node = list(ast.walk(changed))[position]
    new = next(new for name, new in _changes(node) if name == what)
    _Replace(node, new).visit(changed)
    return ast.fix_missing_locations(changed)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


def _operators(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.BinOp):
        return
    sign = _SIGNS.get(type(node.op).__name__)
    if sign is None:
        return
    for other in _BINARY.get(type(node.op), ()):
        yield (
            f"{sign} -> {_SIGNS[other.__name__]}",
            ast.BinOp(node.left, other(), node.right),
        )
    if isinstance(node.op, ast.MatMult):
        yield "operands of @ swapped", ast.BinOp(node.right, node.op, node.left)
    else:
        yield f"left of {sign} only", node.left
        if not isinstance(node.op, (ast.Sub, ast.Div, ast.Pow)):
            yield f"right of {sign} only", node.right


def _negation(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign dropped", node.operand


def _numbers(node: ast.AST) -> Iterator[Change]:
    value = getattr(node, "value", None)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(node, ast.Constant) and isinstance(value, (int, float)) and number:
        yield f"{value} -> {value + 1}", ast.Constant(value + 1)
        if value == 2:
            yield "2 -> 1", ast.Constant(1)


def _flags(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield f"{node.value} -> {not node.value}", ast.Constant(not node.value)


def _comparisons(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = _COMPARE.get(type(node.ops[0]))
        if other is not None:
            yield (
                f"{type(node.ops[0]).__name__} -> {other.__name__}",
                ast.Compare(node.left, [other()], node.comparators),
            )


def _transposes(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose dropped", node.value


def _names(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Attribute) and node.attr in _RENAMES:
        new = _RENAMES[node.attr]
        yield f"{node.attr} -> {new}", ast.Attribute(node.value, new, node.ctx)


def _calls(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Call):
        return
    if len(node.args) >= 2:
        for i in range(len(node.args) - 1):
            swapped = [*node.args]
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            yield (
                f"arguments {i + 1} and {i + 2} swapped",
                ast.Call(node.func, swapped, node.keywords),
            )
    for keyword in node.keywords:
        rest = [k for k in node.keywords if k is not keyword]
        yield f"{keyword.arg}= dropped", ast.Call(node.func, node.args, rest)
    if isinstance(node.func, ast.Name) and node.func.id == "reversed" and node.args:
        yield "reversed dropped", node.args[0]
    if isinstance(node.func, ast.Name) and node.func.id == "range" and len(node.args) == 1:
        less = ast.BinOp(node.args[0], ast.Sub(), ast.Constant(1))
        yield "range one short", ast.Call(node.func, [less], [])


def _tuples(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for i in range(len(node.elts) - 1):
            swapped = [*node.elts]
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            yield f"entries {i + 1} and {i + 2} swapped", ast.Tuple(swapped, node.ctx)


def _statements(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.AugAssign):
        target = copy.deepcopy(node.target)
        yield "accumulation -> assignment", ast.Assign([target], node.value)
        yield "statement dropped", ast.Pass()
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        yield "statement dropped", ast.Pass()


OPERATORS: tuple[Operator, ...] = (
    _operators,
    _negation,
    _numbers,
    _flags,
    _comparisons,
    _transposes,
    _names,
    _calls,
    _tuples,
    _statements,
)
