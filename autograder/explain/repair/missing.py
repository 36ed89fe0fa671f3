"""Changes that put something around an expression: what is missing there."""

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from autograder.explain.repair.places import (
    Edit,
    Place,
    formed,
    function_name,
    is_value,
    named,
    transpose,
)
from autograder.explain.repair.units import root

BUILTIN = frozenset({
    "len", "range", "float", "int", "max", "min", "abs", "sum", "zip", "enumerate", "reversed",
    "sorted", "tuple", "list", "dict", "isinstance", "bool", "str", "round", "map",
})  # fmt: skip
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
    yield from formed(_SUMS, n)
    if isinstance(place.parent, (ast.Attribute, ast.Starred)):
        return
    yield from formed(_AROUND, n)
    if not _makes_size(place):
        yield from formed("1 power: A ** 2; A ** 3", n)
    if not in_product:
        yield from formed(_TIMES, n)
    if not in_sum:
        tier = 1 if isinstance(n, (ast.Name, ast.BinOp)) else 2
        yield from formed(f"{tier} missing_term: A + 1; A - 1", n)
    yield from formed("1 copy: np.array(A)", n)


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
    around = [p for p in place.parents if not isinstance(p, ast.keyword)]
    if any(
        isinstance(inner, (ast.Tuple, ast.List))
        and isinstance(call, ast.Call)
        and function_name(call) in SIZED
        for inner, call in pairwise(around)
    ):
        return True
    n, scope = place.node, place.function
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


_AROUND = """
1 complement: 1 - A
1 inverse: 1 / A
1 power: A ** 0.5; A ** -1
2 missing_function: np.exp(A); np.log(A); np.sqrt(A); np.square(A); np.tanh(A)
2 missing_function: np.abs(A); np.sign(A); np.maximum(A, 0)
"""
_TIMES = """
1 missing_factor: A * 2.0; A * 0.5
2 missing_factor: A / 2 ** 0.5; A * 2 ** 0.5
"""  # not 2: a tuple times 2 is the tuple twice
_SHAPES = """
1 flatten: np.reshape(A, (A.shape[0], -1))
1 keepdims: A[:, None]
2 keepdims: A[None]
2 shape: np.squeeze(A)
"""
_SUMS = """
1 missing_sum: np.sum(A, axis=0); np.sum(A, axis=1); np.sum(A, axis=-1); np.sum(A)
2 missing_sum: np.sum(A, axis=1, keepdims=True); np.sum(A, axis=0, keepdims=True)
2 missing_sum: np.sum(A, axis=-1, keepdims=True)
2 missing_mean: np.mean(A); np.mean(A, axis=0)
"""
_BY_NAME = """
3 missing_factor: A * (1 - B); A * np.sign(B); A * (B > 0); A * (1 - B ** 2)
3 product: A @ B; A @ B.T
"""
"""What may be missing of anything in scope."""


def _shapes(n: ast.expr, names: Sequence[str]) -> Iterator[Edit]:
    if isinstance(n, (ast.Name, ast.Subscript, ast.Call)):
        yield from formed(_SHAPES, n)
    for name in names[:MOST_NAMES]:
        if name.endswith("]") and ".shape" in name:
            continue
        if "shape" in name:  # a shape that was kept
            yield from formed("1 reshape: np.reshape(A, B)", n, named(name))
        if not (isinstance(n, ast.Name) and n.id == name):
            yield from formed("1 reshape: np.reshape(A, B.shape)", n, named(name))


def _parts(n: ast.expr) -> Iterator[Edit]:
    """One of several values that a function of the student's returns; all but one of a list."""
    if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id not in BUILTIN:
        yield from formed("1 index: A[0]; A[1]", n)
    if isinstance(n, ast.Name):
        yield from formed("2 index: A[:-1]; A[1:]", n)


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
            products = "A / B" if sized else "A * B; A / B"
            yield from formed(f"2 missing_factor: {products}", n, other)
            yield from formed(_BY_NAME if not counts else "", n, other)
            if not counts and not sized:
                yield from formed("3 missing_factor: A * B * (1 - B)", n, other)
        if not in_sum and not counts:
            yield from formed("2 missing_term: A + B; A - B", n, other)


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
