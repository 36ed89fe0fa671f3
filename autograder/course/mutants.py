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

ARITHMETIC: dict[type[ast.operator], tuple[str, type[ast.operator] | None, str, str]] = {
    # its sign, its opposite, the kind of slip that the opposite is, and that of a lost operand
    ast.Add: ("+", ast.Sub, "sign", "lost_term"),
    ast.Sub: ("-", ast.Add, "sign", "lost_term"),
    ast.Mult: ("*", ast.Div, "inverse", "lost_factor"),
    ast.Div: ("/", ast.Mult, "inverse", "lost_factor"),
    ast.Pow: ("**", None, "", "power"),
}
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


def neighbours(parts: Sequence[ast.expr]) -> Iterator[tuple[int, list[ast.expr]]]:
    """Every way to swap two that stand beside each other, with the number of the first, from 1."""
    for i in range(len(parts) - 1):
        yield i + 1, [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]


def _expressions(place: Place) -> Iterator[Change]:
    match place.node:
        case ast.BinOp(left, ast.MatMult() as at, right):
            yield "transpose", "operands of @ swapped", ast.BinOp(right, at, left)
        case ast.BinOp(left, op, right) if type(op) in ARITHMETIC:
            sign, opposite, kind, lost = ARITHMETIC[type(op)]
            if opposite is not None:
                other = ast.BinOp(left, opposite(), right)
                yield kind, f"{sign} -> {ARITHMETIC[opposite][0]}", other
            yield lost, f"left of {sign} only", left
            if sign in "+*":
                yield lost, f"right of {sign} only", right
        case ast.UnaryOp(ast.USub(), operand):
            yield "sign", "sign dropped", operand
        case ast.Constant(bool(value)):
            kept = any(isinstance(p, ast.keyword) and p.arg == "keepdims" for p in place.parents)
            kind = "axis" if kept else "comparison"
            yield kind, f"{value} -> {not value}", ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield "number", f"{value} -> {value + 1}", ast.Constant(value + 1)
            if value == 2:
                yield "number", "2 -> 1", ast.Constant(1)
        case ast.Compare(left, [op], right) if type(op) in _COMPARE:
            opposed = _COMPARE[type(op)]
            what = f"{type(op).__name__} -> {opposed.__name__}"
            yield "comparison", what, ast.Compare(left, [opposed()], right)
        case ast.Attribute(value, "T"):
            yield "transpose", "transpose dropped", value
        case ast.Attribute(value, name, context) if name in _RENAMES:
            new, kind = _RENAMES[name]
            yield kind, f"{name} -> {new}", ast.Attribute(value, new, context)
        case ast.Tuple(parts, ast.Load() as context):
            for i, swapped in neighbours(parts):
                what = f"entries {i} and {i + 1} swapped"
                yield "wrong_name", what, ast.Tuple(swapped, context)


def _calls(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Call):
        return
    for i, swapped in neighbours(node.args):
        new = ast.Call(node.func, swapped, node.keywords)
        yield "wrong_name", f"arguments {i} and {i + 1} swapped", new
    for keyword in node.keywords:
        rest = [k for k in node.keywords if k is not keyword]
        kind = "axis" if keyword.arg in ("axis", "keepdims") else "lost_statement"
        yield kind, f"{keyword.arg}= dropped", ast.Call(node.func, node.args, rest)
    match node:
        case ast.Call(ast.Name("reversed"), [first, *_]):
            yield "order", "reversed dropped", first
        case ast.Call(ast.Name("range"), [end]):
            less = ast.BinOp(end, ast.Sub(), ast.Constant(1))
            yield "off_by_one", "range one short", ast.Call(node.func, [less], [])


def _statements(place: Place) -> Iterator[Change]:
    match place.node:
        case ast.AugAssign(target, _, value):
            new = ast.Assign([copy.deepcopy(target)], value)
            yield "assignment_for_accumulation", "accumulation -> assignment", new
            yield "lost_statement", "statement dropped", ast.Pass()
        case ast.Assign([ast.Subscript(), *_]):
            yield "lost_statement", "statement dropped", ast.Pass()


OPERATORS: tuple[Operator, ...] = (_expressions, _calls, _statements)
"""The operators of the proof: changing them changes the table in docs/validation.md."""
