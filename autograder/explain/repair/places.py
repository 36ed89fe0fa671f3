"""Places of a tree at which something may be changed, and the change itself."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

from autograder.explain.repair.units import clone, is_tick, root

Edit = tuple[int, str, ast.expr]
"""The tier, the kind, and the new node."""
_NOT_CODE = frozenset({"args", "decorator_list", "returns", "annotation", "ctx", "op", "ops"})
_COMPUTED = ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.Compare | ast.Call | ast.Constant | ast.IfExp
_WHERE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
LIBRARIES = frozenset({"np", "numpy", "math", "self", "cls", "super", "print"})


@dataclass(frozen=True, eq=False)
class Place:
    """A node, and where it stands.

    Args:
        parents: The nodes around it, the nearest first.
        field: The field of the nearest parent in which it stands.
        index: Its index there, where that is a list; else None.
    """

    node: ast.AST
    parents: tuple[ast.AST, ...]
    field: str
    index: int | None

    @property
    def parent(self) -> ast.AST:
        """The node right around it."""
        return self.parents[0]

    @property
    def is_called(self) -> bool:
        """Whether it is what a call calls."""
        return isinstance(self.parent, ast.Call) and self.field == "func"

    @cached_property
    def function(self) -> ast.FunctionDef | None:
        """The nearest function around it."""
        return next((p for p in self.parents if isinstance(p, ast.FunctionDef)), None)

    @cached_property
    def statement(self) -> ast.stmt:
        """The statement in which it stands, or which it is."""
        return next(n for n in (self.node, *self.parents) if isinstance(n, ast.stmt))


@dataclass(eq=False)
class Change:
    """One change that may be the repair.

    Args:
        tier: 0 is the most likely and the smallest.
        kind: What is wrong in the student's code, if this is the repair.
        place: What is changed; its line is told.
        new: The node that takes its place; None where `block` is changed.
        beside: The other of two statements that change places.
        block: The list of statements that changes, and what it becomes.
    """

    tier: int
    kind: str
    place: Place
    new: ast.AST | None = None
    beside: Place | None = None
    block: tuple[tuple[list[ast.stmt], list[ast.stmt]], ...] = ()


@lru_cache(maxsize=32)
def places(tree: ast.AST) -> list[Place]:
    """Every place in the bodies of a definition, in the order of its text."""
    found: list[Place] = []

    def visit(node: ast.AST, parents: tuple[ast.AST, ...]) -> None:
        for name, value in ast.iter_fields(node):
            arguments = name == "args" and isinstance(node, ast.Call)
            if name in _NOT_CODE and not arguments:
                continue
            items = value if isinstance(value, list) else [value]
            for i, item in enumerate(items):
                if not isinstance(item, ast.AST) or is_tick(item) or _is_text(item):
                    continue
                index = i if isinstance(value, list) else None
                found.append(Place(item, (node, *parents), name, index))
                visit(item, (node, *parents))

    visit(tree, ())
    return found


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@contextmanager
def applied(change: Change) -> Iterator[None]:
    """The tree with a change in it, for a while."""
    if change.new is None:
        before = [(body, list(body)) for body, _ in change.block]
        for body, after in change.block:
            body[:] = after
        try:
            yield
        finally:
            for body, old in before:
                body[:] = old
        return
    place = change.place
    _locate(change.new, place.node)
    holder: Any = getattr(place.parent, place.field)
    if place.index is not None:
        holder[place.index] = change.new
    else:
        setattr(place.parent, place.field, change.new)
    try:
        yield
    finally:
        if place.index is not None:
            holder[place.index] = place.node
        else:
            setattr(place.parent, place.field, place.node)


def _locate(new: ast.AST, at: ast.AST) -> None:
    """Give new nodes the line of another; what stood in the tree before keeps its own."""
    left, where = [new], {name: getattr(at, name) for name in _WHERE if hasattr(at, name)}
    for node in left:
        held = vars(node)
        if "lineno" in held:
            continue
        for value in held.values():
            if isinstance(value, ast.AST):
                left.append(value)
            elif isinstance(value, list):
                left += (item for item in value if isinstance(item, ast.AST))
        if node._attributes:
            held.update(where)


def rewrites(change: Change) -> bool:
    """Whether an operation, a call or a number becomes another, and nothing is put around it."""
    node, new = change.place.node, change.new
    return isinstance(node, _COMPUTED) and new is not None and node not in ast.walk(new)


def is_value(place: Place) -> bool:
    """Whether something may be put around the node: it is read, and no name of a library."""
    node, parent = place.node, place.parent
    if not isinstance(
        node,
        (ast.Name, ast.BinOp, ast.Call, ast.Attribute, ast.Subscript, ast.UnaryOp, ast.Compare,
         ast.IfExp),
    ):  # fmt: skip
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    if isinstance(node, ast.Name) and node.id in LIBRARIES:
        return False
    if isinstance(node, ast.Attribute) and root(node) in ("np", "numpy", "math"):
        return False
    if place.is_called:
        return False
    if isinstance(parent, ast.keyword) and parent.arg in ("axis", "keepdims", "dtype"):
        return False
    if any(isinstance(p, ast.Subscript) and p is not node for p in place.parents[:1]):
        return place.field == "value"
    return not isinstance(parent, (ast.Slice, ast.FormattedValue))


def function_name(call: ast.Call) -> str:
    """The last part of the name of what is called: `sum` for `np.sum` and `x.sum`."""
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def of_library(call: ast.Call) -> bool:
    """Whether it is `np.f(x)` rather than `x.f()`."""
    return isinstance(call.func, ast.Attribute) and root(call.func) in ("np", "numpy")


def constant(value: Any) -> ast.expr:
    """A number or a tuple of numbers as syntax."""
    if isinstance(value, tuple):
        return ast.Tuple([ast.Constant(v) for v in value], ast.Load())
    return ast.Constant(value)


def exchanged(items: Sequence[Any], near: bool = False) -> Iterator[list[Any]]:
    """The same with two of them in each other's place; with `near` only two that are neighbours."""
    for i, j in combinations(range(len(items)), 2):
        if not near or j == i + 1:
            new = [*items]
            new[i], new[j] = items[j], items[i]
            yield new


