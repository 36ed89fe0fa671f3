"""The other end of a variable, and what speaks for a change, or against it, beside the numbers.

Nobody knows at which of the two ends the student forgot something, so both lines are told.
Names that agree speak for a change: `update(m=v, v=m)` is more likely the mistake than
`m, v = config["m"], config["v"]` above it, though the numbers are right with either changed.
"""

import ast
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from autograder.explain.repair.places import Change, Place, applied, function_name, named, transpose
from autograder.explain.repair.units import clone, root

EXCHANGES = frozenset({"order", "arguments", "wrong_name"})
AGAINST = 2
"""So many tiers later comes what makes names disagree."""
SPEAKS = -1
"""The tier of what makes them agree: where it fits, nothing else is as likely."""


def weighed(change: Change, outputs: Sequence[str] = ()) -> int:
    """The tier of a change, once it is seen what it does to the names around it.

    Args:
        outputs: The names of what the function returns.
    """
    if change.kind not in EXCHANGES or change.new is None:
        return change.tier
    now = change.place.statement
    before = _before(now, tuple(outputs))
    if before is None:
        return change.tier
    if isinstance(change.new, ast.stmt):
        after = _agreeing(change.new, outputs)
    else:
        with applied(change):
            after = _agreeing(now, outputs)
    if after == before:
        return change.tier
    return SPEAKS if after > before else change.tier + AGAINST


@lru_cache(maxsize=256)
def _before(statement: ast.stmt, outputs: tuple[str, ...]) -> int | None:
    """How much agrees as it stands; None where nothing could."""
    nodes = _nodes(statement)
    several = any(isinstance(n, (ast.Tuple, ast.Dict)) for n in nodes)
    pairs = several or any(True for _ in _pairs(nodes, outputs))
    return _agreeing(statement, outputs) if pairs else None


def looked_up(value: ast.AST) -> bool:
    """Whether a value is only taken from where it is kept: seldom is anything wrong in that."""
    if isinstance(value, ast.Call):
        function = value.func
        return isinstance(function, ast.Attribute) and function.attr == "get"
    kept = isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant)
    return kept or isinstance(value, ast.Constant)


def _nodes(statement: ast.stmt) -> list[ast.AST]:
    """What a statement is made of, without the statements that it holds."""
    found: list[ast.AST] = [statement]
    for n in found:
        found += (m for m in ast.iter_child_nodes(n) if not isinstance(m, ast.stmt))
    return found


def _agreeing(statement: ast.stmt, outputs: Sequence[str]) -> int:
    """The names that agree, less those that stand twice where each should stand once."""
    nodes = _nodes(statement)
    agree = sum(_same(one, other) for one, other in _pairs(nodes, outputs))
    return agree - sum(map(_twice, nodes))


def _twice(node: ast.AST) -> int:
    """How many variables stand more than once among those that are kept or returned."""
    if isinstance(node, ast.Tuple):
        parts: list[ast.expr] = node.elts
    elif isinstance(node, ast.Dict):
        parts = node.values
    else:
        return 0
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return len(names) - len(set(names))


def _pairs(nodes: Sequence[ast.AST], outputs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names that should agree: of a keyword, a key, a target or an output, and what it is given."""
    for n in nodes:
        if isinstance(n, ast.Call):
            yield from ((k.arg, _label(k.value)) for k in n.keywords if k.arg and _label(k.value))
        elif isinstance(n, ast.Dict):
            keys = zip(n.keys, n.values, strict=True)
            yield from ((_label(k), _label(v)) for k, v in keys if k and _label(k) and _label(v))
        elif isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple):
            yield from zip(outputs, map(_label, n.value.elts))
        elif isinstance(n, ast.Assign):
            target, value = n.targets[0], n.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs = zip(target.elts, value.elts) if several else ((target, value),)  # type: ignore[attr-defined]
            for one, other in pairs:
                if not (isinstance(one, ast.Name) and isinstance(other, ast.Name)):
                    a, b = _label(one), _label(other)
                    yield from ((a, b),) if a and b else ()


def _label(node: ast.AST) -> str:
    """The name of a value: its own, or that under which it is kept."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript):
        return _label(node.slice) if isinstance(node.slice, ast.Constant) else ""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call) and looked_up(node) and node.args:
        return _label(node.args[0])
    return ""


def _same(one: str, other: str) -> bool:
    """Whether two names mean the same: `W1` and `dW1`, `m` and `new_m`."""
    one, other = one.lower(), other.lower()
    return (
        one in (other, f"d{other}")
        or other == f"d{one}"
        or one in other.split("_")
        or other in one.split("_")
    )


