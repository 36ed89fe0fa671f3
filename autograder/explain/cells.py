"""What the text of cells says: the names that each binds, uses and changes. Nothing is run.

A name that a later cell binds again changes what an earlier function does. Whether it changes a
verdict, only running the cells up to there can tell; where it may, and by which name, shows here.
"""

import ast
import builtins
import functools
import re
import symtable
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from autograder.exercises.fact import Fact, fact

MOST = 300_000
"""Characters of all cells together that are looked at; a notebook by hand has a tenth of it."""

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ANY_NAME = frozenset(
    {"globals", "locals", "vars", "exec", "eval", "compile", "setattr", "delattr", "__dict__"}
    | {"modules", "__main__", "reload", "get_ipython"}
)
"""With these a cell can bind names that its text need not say."""
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(eq=False)
class Cell:
    """What one cell does to names.

    Args:
        name: What the cell is called, such as `"cell 4"`.
        position: Where it stands; cells of one position belong together.
        binds: The names that it binds or deletes, by any statement.
        defines: Function or class -> its definition, the last one.
        uses: Function or class -> the global names in its code.
        changes: Names whose object it changes in place: `p["eps"] = 1`, `np.seterr(...)`.
        passes: Names that it hands to calls.
        calls: Whether it calls anything.
        keeps: Names bound to something other than a constant, a function, a class or a module.
        rebinds: Names that its functions bind by `global`.
        stars: Whether it may bind any name: it imports `*`, or reaches for all names at once.
    """

    name: str
    position: int
    source: str
    binds: set[str] = field(default_factory=set)
    defines: dict[str, ast.AST] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)
    changes: set[str] = field(default_factory=set)
    passes: set[str] = field(default_factory=set)
    calls: bool = False
    keeps: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    stars: bool = False


def read_cells(texts: Sequence[tuple[str, int, str]]) -> list[Cell]:
    """Read cells, given as name, position and Python text; one that is no Python binds nothing."""
    left, found = MOST, []
    for name, position, source in texts:
        cell = Cell(name, position, source)
        left -= len(source)
        source = without_magics(source) if left >= 0 else ""
        tree = parsed(source)
        if tree is not None:
            _read(tree, cell)
            cell.uses = _uses(source)
        found.append(cell)
    return found


BODY_RUNS = "time|timeit|capture|prun"
"""The magics of whole cells that run what is below them."""
_BODY_RUNS = re.compile(rf"\s*%%(?:{BODY_RUNS})\b")
_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|(?:\w+ *= *)[%!].*|[\w.]+\?{1,2})$", re.MULTILINE)


def without_magics(source: str) -> str:
    r"""The Python of a cell; the lines stay where they are.

    Example:
        >>> without_magics("%matplotlib inline\nx = 1")
        'pass\nx = 1'
    """
    if source.lstrip().startswith("%%") and not _BODY_RUNS.match(source):
        return ""
    return source if parsed(source) is not None else _MAGIC.sub(r"\1pass", source)


def parsed(source: str) -> ast.Module | None:
    """The syntax tree of a cell, not to be changed; None where Python cannot read it."""
    return _parsed_before(source) if len(source) <= _KEPT else _parsed(source)


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_KEPT = 10_000
"""Cells up to this size, most of which stand in every notebook of a class, are read once."""
_parsed_before = functools.lru_cache(512)(_parsed)


_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_SYNTAX = {
    "unseen": re.compile(r"invalid non-printable character (U\+[0-9A-F]+)"),
    "foreign": re.compile(r"invalid character '(.)' \((U\+[0-9A-F]+)\)"),
}


def defines(name: str, source: str) -> bool:
    """Whether a cell seems to define a name, be it one that Python cannot read."""
    source = _seen_before(source) if len(source) <= _KEPT else _seen(source)
    if name not in source:
        return False
    space = r"[^\S\n]"
    define = rf"^{space}*(?:async{space}+)?(?:def|class){space}+{re.escape(name)}\b"
    return re.search(rf"{define}|^{re.escape(name)}{space}*=", source, re.MULTILINE) is not None


def _seen(source: str) -> str:
    return _UNSEEN.sub("", without_magics(source))


_seen_before = functools.lru_cache(512)(_seen)


def odd_character(message: str) -> Fact | None:
    """What to do about a character that Python cannot read, from its SyntaxError."""
    if "null bytes" in message:
        return fact("syntax.unseen", code="U+0000")
    if found := _SYNTAX["unseen"].search(message):
        return fact("syntax.unseen", code=found[1])
    if found := _SYNTAX["foreign"].search(message):
        return fact("syntax.foreign", sign=found[1], code=found[2])
    return None


