"""What speaks for a change, or against it, beside the numbers: names that agree.

`update(m=v, v=m)` is more likely the mistake than `m, v = config["m"], config["v"]` above it,
though the numbers are right with either changed.
"""

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from autograder.explain.repair.places import Change, applied

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