ADDED = frozenset({
    "sign", "missing_term", "missing_factor", "missing_function", "missing_sum", "missing_mean",
    "complement", "inverse", "power", "transpose", "product", "flatten", "reshape", "shape",
    "keepdims", "index", "copy",
})  # fmt: skip
"""Kinds that may put something around a value."""
SAVES = ("save_for_backward", "saved_tensors")
FEW = 3
"""A variable that is read at more places is not wrong at one of them alone."""


def echoes(change: Change, found: Sequence[Place], names: Sequence[str]) -> Iterator[Change]:
    """The same addition at the other end of the variable that it concerns."""
    place, new = change.place, change.new
    if change.kind == "sum_for_mean":
        for end in _uses_of(_whole(place), found):
            for name in names:
                divided = ast.BinOp(_value(end), ast.Div(), named(name))
                yield replace(change, place=end, new=divided)
        return
    if change.kind == "transpose" and isinstance(place.node, ast.BinOp):  # B.T @ A.T is (A @ B).T
        for end in _uses_of(_whole(place), found):
            yield replace(change, place=end, new=transpose(_value(end)))
    if change.kind not in ADDED or not isinstance(place.node, ast.expr):
        return
    if not isinstance(new, ast.expr) or not any(n is place.node for n in ast.walk(new)):
        return
    ends = list(_uses_of(place, found))
    if isinstance(place.node, ast.Name):
        before = [p for p in found if _made(p) == place.node.id and _line(p) < _line(place)]
        ends += [p for p in before[-1:] if len(list(_uses_of(p, found))) <= FEW]
    if change.kind == "missing_factor":  # what is only looked up may lack it from the beginning
        names_there = {n.id for n in _factors(place.node) if isinstance(n, ast.Name)}
        made = [p for p in found if _made(p) in names_there and _line(p) < _line(place)]
        bare = [p for p in made if isinstance(p.node, ast.Name) or looked_up(p.node)]
        ends += [p for p in bare if p not in ends]
    if change.kind == "missing_factor" and not any(_is_returned(p) for p in ends):
        ends += [p for p in found if _is_returned(p)]  # it may be missing at the end of the way
    for end in ends:
        yield replace(change, place=end, new=_around(new, place.node, _value(end)))


def _factors(node: ast.AST) -> Iterator[ast.AST]:
    while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        yield node.right
        node = node.left
    yield node


def _is_returned(place: Place) -> bool:
    """Whether it is a variable that is returned as it is, alone or among others."""
    if not isinstance(place.statement, ast.Return) or not isinstance(place.node, ast.Name):
        return False
    return place.parent in (place.statement, place.statement.value)


def first_use(change: Change, found: Sequence[Place]) -> Place | None:
    """Where a value is first used, if what is added to it was only looked up, or begins there.

    It is as likely that something is missing between the two lines, or in the second.
    """
    place = change.place
    if change.kind not in ADDED or not looked_up(place.node) or not _made(place):
        return None
    return next((p for p in found if _reads(p, _made(place)) and _line(p) > _line(place)), None)


def made_at(change: Change, found: Sequence[Place]) -> Place | None:
    """Where a value is taken from, if only that can be wrong where something is added to it.

    What is returned may as well be wrong where it was unpacked, and what `*args` lack may be
    missing in the list.
    """
    place = change.place
    name = place.node.id if isinstance(place.node, ast.Name) else ""
    if change.kind == "missing_argument" and isinstance(place.node, ast.Call):
        lists = [a.value for a in place.node.args if isinstance(a, ast.Starred)]
        name = next((v.id for v in lists if isinstance(v, ast.Name)), "")
        return next((p for p in found if name and _made(p) == name), None)
    if change.kind == "missing_term" and name:  # a sum may have begun with it
        begun = [p for p in found if _made(p) == name and isinstance(p.node, ast.Constant)]
        if begun and any(_grows(p.statement, name) for p in found):
            return begun[0]
    if change.kind in ("accumulation", "initial"):  # an entry may be missing where a dict began
        entry = place.node.target if isinstance(place.node, ast.AugAssign) else place.node
        of = root(entry) if isinstance(entry, ast.Subscript) else ""
        return next((p for p in found if of and _made(p) == of and _is_dict(p.node)), None)
    if change.kind == "packing" and isinstance(place.statement, ast.Assign):
        return _kept(place.statement.value, found)
    if change.kind not in ADDED or not name or not isinstance(place.statement, ast.Return):
        return None
    taken = [p for p in found if _unpacks(p, name) and _line(p) < _line(place)]
    return taken[-1] if taken else None


