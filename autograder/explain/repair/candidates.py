"""All changes of a function that may repair it, the likely and cheap ones first."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

from autograder.explain.repair.echoes import weighed
from autograder.explain.repair.expressions import edits
from autograder.explain.repair.missing import missing, missing_names, moves, scope_of, statements
from autograder.explain.repair.places import Change, Place, function_name, places
from autograder.explain.repair.raising import Known, keys, letters, raising, raising_lines
from autograder.explain.repair.units import Unit, clone, is_tick, placed, root

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


Swap = Callable[[ast.AST], ast.expr | None]
"""A node -> what stands there instead; None where it stays."""
USUAL = {"eps": 1e-5, "epsilon": 1e-8, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999}
"""Parameters that may be left out, and what they are then."""


def repeated(tree: ast.AST, found: Sequence[Place], parameters: Sequence[str]) -> Iterator[Change]:
    """The changes of a function at several places at once.

    Args:
        parameters: Numbers among the inputs, such as `"delta"` or `"bn_param.eps"`.
    """
    if not isinstance(tree, ast.FunctionDef):
        return
    spoken = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    handed_on = {n for end in ast.walk(tree) if isinstance(end, ast.Return) for n in ast.walk(end)}
    read = {n.id for n in names if isinstance(n.ctx, ast.Load) and n not in handed_on}
    made = dict.fromkeys(n.id for n in names if n.id not in read)  # eps = ..., and never used
    values = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    numbers = dict.fromkeys(
        float(v) for v in values if isinstance(v, float) or (type(v) is int and v == 1)
    )
    for parameter in (*parameters, *made):
        holder, _, key = parameter.rpartition(".")
        if (key in spoken) if holder else (key in read):
            continue
        for number in numbers:
            yield from _everywhere(tree, found, "hard_coded", _instead(number, _asked(parameter)))
        if "eps" in key:
            yield from _everywhere(tree, found, "missing_term", _under_root(_asked(parameter)))


def unread(trees: Sequence[ast.AST], parameters: Sequence[str]) -> list[str]:
    """Those of some inputs that the functions take by name, and that none reads or hands on."""
    nodes = [n for tree in trees for n in ast.walk(tree)]
    taken = {n.arg for n in nodes if isinstance(n, ast.arg)}
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    looked_into = {id(n.value) for n in nodes if isinstance(n, (ast.Subscript, ast.Attribute))}
    whole = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in looked_into}
    words = {n.value for n in nodes if isinstance(n, ast.Constant)}
    found = []
    for parameter in parameters:
        holder, _, key = parameter.rpartition(".")
        if (holder or key) not in taken:
            continue  # an input of a test's own, or under another name here
        if key not in words and holder not in whole if holder else key not in read:
            found.append(parameter)
    return found


def _asked(parameter: str) -> ast.expr:
    holder, _, key = parameter.rpartition(".")
    text = f"{holder}.get({key!r}, {USUAL.get(key, 1.0)!r})" if holder else key
    return ast.parse(text, mode="eval").body


def _instead(number: float, other: ast.expr) -> Swap:
    """A number, and what is left of 1 without it."""

    def swap(node: ast.AST) -> ast.expr | None:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        if abs(value - number) < 1e-12:
            return clone(other)
        if value and abs(value - (1 - number)) < 1e-12:
            return ast.BinOp(ast.Constant(1), ast.Sub(), clone(other))
        return None

    return swap


def _under_root(other: ast.expr) -> Swap:
    """Every root gets it: `np.sqrt(v)`, `v ** 0.5`, `v ** -0.5`."""

    def swap(node: ast.AST) -> ast.expr | None:
        if isinstance(node, ast.Call) and function_name(node) == "sqrt" and len(node.args) == 1:
            inner = ast.BinOp(clone(node.args[0]), ast.Add(), clone(other))
            return ast.Call(node.func, [inner], [])
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Pow)
            and ast.unparse(node.right) in ("0.5", "-0.5")
        ):
            inner = ast.BinOp(clone(node.left), ast.Add(), clone(other))
            return ast.BinOp(inner, ast.Pow(), node.right)
        return None

    return swap


def _everywhere(
    tree: ast.FunctionDef, found: Sequence[Place], kind: str, swap: Swap
) -> Iterator[Change]:
    at = [place for place in found if not _counts(place) and swap(place.node) is not None]
    if at:
        news = {id(place.node): new for place in at if (new := swap(place.node)) is not None}
        changed = ast.fix_missing_locations(ast.Module(clone(tree.body, news), []))
        yield Change(0, kind, at[0], block=((tree.body, changed.body),))


def _counts(place: Place) -> bool:
    """Whether it is part of an axis or an index, or stands alone for a keyword."""
    around = (place.node, *place.parents)
    axes = ("axis", "keepdims", "dtype", "ddof")
    if any(isinstance(p, ast.keyword) and p.arg in axes for p in around):
        return True
    indices = (p.slice for p in around if isinstance(p, ast.Subscript))
    first = any(isinstance(p, (ast.keyword, ast.Slice)) for p in place.parents[:2])
    return first or any(index in around for index in indices)


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
