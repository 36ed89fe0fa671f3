"""Mutants: small, automatic errors in a function, one at a time.

The operators are those that people really slip on in a backward pass: an operator, a sign, an axis,
a transpose, a factor, an off-by-one, swapped arguments or cache entries, `=` for `+=`, a forgotten
statement. Each is a transformation of the syntax tree at one place.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mutant:
    """One changed place of a function.

    Args:
        line: Line within the function's source, from 1.
        what: The change, such as "sum -> mean".
        source: The whole changed function.
        kind: The kind of slip that it is, such as "sign"; one of `explain.slips.KINDS`.
        target: The variable that is computed at the place, or "".
    """

    function: str
    line: int
    what: str
    source: str
    kind: str = ""
    target: str = ""


@dataclass(frozen=True)
class Place:
    """A node of a function's syntax tree, and where it stands.

    Args:
        parents: The nodes around it, the nearest first.
        names: The parameters and variables of the function, in order.
    """

    node: ast.AST
    parents: tuple[ast.AST, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The variable to which the statement around it assigns."""
        for parent in (self.node, *self.parents):
            if isinstance(parent, (ast.Assign, ast.AugAssign)):
                target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
                return target.id if isinstance(target, ast.Name) else ""
        return ""

    def refined(self, kind: str) -> str:
        """The kind of slip that a change is at this place: numbers in an axis are axes."""
        inner = self.node
        for parent in self.parents:
            if isinstance(parent, ast.stmt):
                break
            if isinstance(parent, ast.keyword) and parent.arg == "axis":
                return "axis"
            if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow):
                return "power" if inner is parent.right else kind
            ranged = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "range"
            if kind in _COUNTED and (
                ranged or (isinstance(parent, ast.Subscript) and inner is parent.slice)
            ):
                return "off_by_one"
            inner = parent
        return kind


_COUNTED = {"sign", "number", "lost_term", "inverse", "lost_factor"}
Change = tuple[str, str, ast.AST]
"""The kind of slip, what is changed, and the node that takes the place of the old one."""
Operator = Callable[[Place], Iterator[Change]]

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
}
_KINDS = {"+": "sign", "-": "sign", "*": "inverse", "/": "inverse"}
_LOST = {"+": "lost_term", "-": "lost_term", "**": "power"}
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
    "sum": ("mean", "mean_for_sum"),
    "mean": ("sum", "sum_for_mean"),
    "max": ("min", "function"),
    "maximum": ("minimum", "function"),
    "minimum": ("maximum", "function"),
    "argmax": ("argmin", "function"),
    "exp": ("expm1", "function"),
    "sqrt": ("abs", "power"),
    "tanh": ("sin", "function"),
    "ones_like": ("zeros_like", "function"),
    "var": ("std", "power"),
}


def mutants(
    source: str, function: str, operators: Sequence[Operator] | None = None
) -> Iterator[Mutant]:
    """All mutants of a function or class, in the order of its text; none equals the original."""
    yield from mutants_of(ast.parse(source), function, operators or OPERATORS)


def mutants_of(
    tree: ast.Module, function: str, operators: Sequence[Operator], within: ast.AST | None = None
) -> Iterator[Mutant]:
    """All distinct mutants of a syntax tree.

    Args:
        within: Only change what stands in this node.
    """
    seen = {ast.unparse(tree)}
    for place in places(tree):
        if within is not None and not any(n is within for n in (place.node, *place.parents)):
            continue
        for operator in operators:
            for kind, what, new in operator(place):
                with replaced(place, new):
                    text = ast.unparse(tree)
                if text not in seen:
                    seen.add(text)
                    line = getattr(place.node, "lineno", 1)
                    yield Mutant(function, line, what, text, place.refined(kind), place.target)


@contextmanager
def replaced(place: Place, new: ast.AST) -> Iterator[None]:
    """Put a node in the place of another, for a while."""
    if isinstance(new, ast.stmt):  # unparse asks a statement for its line
        ast.copy_location(new, place.node)
    parent = place.parents[0]
    for name, value in ast.iter_fields(parent):
        if value is place.node:
            changed: Any = new
        elif isinstance(value, list) and any(item is place.node for item in value):
            changed = [new if item is place.node else item for item in value]
        else:
            continue
        setattr(parent, name, changed)
        try:
            yield
        finally:
            setattr(parent, name, value)
        return
    raise ValueError(f"{ast.dump(place.node)} does not stand in its parent")