def _is_dict(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and function_name(node) == "dict"
    return called or isinstance(node, (ast.Dict, ast.DictComp))


def _grows(statement: ast.stmt, name: str) -> bool:
    """Whether a variable is made of itself: `t += a` or `t = t + a`."""
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name) and statement.target.id == name
    if not isinstance(statement, ast.Assign) or ast.unparse(statement.targets[0]) != name:
        return False
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(statement.value))


def _kept(value: ast.expr, found: Sequence[Place]) -> Place | None:
    """Where what is unpacked was kept by the same class: there may be one value too many."""
    if not isinstance(value, ast.Attribute):
        return None
    for p in found:
        n = p.node
        if isinstance(n, ast.Call) and (function_name(n), value.attr) == SAVES:
            return p
        held = isinstance(n, ast.Assign) and isinstance(n.value, ast.Tuple)
        if held and ast.unparse(n.targets[0]) == ast.unparse(value):  # type: ignore[attr-defined]
            return p
    return None


def _unpacks(place: Place, name: str) -> bool:
    """Whether the statement is `a, b = value` with this name among them."""
    n = place.node
    if not isinstance(n, ast.Assign) or not isinstance(n.targets[0], ast.Tuple):
        return False
    one = not isinstance(n.value, ast.Tuple)
    return one and any(isinstance(t, ast.Name) and t.id == name for t in n.targets[0].elts)


def carried(change: Change, found: Sequence[Place]) -> bool:
    """Whether a factor may as well be missing where a value began, which cannot be tried.

    A loop makes it of itself, as `d = M.T @ d` from `d = np.ones(H)`, or a function of the
    student's of another that is made here.
    """
    if change.kind != "missing_factor":
        return False
    read = {n.id for n in ast.walk(change.place.node) if isinstance(n, ast.Name)}
    makers = [p.node for p in found if _made(p) in read and _line(p) < _line(change.place)]
    if any(_of_own_function(n, found) for n in (change.place.node, *makers[-1:])):
        return True
    names = read - {"np"}
    if len(names) != 1:
        return False
    (name,) = names
    values = [p for p in found if _made(p) == name and isinstance(p.statement, ast.Assign)]
    values = [p for p in values if _line(p) < _line(change.place)]
    itself = {id(q.statement) for q in found if _reads(q, name)}
    again = [p for p in values if id(p.statement) in itself]
    begun = [p for p in values if p not in again and not isinstance(p.node, ast.Constant)]
    return bool(again and begun)


def _of_own_function(value: ast.AST, found: Sequence[Place]) -> bool:
    """Whether a function of the student's makes a value of another that is made here."""
    while isinstance(value, (ast.Attribute, ast.Subscript)):
        value = value.value
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    given = {a.id for a in value.args if isinstance(a, ast.Name)}
    return any(_made(p) in given for p in found)


def _uses_of(place: Place, found: Sequence[Place]) -> Iterator[Place]:
    """Where it is read, up to the line in which its variable is made again."""
    target, first = _made(place), _line(place)
    again = [_line(p) for p in found if _made(p) == target and _line(p) > first]
    last = min(again, default=math.inf)
    reads = [p for p in found if target and _reads(p, target) and first < _line(p) <= last]
    yield from reads if len(reads) <= FEW else []


def _line(place: Place) -> int:
    return place.statement.lineno


def _made(place: Place) -> str:
    """The variable that becomes just this value; "" where there is none."""
    statement, inner = place.statement, place.parent
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(statement, ast.AugAssign):
        target = statement.target
    value = getattr(statement, "value", None)
    if isinstance(target, ast.Tuple) and inner is value and isinstance(inner, ast.Tuple):
        target = target.elts[place.index or 0] if len(target.elts) == len(inner.elts) else None
    elif value is not place.node:
        target = None
    return target.id if isinstance(target, ast.Name) else ""


def _whole(place: Place) -> Place:
    """The whole value in which it stands."""
    at = next(i for i, parent in enumerate(place.parents) if isinstance(parent, ast.stmt))
    return Place(place.parents[at - 1], place.parents[at:], "value", None) if at else place


def _reads(place: Place, name: str) -> bool:
    n = place.node
    return isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)


def _value(place: Place) -> ast.expr:
    assert isinstance(place.node, ast.expr)
    return place.node


def _around(new: ast.expr, old: ast.expr, other: ast.expr) -> ast.expr:
    """`new` with another expression in the place of the one that it was put around."""
    return clone(new, {id(old): other})
