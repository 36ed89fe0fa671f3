"""Changes of whole statements: left out, doubled, in the wrong place, or without their `+=`."""

import ast
import itertools
from collections.abc import Iterator, Sequence
from itertools import pairwise

from autograder.explain.repair.places import LIBRARIES, Change, Place
from autograder.explain.repair.units import clone, is_tick, placed

MOST_NAMES = 8
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
    for one, other in itertools.combinations(list(names)[:MOST_NAMES], 2):
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