def _uses(source: str) -> dict[str, set[str]]:
    """The global names in the code of every function and class of a cell."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tables = symtable.symtable(source, "cell", "exec").get_children()
        return {table.get_name(): _globals(table) for table in tables}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}


def _globals(table: symtable.SymbolTable) -> set[str]:
    found = {s.get_name() for s in table.get_symbols() if s.is_global()}
    return found.union(*(_globals(inner) for inner in table.get_children()))


def _read(tree: ast.Module, cell: Cell) -> None:
    """Walk what runs when the cell runs: not the bodies of functions, nor of classes."""
    left: list[ast.AST] = [*reversed(tree.body)]
    while left:
        node = left.pop()
        if isinstance(node, DEFINES):
            cell.binds.add(node.name)
            cell.defines[node.name] = node
            for inner in ast.walk(node):
                if isinstance(inner, ast.Global):
                    cell.rebinds |= set(inner.names)
                cell.stars = cell.stars or _reaches_all(inner)
            left += node.decorator_list
            cell.calls = cell.calls or bool(node.decorator_list)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, _COMPREHENSIONS):  # its variables are its own
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            left += parts
            left += [part for g in node.generators for part in (g.iter, *g.ifs)]
            continue
        _note(node, cell)
        left += reversed(list(ast.iter_child_nodes(node)))


def _note(node: ast.AST, cell: Cell) -> None:
    cell.stars = cell.stars or _reaches_all(node)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        cell.stars = cell.stars or "*" in names
        cell.binds |= set(names) - {"*"}
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        cell.binds.add(node.id)
    elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
        cell.changes |= _root(node)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        cell.binds.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        cell.binds.add(node.rest)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if isinstance(node.value.func, ast.Attribute):
            cell.changes |= _root(node.value.func)
    elif isinstance(node, ast.Call):
        cell.calls = True
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        cell.passes |= {n.id for part in given for n in ast.walk(part) if isinstance(n, ast.Name)}
    elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
        targets = [n for target in node.targets for n in ast.walk(target)]
        cell.keeps |= {n.id for n in targets if isinstance(n, ast.Name)}


def _reaches_all(node: ast.AST) -> bool:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    return name in _ANY_NAME


def _root(node: ast.AST) -> set[str]:
    """The variable at the start of `a.b[0].c`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def names_used(functions: Collection[str], cells: Sequence[Cell]) -> set[str]:
    """The global names on which functions depend, their own included.

    Each is followed into the last cell that defines it, and from there on.
    """
    found: set[str] = set()
    left = list(functions)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        cell = next((c for c in reversed(cells) if name in c.binds), None)
        if cell is not None and name in cell.uses:
            left += cell.uses[name]
        elif cell is not None and name in cell.keeps:  # f = partial(helper, 2)
            left += _assigned_from(name, cell)
    return found


def _assigned_from(name: str, cell: Cell) -> set[str]:
    """The names in what is assigned to a name: a lambda, a call, a list."""
    tree = parsed(cell.source)
    values = [
        node.value
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Assign)
        and any(isinstance(n, ast.Name) and n.id == name for t in node.targets for n in ast.walk(t))
    ]
    inner = [node for value in values for node in ast.walk(value)]
    own = {node.arg for node in inner if isinstance(node, ast.arg)}
    return {node.id for node in inner if isinstance(node, ast.Name)} - own


@dataclass(frozen=True)
class Overlap:
    """What the cells below a position do to names on which functions above it depend.

    Args:
        may: Whether they can change what the functions do.
        changes: Name by name, what they do; empty where only running them can tell.
    """

    may: bool
    changes: tuple[Fact, ...] = ()


def overlap(functions: Collection[str], cells: Sequence[Cell], position: int) -> Overlap:
    """What the cells after `position` may change for functions as they are at `position`."""
    above = [cell for cell in cells if cell.position <= position]
    below = [cell for cell in cells if cell.position > position]
    used = names_used(functions, above)
    known = vars(builtins).keys() | {name for cell in above for name in cell.binds}
    kept = used & {name for cell in above for name in cell.keeps}
    moved = used & {name for cell in cells for name in cell.rebinds}
    said: dict[str, Fact] = {}
    may = False
    for cell in below:
        bound, changed = used & cell.binds, used & cell.changes - {"self"}
        for name in sorted(bound & known):
            said.setdefault(name, _again(name, above, cell))
        for name in sorted(changed - bound):
            said.setdefault(name, fact("cells.changed", name=name, cell=cell.name))
        may = may or bool(bound or changed or cell.stars or (cell.passes & kept))
        may = may or (cell.calls and bool(moved or kept))
    return Overlap(may, tuple(said.values()))


def _again(name: str, above: Sequence[Cell], later: Cell) -> Fact:
    first = next((cell for cell in reversed(above) if name in cell.binds), None)
    if first is None or not first.position:  # Python's own, or the kit's imports
        return fact("cells.another", name=name, cell=later.name)
    return fact("cells.again", name=name, first=first.name, later=later.name)


def only_below(
    functions: Collection[str], cells: Sequence[Cell], position: int
) -> tuple[Fact, ...]:
    """The names that functions use and that only cells after `position` bind."""
    above = [cell for cell in cells if cell.position <= position]
    if any(cell.stars for cell in above):
        return ()
    bound = {name for cell in above for name in cell.binds | cell.rebinds}
    missing = names_used(functions, above) - bound - vars(builtins).keys()
    said = []
    for cell in cells:
        if cell.position > position:
            new = sorted(missing & cell.binds)
            missing -= set(new)
            said += [fact("cells.below", name=name, cell=cell.name) for name in new]
    return tuple(said)
