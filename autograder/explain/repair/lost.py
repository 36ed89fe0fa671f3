"""A line that is missing: a counter that is not counted on, or not set back."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from autograder.explain.repair.places import Change, Place
from autograder.explain.repair.units import is_tick, placed

MOST_NAMES = 4
_JUMPS = (ast.Return, ast.Break, ast.Continue)


def lost_lines(found: Sequence[Place]) -> Iterator[Change]:
    """`n += 1` and `n = 0` in each body, where `n` is first read in it and at its end."""
    of = {id(place.node): place for place in found if isinstance(place.node, ast.stmt)}
    bodies: dict[int, list[ast.stmt]] = {}
    for place in of.values():
        if place.index is not None and not isinstance(place.parent, ast.ClassDef):
            body = getattr(place.parent, place.field)
            bodies.setdefault(id(body), [s for s in body if not is_tick(s) and id(s) in of])
    for place in of.values():
        body = getattr(place.parent, place.field)
        inside = bodies.pop(id(body), [])
        begins = list(_beginnings(place.function))[:MOST_NAMES] if inside and place.function else []
        for name, first, begin in begins:
            after = [s for s in inside if s.lineno > begin.lineno]
            reads = [s for s in after if _reads(s, name)]
            ends = after[-1:] if after and isinstance(after[-1], _JUMPS) else []
            for before in dict.fromkeys([*reads[:1], *ends, None]):
                if before is None and (not after or ends):
                    continue
                here = before or inside[-1]
                at = body.index(before) if before else len(body)
                # It may be missing where the variable begins, too, or below the line above.
                above = begin if begin in inside else inside[max(inside.index(here) - 1, 0)]
                beside = of[id(above)] if above is not here else None
                for text in (f"{name} += 1", f"{name} = {first}"):
                    changed = [*body[:at], placed(ast.parse(text).body[0], here), *body[at:]]
                    block = ((body, changed),)
                    yield Change(1, "lost_line", of[id(here)], beside=beside, block=block)


def _beginnings(tree: ast.AST) -> Iterator[tuple[str, int, ast.stmt]]:
    """The variables that begin with a whole number: name, number, statement."""
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
                yield one.id, value, n


def _reads(statement: ast.stmt, name: str) -> bool:
    names = (n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name)
    return any(isinstance(n.ctx, ast.Load) for n in names)
