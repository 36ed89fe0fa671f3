"""Changes that put something around an expression: what is missing there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from autograder.explain.repair.expressions import Edit
from autograder.explain.repair.places import (
    Place,
    function_name,
    is_value,
    library,
    named,
    root,
    transpose,
)

BUILTIN = frozenset({
    "len", "range", "float", "int", "max", "min", "abs", "sum", "zip", "enumerate", "reversed",
    "sorted", "tuple", "list", "dict", "isinstance", "bool", "str", "round", "map",
})  # fmt: skip
FUNCTIONS = ("exp", "log", "sqrt", "square", "tanh", "abs", "sign")
MOST_NAMES = 16
SIZED = frozenset({
    "zeros", "ones", "empty", "full", "random", "rand", "randn", "random_sample", "standard_normal",
    "normal", "uniform", "laplace", "integers", "randint", "binomial", "choice", "tile", "repeat",
    "broadcast_to", "reshape", "eye",
})  # fmt: skip
"""Functions that are given a shape."""
TAKES_ARRAYS = frozenset({"choice", "tile", "repeat", "broadcast_to", "reshape"})
"""Of these, those that are given values, too."""


def missing(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """All that may be missing around a value."""
    n, parent = place.node, place.parent
    if isinstance(parent, ast.Subscript) and n is parent.slice and isinstance(n, ast.Name):
        yield 1, "comparison", ast.UnaryOp(ast.Invert(), n)  # where it is a mask: the other entries
    if not is_value(place) or _is_shape(place):
        return
    assert isinstance(n, ast.expr)
    in_product = _within(place, ast.Mult, ast.Div, ast.MatMult)
    in_sum = _within(place, ast.Add, ast.Sub)
    truth = isinstance(n, ast.Compare)
    if not truth:
        yield 0, "transpose", transpose(n)
    if not in_product and not isinstance(place.parent, ast.UnaryOp):
        yield 0, "sign", ast.UnaryOp(ast.USub(), n)
    if truth:
        yield 1, "comparison", ast.UnaryOp(ast.Invert(), n)
        return
    yield from _shapes(n, names)
    yield from _parts(n)
    yield from _sums(n)
    if isinstance(place.parent, (ast.Attribute, ast.Starred)):
        return
    yield 1, "complement", ast.BinOp(ast.Constant(1), ast.Sub(), n)
    yield 1, "inverse", ast.BinOp(ast.Constant(1), ast.Div(), n)
    for power in (0.5, -1) if _makes_size(place) else (2, 0.5, -1, 3):
        yield 1, "power", ast.BinOp(n, ast.Pow(), ast.Constant(power))
    if not in_product:
        for factor in (2.0, 0.5):  # not 2: a tuple times 2 is the tuple twice
            yield 1, "missing_factor", ast.BinOp(n, ast.Mult(), ast.Constant(factor))
        two = ast.BinOp(ast.Constant(2), ast.Pow(), ast.Constant(0.5))
        yield 2, "missing_factor", ast.BinOp(n, ast.Div(), two)
        yield 2, "missing_factor", ast.BinOp(n, ast.Mult(), two)
    if not in_sum:
        for op in (ast.Add(), ast.Sub()):
            tier = 1 if isinstance(n, (ast.Name, ast.BinOp)) else 2
            yield tier, "missing_term", ast.BinOp(n, op, ast.Constant(1))
    for name in FUNCTIONS:
        yield 2, "missing_function", library(name, n)
    yield 2, "missing_function", library("maximum", n, ast.Constant(0))
    yield 1, "copy", library("array", n)


def _is_shape(place: Place) -> bool:
    """Whether it is a whole shape: twice `(100, 100)` asks for a hundred million numbers."""
    name = getattr(place.node, "attr", "") or getattr(place.node, "id", "")
    if "shape" in name:
        return True
    call = place.parents[1] if isinstance(place.parent, ast.keyword) else place.parent
    return isinstance(call, ast.Call) and function_name(call) in SIZED


def _makes_size(place: Place) -> bool:
    """Whether what its line makes is the size of an array: squared it asks for too many numbers.

    What `__init__` is given may be one, however far from here the array is made.
    """
    n, scope = place.node, next((p for p in place.parents if isinstance(p, ast.FunctionDef)), None)
    if scope is not None and scope.name == "__init__" and isinstance(n, ast.Name):
        return any(n.id == a.arg for a in scope.args.args)
    targets = getattr(place.statement, "targets", ())
    made = {t.id for target in targets for t in ast.walk(target) if isinstance(t, ast.Name)}
    return not made.isdisjoint(_sizes(place.parents[-1]))


@lru_cache(maxsize=64)
def _sizes(tree: ast.AST) -> frozenset[str]:
    """The variables that are read where an array of some shape is made."""
    found, left = set[str](), list[ast.AST]()
    for n in ast.walk(tree):
        if isinstance(n, ast.Call) and function_name(n) in SIZED - TAKES_ARRAYS:
            left += [*n.args, *n.keywords]
    while left:
        n = left.pop()
        if isinstance(n, ast.Name):
            found.add(n.id)
        elif not isinstance(n, (ast.Attribute, ast.Call)):  # x.shape and len(x) make nothing of x
            left += ast.iter_child_nodes(n)
    return frozenset(found)


def _within(place: Place, *ops: type[ast.operator]) -> bool:
    """Whether a factor (a term) around it would be one around its parent, too."""
    parent = place.parent
    if not isinstance(parent, ast.BinOp) or not isinstance(parent.op, ops):
        return False
    return not (isinstance(parent.op, (ast.Div, ast.Sub)) and place.field == "right")


def _shapes(n: ast.expr, names: Sequence[str]) -> Iterator[Edit]:
    none = ast.Constant(None)
    if isinstance(n, (ast.Name, ast.Subscript, ast.Call)):
        first = ast.Subscript(ast.Attribute(n, "shape", ast.Load()), ast.Constant(0), ast.Load())
        minus = ast.UnaryOp(ast.USub(), ast.Constant(1))
        yield 1, "flatten", library("reshape", n, ast.Tuple([first, minus], ast.Load()))
        column = ast.Tuple([ast.Slice(), none], ast.Load())
        yield 1, "keepdims", ast.Subscript(n, column, ast.Load())
        yield 2, "keepdims", ast.Subscript(n, none, ast.Load())
        yield 2, "shape", library("squeeze", n)
    for name in names[:MOST_NAMES]:
        if name.endswith("]") and ".shape" in name:
            continue
        other = named(name)
        if "shape" in name:  # a shape that was kept
            yield 1, "reshape", library("reshape", n, other)
        like = ast.Attribute(other, "shape", ast.Load())
        if not (isinstance(n, ast.Name) and n.id == name):
            yield 1, "reshape", library("reshape", n, like)


def _parts(n: ast.expr) -> Iterator[Edit]:
    """One of several values that a function of the student's returns; all but one of a list."""
    if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id not in BUILTIN:
        for part in (0, 1):
            yield 1, "index", ast.Subscript(n, ast.Constant(part), ast.Load())
    if isinstance(n, ast.Name):
        one = ast.Constant(1)
        for rest in (ast.Slice(upper=ast.UnaryOp(ast.USub(), one)), ast.Slice(lower=one)):
            yield 2, "index", ast.Subscript(n, rest, ast.Load())