def without_one(items: Sequence[Any]) -> Iterator[list[Any]]:
    """The same, each of them left out in turn."""
    return ([*items[:at], *items[at + 1 :]] for at in range(len(items)))


def with_one_more(items: Sequence[Any], new: Any) -> Iterator[list[Any]]:
    """The same with one more, at each place in turn."""
    return ([*items[:at], new, *items[at:]] for at in range(len(items) + 1))


def moved(items: Sequence[Any], still: tuple[type, ...] = ()) -> Iterator[list[Any]]:
    """The same with one of them larger or smaller by 1, but for those of some types."""
    for at, item in enumerate(items):
        for pattern in ("A + 1", "A - 1") if not isinstance(item, still) else ():
            yield [*items[:at], put(pattern, item), *items[at + 1 :]]


def given(call: ast.Call, args: Sequence[ast.expr]) -> ast.Call:
    """A call with other arguments; its keywords stay."""
    return ast.Call(call.func, [*args], call.keywords)


def keyworded(call: ast.Call, keywords: Sequence[ast.keyword]) -> ast.Call:
    """A call with other keywords; its arguments stay."""
    return ast.Call(call.func, call.args, [*keywords])


def parts_of(entry: ast.Subscript) -> list[ast.expr]:
    """The indices of an entry, one for each axis."""
    return entry.slice.elts if isinstance(entry.slice, ast.Tuple) else [entry.slice]


def entry(of: ast.Subscript, parts: Sequence[ast.expr]) -> ast.Subscript:
    """An entry of the same with other indices."""
    index = parts[0] if len(parts) == 1 else ast.Tuple([*parts], ast.Load())
    return ast.Subscript(of.value, index, of.ctx)


def formed(table: str, *parts: ast.expr) -> Iterator[Edit]:
    """What a table makes of some expressions.

    In each line stand a tier, a kind and patterns of `put`: `1 index: A[0]; A[1]`.
    """
    for tier, kind, (tree, holes) in _rows(table):
        yield tier, kind, clone(tree, {hole: parts[at] for hole, at in holes})


@lru_cache(maxsize=128)
def _rows(table: str) -> list[tuple[int, str, Any]]:
    lines = (line.partition(": ") for line in table.strip().splitlines())
    heads = ((head.split(), forms) for head, _, forms in lines)
    return [
        (int(t), kind, _pattern(form)) for (t, kind), forms in heads for form in forms.split("; ")
    ]


def put(pattern: str, *parts: ast.expr) -> ast.expr:
    """Syntax from a pattern: `put("A - B", x, y)` is `x - y`."""
    tree, holes = _pattern(pattern)
    made: ast.expr = clone(tree, {hole: parts[at] for hole, at in holes})
    return made


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> tuple[ast.expr, tuple[tuple[int, int], ...]]:
    """A pattern without places in a text, and (the id of each letter in it, which it is)."""
    tree = ast.parse(pattern, mode="eval").body
    for n in ast.walk(tree):
        for name in _WHERE:
            vars(n).pop(name, None)
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in ("A", "B", "C")]
    return tree, tuple((id(n), "ABC".index(n.id)) for n in names)


@lru_cache(maxsize=2048)
def named(name: str) -> ast.expr:
    """A name, an entry or an attribute as syntax."""
    return ast.parse(name, mode="eval").body


def library(name: str, *args: ast.expr, **keywords: Any) -> ast.Call:
    """`np.name(*args, **keywords)`."""
    function = ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())
    return ast.Call(
        function, list(args), [ast.keyword(k, constant(v)) for k, v in keywords.items()]
    )


def transpose(node: ast.expr) -> ast.Attribute:
    """`node.T`."""
    return ast.Attribute(node, "T", ast.Load())
