"""All changes of a function that may repair it, the likely and cheap ones first."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from autograder.explain.repair.agreement import weighed
from autograder.explain.repair.expressions import edits
from autograder.explain.repair.lost import lost_lines
from autograder.explain.repair.missing import missing, missing_names, scope_of
from autograder.explain.repair.places import Change, Place, places
from autograder.explain.repair.raising import Known, keys, letters, raising, raising_lines
from autograder.explain.repair.repeated import repeated
from autograder.explain.repair.statements import moves, statements
from autograder.explain.repair.units import Unit, root

NEAR, FAR = 2, 4
FAR_RANK = 2
"""From here on, factors and terms of anything in scope are tried, too."""


def candidates(
    unit: Unit,
    raised: int | None,
    wrong: Feeds | None = None,
    right: Feeds | None = None,
    parameters: Sequence[str] = (),
    ran: Set[int] | None = None,
    far: bool = False,
    known: Known | None = None,
    words: Sequence[str] = (),
    outputs: Sequence[str] = (),
    late: Callable[[], bool] = bool,
) -> list[tuple[int, Change]]:
    """The changes of a unit with their ranks, in the order in which they are tried.

    Args:
        raised: The line at which it raises: what stands there or before it comes first.
        wrong: What leads to the wrong outputs, where that is known; the rest is left out.
        right: What leads to those that are right in every case: it comes later.
        parameters: Numbers among the inputs, such as `"delta"` or `"bn_param.eps"`.
        ran: Lines of the file that run on a failing case: nothing else can mend it.
        far: Those of rank `FAR_RANK` and above that there are thousands of, instead of the others.
        known: What the units hold together, where the code raises or returns no values.
        words: The keys under which the units keep something.
        outputs: The names of what the unit returns, where that is known.
        late: Whether the time is over: then those so far are all.
    """
    names = scope_of(unit.tree)
    idle = idle_names(unit.tree)
    found = places(unit.tree)
    made: list[Change] = []
    nearest = found
    if raised is not None:  # those in the line that raises first, those below it last
        lines = ((place, unit.line_of(place.node)) for place in found)
        ordered = sorted(lines, key=lambda pair: (pair[1] > raised, abs(raised - pair[1])))
        nearest = [place for place, _ in ordered]
    for place in nearest:
        if late():
            break
        makes = isinstance(place.statement, (ast.Assign, ast.AugAssign, ast.AnnAssign))
        if wrong is not None and makes and not wrong.of(place.statement):
            continue
        if ran is not None and not _runs(place, ran):
            continue
        local = _known_at(place, names)
        holders = _holders(place.statement)
        if holders:  # a list that holds itself: NumPy would look into it without an end
            local = [name for name in local if name.partition(".")[0] not in holders]
        if isinstance(place.node, ast.stmt):
            made += statements(place, local) if not far else ()
            continue
        # Unpacking `x, w = cache` in another order is a change, too.
        unread = [name for name in local if name in idle]
        if far:
            news = missing_names(place, [name for name in local if name not in idle])
            made += [Change(t + _later(place, kind), kind, place, new) for t, kind, new in news]
            continue
        made += [
            Change(0 if brings(new, idle) else tier, kind, place, new)
            for tier, kind, new in (
                *edits(place, local),
                *letters(place),
                *keys(place, words),
                *(raising(place, local, known) if known else ()),
            )
        ]
        made += [
            Change((0 if brings(new, idle) else tier) + _later(place, kind), kind, place, new)
            for tier, kind, new in (*missing(place, local), *missing_names(place, unread))
        ]
    if not far and not late():
        made += moves(found)
        made += repeated(unit.tree, found, parameters)
        made += lost_lines(found)
        made += raising_lines(found, names, known) if known else ()
    for change in made:
        change.tier = weighed(change, outputs)
    ranked = [
        (
            change.tier
            + _distance(change, unit, raised)
            + int(right is not None and right.of(change.place.statement)),
            change,
        )
        for change in made
    ]
    return sorted(ranked, key=lambda pair: pair[0])


def _holders(statement: ast.stmt) -> set[str]:
    """The lists that a statement may put something into."""
    found = set()
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in ("append", "insert", "extend"):
            found.add(root(function))
    if isinstance(statement, ast.Assign):
        targets = (part for target in statement.targets for part in ast.walk(target))
        found |= {root(t) for t in targets if isinstance(t, ast.Subscript)}
    return found - {""}


def _runs(place: Place, ran: Set[int]) -> bool:
    """Whether the statement of a place runs; of one that holds others, its head."""
    statement = place.statement
    scope = next((p for p in place.parents if isinstance(p, (ast.FunctionDef, ast.ClassDef))), None)
    if not isinstance(scope, ast.FunctionDef) or isinstance(statement, ast.FunctionDef):
        return True
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return any(line in ran for line in range(statement.lineno, max(last, statement.lineno) + 1))


def idle_names(tree: ast.AST) -> set[str]:
    """Parameters and variables that are never read: one of them is likely what is missing."""
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    found = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    found |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return found - {n.id for n in names if isinstance(n.ctx, ast.Load)} - {"self", "_"}


def brings(new: ast.expr, idle: Set[str]) -> bool:
    """Whether a change is to read such a name, alone or as a factor or a term."""
    put = new.right if isinstance(new, ast.BinOp) else new
    return isinstance(put, ast.Name) and put.id in idle


def _later(place: Place, kind: str) -> int:
    """What is missing is missing where a variable is made, not where it is returned."""
    is_result = isinstance(place.node, ast.Name) and isinstance(place.statement, ast.Return)
    return int(kind == "sign") + int(is_result)


def _known_at(place: Place, names: list[str]) -> list[str]:
    """The names in scope, without those of other functions of a class."""
    if place.function in (None, place.parents[-1]):
        return names
    own = set(scope_of(place.function))
    return [name for name in names if name in own or name.startswith("self.")]


def _distance(change: Change, unit: Unit, raised: int | None) -> int:
    """How far a change is from the line that raises, in tiers: what follows it comes last."""
    if raised is None:
        return 0
    line = unit.line_of(change.place.node)
    return min(raised - line, NEAR) if line <= raised else FAR


@dataclass(frozen=True)
class Feeds:
    """What leads to some of the outputs: variables, and statements (by id) that give them away."""

    names: frozenset[str]
    last: frozenset[int]

    def of(self, statement: ast.stmt) -> bool:
        """Whether a statement computes something of it."""
        return id(statement) in self.last or not self.names.isdisjoint(_targets(statement))


def chained(tree: ast.AST, place: Place) -> frozenset[int]:
    """The statements (by id) that make what a place reads, or read what its statement makes."""
    here, reads = place.statement, set(_names(place.node))
    makes = _targets(here) if isinstance(here, (ast.Assign, ast.AugAssign)) else set()
    found = set()
    for n in ast.walk(tree):
        value = getattr(n, "value", None)
        if not isinstance(n, (ast.Assign, ast.AugAssign, ast.Return)) or n is here or value is None:
            continue
        if makes & set(_names(value)) or (not isinstance(n, ast.Return) and reads & _targets(n)):
            found.add(id(n))
    return frozenset(found)


def feeding(tree: ast.AST, outputs: Sequence[str], wanted: Set[str]) -> Feeds | None:
    """What leads to some of the outputs; None where that cannot be told."""
    if not wanted or not isinstance(tree, ast.FunctionDef):
        return None
    nodes = list(ast.walk(tree))[1:]
    if any(isinstance(n, (ast.FunctionDef, ast.Yield, ast.YieldFrom)) for n in nodes):
        return None
    found = [_given(nodes, outputs, name) for name in wanted]
    if not all(found):
        return None
    values = [pair for of in found for pair in of]
    needed = {name for _, value in values for name in _names(value)}
    uses = [
        (_targets(n), _read(n))
        for n in nodes
        if isinstance(n, (ast.Assign, ast.AugAssign, ast.For, ast.While, ast.Expr, ast.AnnAssign,
                          ast.If))
    ]  # fmt: skip
    size = -1
    while size != len(needed):
        size = len(needed)
        for targets, read in uses:
            if targets & needed:
                needed |= read | targets
    return Feeds(frozenset(needed), frozenset(id(statement) for statement, _ in values))


def _given(
    nodes: Sequence[ast.AST], outputs: Sequence[str], name: str
) -> list[tuple[ast.stmt, ast.expr]]:
    """Where an output is given away, and its value: put under its name, or returned."""
    stored: list[tuple[ast.stmt, ast.expr]] = [
        (n, n.value)
        for n in nodes
        if isinstance(n, (ast.Assign, ast.AugAssign))
        for part in ast.walk(n.targets[0] if isinstance(n, ast.Assign) else n.target)
        if isinstance(part, ast.Constant) and part.value == name
    ]
    if stored:
        return stored
    found: list[tuple[ast.stmt, ast.expr]] = []
    at = outputs.index(name)
    for n in nodes:
        if not isinstance(n, ast.Return) or n.value is None:
            continue
        if isinstance(n.value, ast.Tuple):
            if at >= len(n.value.elts) or any(isinstance(e, ast.Starred) for e in n.value.elts):
                return []
            found.append((n, n.value.elts[at]))
        elif len(outputs) == 1:
            found.append((n, n.value))
        else:
            return []
    return found


def _targets(n: ast.AST) -> set[str]:
    """The variables that a statement may change."""
    if isinstance(n, (ast.If, ast.While)):
        return {name for s in n.body + n.orelse for name in _targets(s)}
    if isinstance(n, ast.For):
        return {*_names(n.target), *(name for s in n.body for name in _targets(s))}
    if isinstance(n, ast.Assign):
        return {name for t in n.targets for name in _written(t)}
    if isinstance(n, (ast.AugAssign, ast.AnnAssign)):
        return set(_written(n.target))
    return set(_names(n)) if isinstance(n, ast.Expr) else set()


def _read(n: ast.AST) -> set[str]:
    if isinstance(n, (ast.If, ast.While)):
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
