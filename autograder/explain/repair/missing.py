"""Changes that put something around an expression, and changes of whole statements.

A statement may be left out, doubled, in the wrong place, or without its `+=`.
"""

import ast
import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from autograder.explain.repair.places import (
    LIBRARIES,
    Change,
    Edit,
    Place,
    formed,
    function_name,
    is_value,
    named,
    transpose,
)
from autograder.explain.repair.units import clone, is_tick, placed, root

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


MOST_SWAPPED = 8
"""Of so many variables in a line any two are tried in each other's place."""
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def statements(place: Place, names: Sequence[str]) -> Iterator[Change]:
    """All changes of one statement in its place."""
    for tier, kind, new in itertools.chain(_replaced(place), _renamed(place.node, names)):
        yield Change(tier, kind, place, new)


def _renamed(n: ast.AST, names: Sequence[str]) -> Iterator[tuple[int, str, ast.stmt]]:
    """Another variable wherever one is read in a line: `a * (1 - a)` for `x * (1 - x)`."""
    if not isinstance(n, (ast.Assign, ast.AugAssign, ast.Return)) or n.value is None:
        return
    reads = [m for m in ast.walk(n.value) if isinstance(m, ast.Name) and m.id not in LIBRARIES]
    for name in dict.fromkeys(m.id for m in reads):
        here = [m for m in reads if m.id == name]
        for other in names if len(here) > 1 else ():
            if other.isidentifier() and other != name:
                new = {id(m): ast.Name(other, ast.Load()) for m in here}
                yield 1, "wrong_name", clone(n, new)


def _replaced(place: Place) -> Iterator[tuple[int, str, ast.stmt]]:
    n = place.node
    if isinstance(n, ast.AugAssign):
        yield 0, "accumulation", ast.Assign([clone(n.target)], n.value)
        for op in _ARITHMETIC:
            if op is not type(n.op):
                sums = {op, type(n.op)} == {ast.Add, ast.Sub}
                yield 0, "sign" if sums else "inverse", ast.AugAssign(n.target, op(), n.value)
    if isinstance(n, ast.Assign) and len(n.targets) == 1:
        target = n.targets[0]
        if isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
            yield 0, "overwritten", _plus(target, ast.Add(), n.value)
            for op in (ast.Sub, ast.Mult):
                yield 1, "overwritten", _plus(target, op(), n.value)
        if isinstance(target, ast.Name):
            yield from _entries(place, target, n.value)
        if isinstance(n.value, (ast.Name, ast.Subscript, ast.Attribute)):
            copied = ast.Call(ast.Attribute(n.value, "copy", ast.Load()), [], [])
            yield 0, "copy", ast.Assign(n.targets, copied)
    if isinstance(n, (ast.Assign, ast.AugAssign, ast.If, ast.For)) or (
        isinstance(n, ast.Expr) and not isinstance(n.value, ast.Constant)
    ):
        yield 1, "extra_statement", ast.Pass()
    if isinstance(n, (ast.Assign, ast.AugAssign, ast.Return)) and n.value is not None:
        yield from ((1, "order", new) for new in _exchanged(n))
    if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call):
        yield 0, "return", ast.Return(n.value)
    if isinstance(n, ast.If):
        yield 0, "comparison", ast.If(ast.Constant(True), n.body, n.orelse)
        yield 0, "comparison", ast.If(ast.Constant(False), n.body, n.orelse)
        if n.orelse:
            yield 0, "comparison", ast.If(n.test, n.orelse, n.body)


def _exchanged(n: ast.Assign | ast.AugAssign | ast.Return) -> Iterator[ast.stmt]:
    """Two variables in each other's place, wherever they are read in a line."""
    called = {id(c.func) for c in ast.walk(n) if isinstance(c, ast.Call)}
    names = dict.fromkeys(
        m.id for m in _read_in(n) if id(m) not in called and m.id not in LIBRARIES
    )
    for one, other in itertools.combinations(list(names)[:MOST_SWAPPED], 2):
        new = clone(n)
        for m in _read_in(new):
            m.id = {one: other, other: one}.get(m.id, m.id)
        yield new


