"""The student's functions as syntax trees: which belong to a row, and which may be run changed.

A changed function runs in the student's own process, so only those are touched that compute: one
that opens a file, asks for input, imports, or changes something outside itself is left alone.
"""

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from autograder.exercises.operands import is_own
from autograder.explain.cells import parsed, without_magics

TICK = "__tick__"
MOST_LINES = 200
MODULES = frozenset({
    "numpy", "math", "cmath", "itertools", "functools", "collections", "operator", "random", "copy",
    "dataclasses", "types", "typing", "contextlib", "statistics", "fractions", "decimal", "heapq",
    "bisect", "enum", "abc", "numbers", "warnings", "weakref", "string", "scipy",
})  # fmt: skip
ACTS = frozenset({
    "open", "input", "exec", "eval", "compile", "breakpoint", "globals", "vars", "setattr",
    "delattr", "exit", "quit", "__import__", "get_ipython", "help", "display",
})  # fmt: skip
METHODS = frozenset({
    "save", "savez", "savez_compressed", "savetxt", "load", "loadtxt", "genfromtxt", "fromfile",
    "tofile", "memmap", "dump", "seterr", "setbufsize", "set_printoptions", "seterrcall", "write",
    "seed", "set_state", "as_strided",
})  # fmt: skip
"""Functions and methods that reach beyond what is computed, or beyond an array's memory."""
INSIDES = frozenset({
    "__globals__", "__builtins__", "__code__", "__closure__", "__defaults__", "__kwdefaults__",
    "__subclasses__", "__bases__", "__base__", "__mro__", "__loader__", "__spec__", "__import__",
    "__del__", "__dict__",
})  # fmt: skip
"""Attributes of functions and classes through which everything else can be reached."""
CALM = frozenset({"errstate", "suppress", "catch_warnings", "nditer", "localcontext"})
UNCHANGED: Mapping[int, ast.AST] = {}

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign


@dataclass(frozen=True, eq=False)
class Unit:
    """A function or a class of the student's, or a name given to one, as it stands in its cell.

    Args:
        name: The name that the row, or what it calls, knows it by.
        tree: Its definition; every loop begins with a call that counts its turns.
        lines: The text of the definition, line by line; `lines[0]` is the `def` line.
        file: The name under which Python knows the cell.
        binds: All names that the definition gives a meaning.
        eager: The names that it needs at once, not only when it is called.
    """

    name: str
    tree: Definition
    lines: tuple[str, ...]
    file: str
    binds: tuple[str, ...]
    eager: frozenset[str]

    @property
    def text(self) -> str:
        """The text of the definition."""
        return "\n".join(self.lines)

    def line_of(self, node: ast.AST) -> int:
        """The line of a node, counted from the `def` line as 1."""
        return int(getattr(node, "lineno", self.tree.lineno)) - self.tree.lineno + 1

    def compiled(self) -> CodeType:
        """The definition as it stands now, ready to be run."""
        return compile(ast.Module([self.tree], []), self.file, "exec", dont_inherit=True)


def units_of(row: str, functions: Sequence[str], namespace: Mapping[str, Any]) -> list[Unit]:
    """The code on which a row depends, the row's own first.

    Args:
        functions: The exercise's own functions, in the order of the calls.

    Returns:
        The units; none when one of them does more than compute, or its text is not known.
    """
    own = row.partition(".")[0]
    before = functions[: functions.index(own)] if own in functions else functions
    left = [own, *reversed([name.partition(".")[0] for name in before])]
    defined = _definitions(namespace)
    found: dict[str, Unit] = {}
    while left:
        name = left.pop(0)
        if name not in defined or any(name in unit.binds for unit in found.values()):
            continue
        unit = _unit(name, *defined[name])
        if len(unit.lines) > MOST_LINES or not only_computes(unit.tree, namespace):
            return []
        found[name] = unit
        left += _names_read(unit.tree)
    return list(found.values()) if own in found else []


def depending(changed: Unit, units: Sequence[Unit]) -> list[Unit]:
    """A unit and those that must be run again when it has changed, in order."""
    found, names = [changed], set(changed.binds)
    grown = True
    while grown:
        more = [u for u in units if u not in found and u.eager & names]
        found += more
        names |= {name for unit in more for name in unit.binds}
        grown = bool(more)
    return found


def clone(node: Any, instead: Mapping[int, ast.AST] = UNCHANGED) -> Any:
    """A copy of syntax, many times as fast as `copy.deepcopy`.

    Args:
        instead: The id of a node -> what stands in its place, and is not copied.
    """
    if isinstance(node, list):
        return [clone(item, instead) for item in node]
    if not isinstance(node, ast.AST) or not vars(node):
        return node
    if id(node) in instead:
        return instead[id(node)]
    new = type(node).__new__(type(node))
    vars(new).update((name, clone(value, instead)) for name, value in vars(node).items())
    return new


def in_order(units: Sequence[Unit]) -> list[Unit]:
    """Units so that each comes after those that it needs at once."""
    found: list[Unit] = []
    left = list(units)
    while left:
        names = {name for unit in left for name in unit.binds}
        ready = [u for u in left if not u.eager & (names - set(u.binds))] or left
        found += ready
        left = [u for u in left if u not in ready]
    return found


