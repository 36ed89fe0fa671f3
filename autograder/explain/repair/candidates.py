"""All changes of a function that may repair it, the likely and cheap ones first."""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set

from autograder.explain.repair.expressions import edits
from autograder.explain.repair.missing import missing, scope_of
from autograder.explain.repair.places import Change, Place, places
from autograder.explain.repair.repeated import repeated
from autograder.explain.repair.statements import moves, statements
from autograder.explain.repair.units import Unit

NEAR, FAR = 2, 4


def candidates(
    unit: Unit,
    raised: int | None,
    wrong: Set[int] | None,
    right: Set[int] = frozenset(),
    parameters: Sequence[str] = (),
) -> list[tuple[int, Change]]:
    """The changes of a unit with their ranks, in the order in which they are tried.

    Args:
        raised: The line at which it raises: what stands there or before it comes first.
        wrong: Positions of the returned values that are wrong, where that is known; what does not
            lead to any of them is left out.
        right: Those that are right in every case: what leads to one of them comes later.
        parameters: Numbers among the inputs, such as `"delta"` or `"bn_param.eps"`.
    """
    names = scope_of(unit.tree)
    idle = _idle(unit.tree)
    found = places(unit.tree)
    feeds = feeding(unit.tree, wrong)
    made: list[Change] = []
    for place in found:
        if feeds is not None and not _matters(place.statement, feeds):
            continue
        if isinstance(place.node, ast.stmt):
            made += statements(place)
        else:
            # Unpacking `x, w = cache` in another order is a change, too.
            local = _known_at(place, names)
            made += [
                Change(0 if _brings(new, idle) else tier, kind, place, new)
                for tier, kind, new in edits(place, local)
            ]
            made += [
                Change((0 if _brings(new, idle) else tier) + _later(place, kind), kind, place, new)
                for tier, kind, new in missing(place, local)
            ]
    made += moves(found)
    made += repeated(unit.tree, found, parameters)
    sound = feeding(unit.tree, right) if right else None
    ranked = [
        (change.tier + _distance(change, unit, raised) + _is_sound(change, sound), change)
        for change in made
    ]
    return sorted(ranked, key=lambda pair: pair[0])


def _idle(tree: ast.AST) -> set[str]:
    """Parameters and variables that are never read: one of them is likely what is missing."""
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    found = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    found |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return found - {n.id for n in names if isinstance(n.ctx, ast.Load)} - {"self", "_"}


def _brings(new: ast.expr, idle: Set[str]) -> bool:
    """Whether a change is to read such a name, alone or as a factor or a term."""
    put = new.right if isinstance(new, ast.BinOp) else new
    return isinstance(put, ast.Name) and put.id in idle


def _later(place: Place, kind: str) -> int:
    """What is missing is missing where a variable is made, not where it is returned."""
    is_result = isinstance(place.node, ast.Name) and isinstance(place.statement, ast.Return)
    return int(kind == "sign") + int(is_result)


def _known_at(place: Place, names: list[str]) -> list[str]:
    """The names in scope, without those of other functions of a class."""
    around = next((p for p in place.parents if isinstance(p, ast.FunctionDef)), None)
    whole = place.parents[-1]
    if around is None or around is whole:
        return names
    own = set(scope_of(around))
    return [name for name in names if name in own or name.startswith("self.")]


def _distance(change: Change, unit: Unit, raised: int | None) -> int:
    """How far a change is from the line that raises, in tiers: what follows it comes last."""
    if raised is None:
        return 0
    line = unit.line_of(change.place.node)
    return min(raised - line, NEAR) if line <= raised else FAR


def _is_sound(change: Change, sound: set[str] | None) -> int:
    return int(bool(sound) and not _targets(change.place.statement).isdisjoint(sound or ()))


def feeding(tree: ast.AST, wrong: Set[int] | None) -> set[str] | None:
    """The variables that lead to the wrong returned values; None where that cannot be told."""
    if wrong is None or not isinstance(tree, ast.FunctionDef):
        return None
    returns = [n for n in ast.walk(tree) if isinstance(n, ast.Return)]
    if len(returns) != 1 or not isinstance(returns[0].value, ast.Tuple):
        return None
    items = returns[0].value.elts
    if max(wrong, default=0) >= len(items):
        return None
    needed = {name for i in wrong for name in _names(items[i])}
    uses = [
        (_targets(n), _read(n))
        for n in ast.walk(tree)
        if isinstance(n, (ast.Assign, ast.AugAssign, ast.For, ast.Expr, ast.AnnAssign, ast.If))
    ]
    size = -1
    while size != len(needed):
        size = len(needed)
        for targets, read in uses:
            if targets & needed:
                needed |= read | targets
    return needed


def _matters(statement: ast.stmt, feeds: set[str]) -> bool:
    if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return bool(_targets(statement) & feeds)
    return True


def _targets(n: ast.AST) -> set[str]:
    """The variables that a statement may change."""
    if isinstance(n, ast.If):
        return {name for s in n.body + n.orelse for name in _targets(s)}
    if isinstance(n, ast.For):
        return {*_names(n.target), *(name for s in n.body for name in _targets(s))}
    if isinstance(n, ast.Assign):
        return {name for t in n.targets for name in _written(t)}
    if isinstance(n, (ast.AugAssign, ast.AnnAssign)):
        return set(_written(n.target))
    return set(_names(n)) if isinstance(n, ast.Expr) else set()


def _read(n: ast.AST) -> set[str]:
    if isinstance(n, ast.If):
        return set(_names(n.test))
    if isinstance(n, ast.For):
        return set(_names(n.iter))
    return set(_names(n))


def _written(target: ast.AST) -> list[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return [name for e in target.elts for name in _written(e)]
    while isinstance(target, (ast.Subscript, ast.Attribute, ast.Starred)):
        target = target.value
    return [target.id] if isinstance(target, ast.Name) else []


def _names(n: ast.AST) -> list[str]:
    return [part.id for part in ast.walk(n) if isinstance(part, ast.Name)]
