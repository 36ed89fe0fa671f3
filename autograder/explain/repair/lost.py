"""A line that is missing: a counter that is not counted on, or not set back."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from autograder.explain.repair.places import Change, Place
from autograder.explain.repair.units import is_tick

MOST_NAMES = 4
_JUMPS = (ast.Return, ast.Break, ast.Continue)


def lost_lines(tree: ast.AST, found: Sequence[Place]) -> Iterator[Change]:
    """`n += 1` and `n = 0` in each body, where `n` is first read in it and at its end."""
    begins = list(_beginnings(tree))[:MOST_NAMES]
    of = {id(place.node): place for place in found if isinstance(place.node, ast.stmt)}
    bodies: dict[int, list[ast.stmt]] = {}
    for place in of.values():
        if place.index is not None and not isinstance(place.parent, ast.ClassDef):
            body = getattr(place.parent, place.field)
            bodies.setdefault(id(body), [s for s in body if not is_tick(s) and id(s) in of])
    for place in of.values():
        body = getattr(place.parent, place.field)
        inside = bodies.pop(id(body), [])
        for name, first, line in begins if inside else ():
            after = [s for s in inside if s.lineno > line]
            reads = [s for s in after if _reads(s, name)]
            ends = after[-1:] if after and isinstance(after[-1], _JUMPS) else []
            for before in dict.fromkeys([*reads[:1], *ends, None]):
                if before is None and (not after or ends):
                    continue
                yield from _put(name, first, body, inside, before, of)


def _put(
    name: str,
    first: int,
    body: list[ast.stmt],
    inside: list[ast.stmt],
    before: ast.stmt | None,
    of: dict[int, Place],
) -> Iterator[Change]:
    at = len(body) if before is None else body.index(before)
    here = inside[-1] if before is None else before
    above = inside[inside.index(here) - 1] if before and inside.index(here) else None
    for text in (f"{name} += 1", f"{name} = {first}"):
        [new] = ast.parse(text).body
        for node in ast.walk(new):
            ast.copy_location(node, here)
        changed = [*body[:at], new, *body[at:]]
        beside = of[id(above)] if above else None
        yield Change(1, "lost_line", of[id(here)], beside=beside, block=((body, changed),))


def _beginnings(tree: ast.AST) -> Iterator[tuple[str, int, int]]:
    """The variables that begin with a whole number: name, number, line."""
    for n in ast.walk(tree):
        if not isinstance(n, ast.Assign):
            continue
        target, given = n.targets[0], n.value
        if isinstance(target, ast.Tuple) and isinstance(given, ast.Tuple):
            pairs = list(zip(target.elts, given.elts))
        else:
            pairs = [(target, given)]
        for one, other in pairs:
            if isinstance(other, ast.Call) and getattr(other.func, "attr", "") == "get":
                other = other.args[-1]
            value = other.value if isinstance(other, ast.Constant) else None
            if isinstance(one, ast.Name) and type(value) is int:
                yield one.id, value, n.lineno


def _reads(statement: ast.stmt, name: str) -> bool:
    names = (n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name)
    return any(isinstance(n.ctx, ast.Load) for n in names)