def _sums(n: ast.expr) -> Iterator[Edit]:
    for axis in (0, 1, -1, None):
        yield 1, "missing_sum", library("sum", n, **({} if axis is None else {"axis": axis}))
    for axis in (1, 0, -1):
        yield 2, "missing_sum", library("sum", n, axis=axis, keepdims=True)
    for axis in (None, 0):
        yield 2, "missing_mean", library("mean", n, **({} if axis is None else {"axis": axis}))


def missing_names(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Factors and terms of what is in scope, which are most of all that may be missing."""
    n = place.node
    if not is_value(place) or isinstance(n, ast.Compare) or _is_shape(place):
        return
    assert isinstance(n, ast.expr)
    if isinstance(place.parent, (ast.Attribute, ast.Starred)):
        return
    if isinstance(n, ast.Attribute) and root(n) != "self":
        return
    in_product = _within(place, ast.Mult, ast.Div, ast.MatMult)
    in_sum = _within(place, ast.Add, ast.Sub)
    own, sized = ast.unparse(n), _makes_size(place)
    for name in names:
        if own == name:
            continue
        other = named(name)
        counts = ".shape" in name
        if not in_product:
            if not sized:
                yield 2, "missing_factor", ast.BinOp(n, ast.Mult(), other)
            yield 2, "missing_factor", ast.BinOp(n, ast.Div(), other)
            if not counts:
                rest = ast.BinOp(ast.Constant(1), ast.Sub(), other)
                yield 3, "missing_factor", ast.BinOp(n, ast.Mult(), rest)
                yield 3, "missing_factor", ast.BinOp(n, ast.Mult(), library("sign", other))
                above = ast.Compare(other, [ast.Gt()], [ast.Constant(0)])
                yield 3, "missing_factor", ast.BinOp(n, ast.Mult(), above)
                square = ast.BinOp(other, ast.Pow(), ast.Constant(2))
                rest = ast.BinOp(ast.Constant(1), ast.Sub(), square)
                yield 3, "missing_factor", ast.BinOp(n, ast.Mult(), rest)
                yield 3, "product", ast.BinOp(n, ast.MatMult(), other)
                yield 3, "product", ast.BinOp(n, ast.MatMult(), transpose(other))
        if not in_sum and not counts:
            yield 2, "missing_term", ast.BinOp(n, ast.Add(), other)
            yield 2, "missing_term", ast.BinOp(n, ast.Sub(), other)


def scope_of(tree: ast.AST) -> list[str]:
    """What a function can name: its parameters, variables, attributes, entries, and sizes."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.arg != "self":
            found.append(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found += [f"self.{node.attr}"] if node.value.id == "self" else []
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            key = node.slice.value if isinstance(node.slice, ast.Constant) else None
            found += [ast.unparse(node)] if isinstance(key, str) else []
    found = list(dict.fromkeys(found))
    whole = [name for name in found if name.isidentifier()]
    return found + [f"{name}.shape[{axis}]" for axis in (0, 1) for name in whole[:4]]