def places(tree: ast.Module) -> list[Place]:
    """Every node of a tree, with where it stands."""
    parents: dict[int, tuple[ast.AST, ...]] = {id(tree): ()}
    found = []
    names = tuple(dict.fromkeys(_names_of(tree)))
    for node in ast.walk(tree):
        around = parents[id(node)]
        found.append(Place(node, around, names))
        for child in ast.iter_child_nodes(node):
            parents[id(child)] = (node, *around)
    return found


def _names_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _operators(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.BinOp):
        return
    sign = _SIGNS.get(type(node.op).__name__)
    if sign is None:
        return
    for other in _BINARY.get(type(node.op), ()):
        new = ast.BinOp(node.left, other(), node.right)
        yield _KINDS[sign], f"{sign} -> {_SIGNS[other.__name__]}", new
    if isinstance(node.op, ast.MatMult):
        swapped = ast.BinOp(node.right, node.op, node.left)
        yield "transpose", "operands of @ swapped", swapped
    else:
        lost = _LOST.get(sign, "lost_factor")
        yield lost, f"left of {sign} only", node.left
        if not isinstance(node.op, (ast.Sub, ast.Div, ast.Pow)):
            yield lost, f"right of {sign} only", node.right


def _negation(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", "sign dropped", node.operand


def _numbers(place: Place) -> Iterator[Change]:
    node = place.node
    value = getattr(node, "value", None)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(node, ast.Constant) and isinstance(value, (int, float)) and number:
        yield "number", f"{value} -> {value + 1}", ast.Constant(value + 1)
        if value == 2:
            yield "number", "2 -> 1", ast.Constant(1)


def _flags(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        kept = any(isinstance(p, ast.keyword) and p.arg == "keepdims" for p in place.parents)
        kind = "axis" if kept else "comparison"
        yield kind, f"{node.value} -> {not node.value}", ast.Constant(not node.value)


def _comparisons(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = _COMPARE.get(type(node.ops[0]))
        if other is not None:
            yield (
                "comparison",
                f"{type(node.ops[0]).__name__} -> {other.__name__}",
                ast.Compare(node.left, [other()], node.comparators),
            )


def _transposes(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", "transpose dropped", node.value


def _names(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr in _RENAMES:
        new, kind = _RENAMES[node.attr]
        yield kind, f"{node.attr} -> {new}", ast.Attribute(node.value, new, node.ctx)


def _calls(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Call):
        return
    for i in range(len(node.args) - 1):
        swapped = [*node.args]
        swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
        new = ast.Call(node.func, swapped, node.keywords)
        yield "wrong_name", f"arguments {i + 1} and {i + 2} swapped", new
    for keyword in node.keywords:
        rest = [k for k in node.keywords if k is not keyword]
        kind = "axis" if keyword.arg in ("axis", "keepdims") else "lost_statement"
        yield kind, f"{keyword.arg}= dropped", ast.Call(node.func, node.args, rest)
    if isinstance(node.func, ast.Name) and node.func.id == "reversed" and node.args:
        yield "order", "reversed dropped", node.args[0]
    if isinstance(node.func, ast.Name) and node.func.id == "range" and len(node.args) == 1:
        less = ast.BinOp(node.args[0], ast.Sub(), ast.Constant(1))
        yield "off_by_one", "range one short", ast.Call(node.func, [less], [])


def _tuples(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for i in range(len(node.elts) - 1):
            swapped = [*node.elts]
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            new = ast.Tuple(swapped, node.ctx)
            yield "wrong_name", f"entries {i + 1} and {i + 2} swapped", new


def _statements(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.AugAssign):
        target = copy.deepcopy(node.target)
        new = ast.Assign([target], node.value)
        yield "assignment_for_accumulation", "accumulation -> assignment", new
        yield "lost_statement", "statement dropped", ast.Pass()
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        yield "lost_statement", "statement dropped", ast.Pass()


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
"""The operators of the proof: changing them changes the table in docs/validation.md."""