def _read_in(n: ast.Assign | ast.AugAssign | ast.Return) -> Iterator[ast.Name]:
    """The names in a value, and in the indices under which it is kept."""
    targets = n.targets if isinstance(n, ast.Assign) else [getattr(n, "target", n)]
    kept = (p for t in targets if t is not n for p in ast.walk(t))
    indices = (p.slice for p in kept if isinstance(p, ast.Subscript))
    for part in (*indices, n.value):
        yield from (m for m in ast.walk(part) if isinstance(m, ast.Name)) if part else ()


def _entries(
    place: Place, target: ast.Name, value: ast.expr
) -> Iterator[tuple[int, str, ast.stmt]]:
    """In a loop: one entry of what was made before it, where the whole is overwritten."""
    for loop in place.parents:
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name):
            i = ast.Name(loop.target.id, ast.Load())
            for index in (i, ast.Tuple([ast.Slice(), i], ast.Load())):
                entry = ast.Subscript(ast.Name(target.id, ast.Load()), index, ast.Store())
                yield 1, "index", ast.Assign([entry], value)


def _plus(target: ast.expr, op: ast.operator, value: ast.expr) -> ast.AugAssign:
    """`target op= value`."""
    assert isinstance(target, (ast.Name, ast.Attribute, ast.Subscript))
    return ast.AugAssign(clone(target), op, value)


def moves(found: list[Place]) -> Iterator[Change]:
    """Statements in another place: with a neighbour, into a loop or out of it; a lost return."""
    bodies: dict[int, tuple[list[ast.stmt], Place]] = {}
    for place in found:
        if isinstance(place.node, ast.stmt) and place.index is not None:
            body = getattr(place.parent, place.field)
            bodies.setdefault(id(body), (body, place))
    of = {id(place.node): place for place in found}
    for body, first in bodies.values():
        for i, (upper, lower) in enumerate(pairwise(body)):
            if is_tick(upper) or id(upper) not in of or id(lower) not in of:
                continue
            before, after = body[:i], body[i + 2 :]
            swapped = ((body, [*before, lower, upper, *after]),)
            here = of[id(lower)]
            yield Change(1, "order_of_lines", of[id(upper)], beside=here, block=swapped)
            if isinstance(upper, ast.For) and not isinstance(lower, ast.Return):
                into = ((body, [*before, upper, *after]), (upper.body, [*upper.body, lower]))
                yield Change(1, "loop", here, block=into)
        for i, loop in enumerate(body):
            if not isinstance(loop, ast.For) or len(loop.body) < 2:
                continue
            last, start = loop.body[-1], loop.body[1] if is_tick(loop.body[0]) else loop.body[0]
            if id(last) in of and last is not start:
                kind, tier = ("return_in_loop", 0) if isinstance(last, ast.Return) else ("loop", 1)
                out = [*body[: i + 1], last, *body[i + 1 :]]
                block = ((body, out), (loop.body, loop.body[:-1]))
                yield Change(tier, kind, of[id(last)], block=block)
            if id(start) in of and last is not start:
                rest = [s for s in loop.body if s is not start]
                block = ((body, [*body[:i], start, *body[i:]]), (loop.body, rest))
                yield Change(1, "loop", of[id(start)], block=block)
        if isinstance(first.parent, ast.FunctionDef) and first.field == "body":
            yield from _returns(first.parent, body, of)


def _returns(tree: ast.FunctionDef, body: list[ast.stmt], of: dict[int, Place]) -> Iterator[Change]:
    """A return that is missing at the end."""
    if any(isinstance(n, ast.Return) for n in ast.walk(tree)) or id(body[-1]) not in of:
        return
    here = of[id(body[-1])]
    names = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
    for name in reversed(dict.fromkeys(n.id for n in names if isinstance(n.ctx, ast.Store))):
        end = placed(ast.Return(ast.Name(name, ast.Load())), body[-1])
        yield Change(0, "return", here, block=((body, [*body, end]),))