def _definitions(namespace: Mapping[str, Any]) -> dict[str, tuple[str, str, ast.stmt]]:
    """Name -> file, text and statement by which the student's code defines it."""
    files: dict[str, None] = {}
    for value in list(namespace.values()):
        for code in _codes(value):
            if is_own(code.co_filename):
                files[code.co_filename] = None
    found: dict[str, tuple[str, str, ast.stmt]] = {}
    for file in files:
        text = "".join(linecache.getlines(file))
        tree = parsed(without_magics(text))
        for node in tree.body if tree is not None else ():
            for name in _bound(node):
                value = namespace.get(name)
                if isinstance(value, FunctionType) and value.__code__.co_filename != file:
                    continue
                if callable(value) or any(True for _ in _codes(value)):
                    found[name] = (file, text, node)
    return found


def _codes(value: Any) -> Iterator[CodeType]:
    """The code of a function, of the methods of a class, or of those of an object's class."""
    code = getattr(value, "__code__", None) if isinstance(value, FunctionType) else None
    if isinstance(code, CodeType):
        yield code
        return
    kind = value if isinstance(value, type) else type(value)
    for member in list(vars(kind).values()):
        member = getattr(member, "__func__", member)
        if isinstance(member, FunctionType):
            yield member.__code__


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        parts = (part for target in node.targets for part in ast.walk(target))
        names = [part for part in parts if isinstance(part, ast.Name)]
        return [n.id for n in names if isinstance(n.ctx, ast.Store)]
    return []


def _unit(name: str, file: str, text: str, node: ast.stmt) -> Unit:
    tree = clone(node)
    assert isinstance(tree, (ast.FunctionDef, ast.ClassDef, ast.Assign))
    eager = frozenset(_names_read(tree) if isinstance(tree, ast.Assign) else _names_at_once(tree))
    lines = tuple(text.splitlines()[tree.lineno - 1 : tree.end_lineno or tree.lineno])
    binds = tuple(_bound(tree))
    _count_turns(tree)
    return Unit(name, tree, lines, file, binds, eager)


def _names_at_once(tree: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """What stands in decorators, defaults, base classes, and in the body of a class itself."""
    parts: list[ast.AST] = [*tree.decorator_list]
    if isinstance(tree, ast.FunctionDef):
        parts += [*tree.args.defaults, *(d for d in tree.args.kw_defaults if d is not None)]
    else:
        parts += [*tree.bases]
        for node in tree.body:
            parts += (
                [*node.decorator_list, *node.args.defaults]
                if isinstance(node, ast.FunctionDef)
                else [node]
            )
    return [name for part in parts for name in _names_read(part)]


def is_tick(node: ast.AST) -> bool:
    """Whether a statement or a condition is the counting of a loop's turns, which is ours."""
    call = node.value if isinstance(node, ast.Expr) else getattr(node, "operand", None)
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") == TICK


def _count_turns(tree: Definition) -> None:
    """Count the turns of loops, and the calls of functions: neither goes on without an end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension):
            count = ast.UnaryOp(ast.Not(), ast.Call(ast.Name(TICK, ast.Load()), [], []))
            node.ifs.insert(0, ast.fix_missing_locations(ast.copy_location(count, node.target)))
        elif isinstance(node, (ast.For, ast.While, ast.FunctionDef)):
            tick = placed(ast.Expr(ast.Call(ast.Name(TICK, ast.Load()), [], [])), node.body[0])
            at = 1 if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) else 0
            node.body.insert(at, tick)


def _names_read(tree: ast.AST) -> list[str]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [node.id for node in nodes if isinstance(node.ctx, ast.Load) and node.id != TICK]


def only_computes(tree: ast.AST, namespace: Mapping[str, Any]) -> bool:
    """Whether a function leaves the world as it is, but for its arguments."""
    local = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    local |= {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    looked_into = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Global, ast.Await, ast.Delete)):
            return False
        if isinstance(node, ast.With) and not all(_is_calm(i.context_expr) for i in node.items):
            return False
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
            if any((name or "").partition(".")[0] not in MODULES for name in names):
                return False
            if not METHODS.isdisjoint(a.name for a in node.names):
                return False
        if isinstance(node, ast.Attribute) and (node.attr in METHODS or node.attr in INSIDES):
            return False
        if isinstance(node, ast.Name) and node.id not in local:
            acts = node.id in ACTS and id(node) not in looked_into  # input.T does nothing
            if acts and node.id not in namespace:
                return False
            value = namespace.get(node.id)
            if str(getattr(value, "__module__", "")).startswith("numpy") and (
                getattr(value, "__name__", "") in METHODS
            ):
                return False
            known = value.__name__.partition(".")[0] if isinstance(value, ModuleType) else "numpy"
            if known not in MODULES:
                return False
        target = node if isinstance(node, (ast.Attribute, ast.Subscript)) else None
        if target is not None and isinstance(target.ctx, ast.Store) and root(target) not in local:
            return False
    return True


def _is_calm(node: ast.AST) -> bool:
    """Whether it is `np.errstate(...)`, or one more of what only the block itself sees."""
    function = node.func if isinstance(node, ast.Call) else node
    return getattr(function, "attr", getattr(function, "id", "")) in CALM


def root(node: ast.AST) -> str:
    """The name at which an attribute or an entry begins."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def placed(node: ast.stmt, at: ast.AST) -> ast.stmt:
    """A new statement with the line of another."""
    for part in ast.walk(node):
        ast.copy_location(part, at)
    return node


def copy_of(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """A namespace in which the student's functions see one another as it has them."""
    copied = dict(namespace)
    for name, value in namespace.items():
        if isinstance(value, FunctionType) and is_own(value.__code__.co_filename):
            moved = FunctionType(
                value.__code__, copied, value.__name__, value.__defaults__, value.__closure__
            )
            moved.__kwdefaults__ = value.__kwdefaults__
            copied[name] = moved
    return copied
