"""Changes of what makes code raise: names, numbers of values and arguments, axes that are missing.

They are tried only where the student's code raises, but for the letters of `np.einsum`.
"""

import ast
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from autograder.exercises.script import Failure
from autograder.explain.repair.expressions import AXES, REDUCTIONS
from autograder.explain.repair.missing import SIZED
from autograder.explain.repair.places import (
    LIBRARIES,
    Change,
    Edit,
    Place,
    constant,
    formed,
    function_name,
    given,
    is_value,
    keyworded,
    library,
    named,
    of_library,
    put,
    with_one_more,
    without_one,
)
from autograder.explain.repair.units import clone, placed, root
from autograder.explain.repair.wrong_type import entries_in, returned, unbound, wrong_types

MOST_NAMES = 8
CLOSE = 0.6
"""Two names are a slip of the pen apart if so much of them is alike."""
JOINING = frozenset({"concatenate", "stack", "repeat", "take", "split", "append"})
SHAPED = frozenset({"zeros", "ones", "empty", "concatenate", "stack", "hstack", "vstack"})
"""Functions whose first argument holds several things."""
CALLED = REDUCTIONS | {"copy", "ravel", "flatten", "items", "keys", "values", "tolist", "transpose"}
LOOPS = (ast.For, ast.comprehension)
IN_PLACE = frozenset({"append", "extend", "sort", "reverse", "update", "fill", "insert"})


@dataclass(frozen=True)
class Known:
    """What the units hold together, which one of them may mean.

    Args:
        keys: The words under which something is kept in a dictionary.
        attributes: Class -> the attributes of `self` that stand anywhere in it.
        functions: The functions with one parameter.
        optional: Function -> its parameters that may be left out, with another value than then.
        absent: Something is None where it raises.
        lost_key: The key that a dictionary has not.
    """

    keys: tuple[str, ...] = ()
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    functions: tuple[str, ...] = ()
    optional: dict[str, tuple[tuple[str, ast.expr], ...]] = field(default_factory=dict)
    absent: bool = False
    lost_key: str = ""

    @property
    def every_attribute(self) -> tuple[str, ...]:
        """Those of all classes."""
        return tuple(dict.fromkeys(itertools.chain(*self.attributes.values())))


def known_in(
    trees: Sequence[ast.AST],
    inputs: Mapping[str, Any] | None = None,
    failure: Failure | None = None,
) -> Known:
    """What some definitions hold together, the keys of what they are given, what is raised."""
    given_dicts = (value for value in (inputs or {}).values() if isinstance(value, dict))
    keys = {key: None for value in given_dicts for key in value if isinstance(key, str)}
    attributes: dict[str, tuple[str, ...]] = {}
    functions = []
    for tree in trees:
        for n in ast.walk(tree):
            given = [n.slice] if isinstance(n, ast.Subscript) else getattr(n, "keys", [])
            given = given if isinstance(given, list) else []
            words = [g.value for g in given if isinstance(g, ast.Constant)]
            if isinstance(n, ast.Call) and function_name(n) == "dict":
                words += [k.arg for k in n.keywords]
            keys |= {word: None for word in words if isinstance(word, str)}
        if isinstance(tree, ast.ClassDef):
            own = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and root(n) == "self")
            attributes[tree.name] = tuple(dict.fromkeys(n.attr for n in own))
        elif isinstance(tree, ast.FunctionDef) and len(tree.args.args) == 1:
            functions.append(tree.name)
    name, said = (failure.type_name, failure.message) if failure else ("", "")
    return Known(
        tuple(keys), attributes, tuple(functions), _optional(trees),
        absent="NoneType" in said, lost_key=said.strip("'") if name == "KeyError" else "",
    )  # fmt: skip


def _optional(trees: Sequence[ast.AST]) -> dict[str, tuple[tuple[str, ast.expr], ...]]:
    """Function -> the parameters that have a truth value to begin with, and the other one."""
    found: dict[str, tuple[tuple[str, ast.expr], ...]] = {}
    for n in (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        given = [a.arg for a in n.args.args][len(n.args.args) - len(n.args.defaults) :]
        pairs = [*zip(given, n.args.defaults), *zip((a.arg for a in n.args.kwonlyargs),
                                                   n.args.kw_defaults)]  # fmt: skip
        found[n.name] = tuple(
            (name, ast.Constant(not default.value))
            for name, default in pairs
            if isinstance(default, ast.Constant) and isinstance(default.value, bool)
        )
    return found


def letters(place: Place) -> Iterator[Edit]:
    """Other letters in `np.einsum("nd,dm->nm", x, w)`."""
    n, call = place.node, place.parent
    if not (isinstance(n, ast.Constant) and isinstance(n.value, str) and place.index == 0):
        return
    if not isinstance(call, ast.Call) or function_name(call) != "einsum" or "->" not in n.value:
        return
    before, _, out = n.value.replace(" ", "").partition("->")
    parts = [*before.split(","), out]
    last = len(parts) - 1
    pool = "".join(dict.fromkeys(c for c in "".join(parts) if c.isalpha()))
    for at, part in reversed(list(enumerate(parts))):
        news = [(0, part[:i] + part[j] + part[i + 1 : j] + part[i] + part[j + 1 :])
                for i, j in itertools.combinations(range(len(part)), 2)
                if part[i].isalpha() and part[j].isalpha()]  # fmt: skip
        for i, letter in enumerate(part):
            if letter.isalpha():
                news += [(0, part[:i] + c + part[i + 1 :]) for c in pool if c not in part]
                news += [(1, part[:i] + part[i + 1 :])] if at == last else []
        if at == last:
            news += [(1, part[:i] + c + part[i:]) for c in pool if c not in part
                     for i in range(len(part) + 1)]  # fmt: skip
        for tier, new in news:
            now = [*parts[:at], new, *parts[at + 1 :]]
            yield tier, "index", ast.Constant(f"{','.join(now[:-1])}->{now[-1]}")


def keys(place: Place, known: Sequence[str]) -> Iterator[Edit]:
    """Another key of a dictionary."""
    n = place.node
    is_key = isinstance(place.parent, ast.Subscript) or place.field == "keys"
    if isinstance(n, ast.Constant) and isinstance(n.value, str) and is_key:
        for key in known:
            if key != n.value:
                yield 0 if _near(key, n.value) else 1, "wrong_name", ast.Constant(key)


def raising(place: Place, names: Sequence[str], known: Known) -> Iterator[Edit]:
    """What one node may have to be, where the code raises."""
    family = _FAMILIES.get(type(place.node))
    if family is not None:
        yield from family(place.node, place, names, known)
    yield from wrong_types(place, names, known.every_attribute, known.keys)
    n = place.node
    if is_value(place) and isinstance(n, ast.expr) and not isinstance(n, ast.Compare):
        if isinstance(place.parent, ast.For) and place.field == "iter":
            yield from formed("0 loop: range(A)", n)
        yield from formed(_WITH_AXES, n)
        if isinstance(n, ast.Name):
            for index in _indices(place.parents[-1]):
                yield 1, "index", ast.Subscript(n, index, ast.Load())
        if isinstance(n, (ast.Name, ast.Subscript)):
            for name in known.functions:
                yield from formed("1 missing_function: A(B)", named(name), n)


@lru_cache(maxsize=64)
def _indices(tree: ast.AST) -> tuple[ast.expr, ...]:
    """The parts that a function takes of anything: of something else they may be meant, too."""
    found = (n.slice for n in ast.walk(tree) if isinstance(n, ast.Subscript))
    parts = {ast.unparse(i): i for i in found if not isinstance(i, ast.Constant)}
    # Copies: what is put into one of them must not hold itself.
    return tuple(clone(part) for part in parts.values())


_WITH_AXES = """
1 keepdims: A[..., None]; A[:, None, None]; A[None, :, None, None]
1 shape: np.ravel(A)
1 transpose: np.swapaxes(A, 0, 1); np.swapaxes(A, -1, -2); np.swapaxes(A, 1, 2)
"""
"""New axes, none at all, or two that change places."""


def _word(n: ast.Constant, place: Place, names: Sequence[str], known: Known) -> Iterator[Edit]:
    """A variable for a number."""
    if type(n.value) is int and isinstance(place.parent, ast.Call):
        for name in names[:MOST_NAMES]:
            yield 1, "hard_coded", named(name)


def _variable(n: ast.Name, place: Place, names: Sequence[str], known: Known) -> Iterator[Edit]:
    attributes = _attributes(place, known)
    if n.id in attributes:  # self. is missing
        yield 0, "wrong_name", ast.Attribute(ast.Name("self", ast.Load()), n.id, n.ctx)
    if isinstance(n.ctx, ast.Store) and isinstance(place.parent, ast.Assign):
        for name in names:
            if name.endswith(f"[{n.id!r}]"):  # it is kept under this key
                entry = named(name)
                assert isinstance(entry, ast.Subscript)
                yield 0, "wrong_name", ast.Subscript(entry.value, entry.slice, ast.Store())
    if isinstance(n.ctx, ast.Store) or place.is_called:
        return
    if n.id == "self" or n.id not in LIBRARIES:
        attribute = isinstance(place.parent, ast.Attribute)
        for name in attributes if not attribute else ():
            yield 1, "wrong_name", ast.Attribute(n, name, ast.Load())
    if n.id not in LIBRARIES:
        for key in known.keys[:MOST_NAMES]:
            yield 1, "index", ast.Subscript(n, ast.Constant(key), ast.Load())
    if isinstance(place.parent, ast.Call) and function_name(place.parent) == "range":
        yield from formed("0 loop: len(A)", n)


def _attribute(
    n: ast.Attribute, place: Place, names: Sequence[str], known: Known
) -> Iterator[Edit]:
    if n.attr in known.keys and not place.is_called:
        yield 0, "index", ast.Subscript(n.value, ast.Constant(n.attr), n.ctx)
    if root(n) == "self" and isinstance(n.value, ast.Name):
        for name in _attributes(place, known):
            if name != n.attr and _near(name, n.attr):
                yield 0, "wrong_name", ast.Attribute(n.value, name, n.ctx)
    if n.attr in CALLED and not place.is_called:
        yield from formed("0 function: A()", n)
    if n.attr == "shape" and not isinstance(place.parent, ast.Subscript):
        yield from formed("0 index: A[0]; A[1]; A[-1]", n)
    if root(n) == "math":
        yield 0, "function", ast.Attribute(ast.Name("np", ast.Load()), n.attr, ast.Load())


def _call(n: ast.Call, place: Place, names: Sequence[str], known: Known) -> Iterator[Edit]:
    name, args, keywords = function_name(n), n.args, n.keywords
    if of_library(n):
        if name in JOINING and not any(k.arg == "axis" for k in keywords):
            for axis in (0, 1, -1, 2):
                axis_too = [*keywords, ast.keyword("axis", ast.Constant(axis))]
                yield 0, "missing_axis", keyworded(n, axis_too)
        if name in SHAPED and len(args) > 1:
            yield 0, "shape", given(n, [ast.Tuple(args, ast.Load())])
        if name in SIZED and len(args) == 1 and isinstance(args[0], ast.Tuple):
            yield 0, "shape", given(n, args[0].elts)
        return
    if isinstance(n.func, ast.Name) and name in ("max", "min") and len(args) == 2:
        yield 0, "function", library(f"{name}imum", *args)
    if name in LIBRARIES or name in REDUCTIONS or not isinstance(n.func, (ast.Name, ast.Attribute)):
        return
    if args:
        yield 1, "argument", given(n, args[:-1])
    near = {m.id for p in place.parents for loop in (*getattr(p, "generators", ()), p)
            for m in ast.walk(getattr(loop, "target", loop)) if isinstance(loop, LOOPS)
            if isinstance(m, ast.Name)}  # fmt: skip
    likely = sorted(names, key=lambda name: (name not in near, not name.isidentifier()))
    for other in map(named, likely[:MOST_NAMES]):
        for more in ([*args, other], [other, *args]) if args else ([other],):
            yield 1, "missing_argument", given(n, more)
    for key, value in known.optional.get(name, ()):
        if key not in {k.arg for k in keywords}:
            value = ast.Name(key, ast.Load()) if key in names else value
            yield 1, "missing_argument", keyworded(n, [*keywords, ast.keyword(key, value)])


def _several(
    n: ast.Tuple | ast.List, place: Place, names: Sequence[str], known: Known
) -> Iterator[Edit]:
    """One value more or less, where several are packed, unpacked or returned."""
    if isinstance(place.parent, (ast.Subscript, ast.keyword)):
        return
    for rest in without_one(n.elts) if len(n.elts) > 1 else ():
        alone = len(rest) == 1 and isinstance(n.ctx, ast.Load)
        yield 1, "packing", rest[0] if alone else type(n)(rest, n.ctx)
    if isinstance(n.ctx, ast.Store):
        known_too = [name for name in names if name.isidentifier()][:MOST_NAMES]
        idle = dict.fromkeys([*unbound(place), *known_too])
        unused: Sequence[ast.expr] = [ast.Name(name, ast.Store()) for name in idle]
    else:
        held = {ast.unparse(part) for part in n.elts}
        unused = [named(name) for name in names if name not in held][:MOST_NAMES]
    for other in unused:
        yield from ((1, "packing", type(n)(more, n.ctx)) for more in with_one_more(n.elts, other))


def _operation(n: ast.BinOp, place: Place, names: Sequence[str], known: Known) -> Iterator[Edit]:
    if isinstance(n.op, ast.Div):
        yield from formed("0 operator: A // B", n.left, n.right)
    for one, other in ((n.left, n.right), (n.right, n.left)):
        if isinstance(one, ast.Name):  # it may be None
            yield from formed("1 comparison: B if A is None else C", one, other, n)


def _truth(n: ast.AST, place: Place, names: Sequence[str], known: Known) -> Iterator[Edit]:
    """`and`, `or` and `not` of arrays."""
    if isinstance(n, ast.BoolOp):
        name = "logical_and" if isinstance(n.op, ast.And) else "logical_or"
        yield 0, "function", library(name, *n.values)
    elif isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not):
        yield 0, "function", library("logical_not", n.operand)


_FAMILIES: dict[type[ast.AST], Callable[[Any, Place, Sequence[str], Known], Iterator[Edit]]] = {
    ast.Constant: _word,
    ast.Name: _variable,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Tuple: _several,
    ast.List: _several,
    ast.BinOp: _operation,
    ast.BoolOp: _truth,
    ast.UnaryOp: _truth,
}


def _attributes(place: Place, known: Known) -> Sequence[str]:
    """What `self` has in the class around a place; nothing outside of one."""
    around = next((p.name for p in place.parents if isinstance(p, ast.ClassDef)), "")
    return known.attributes.get(around, ())


def _near(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= CLOSE


def _alike(n: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """What is wrong in the same way at each of its places in a line: the axis, and keepdims."""
    now = [k for m in ast.walk(n) if isinstance(m, ast.Call) for k in m.keywords if k.arg == "axis"]
    if len(now) < 2 or len({ast.unparse(k.value) for k in now}) > 1:
        return
    for axis in AXES:
        if ast.unparse(constant(axis)) != ast.unparse(now[0].value):
            new = clone(n)
            for m in ast.walk(new):
                if isinstance(m, ast.keyword) and m.arg == "axis":
                    m.value = constant(axis)
            yield "axis", new
    new = clone(n)
    for m in ast.walk(new):
        if isinstance(m, ast.Call) and any(k.arg == "axis" for k in m.keywords):
            kept = [k for k in m.keywords if k.arg != "keepdims"]
            same = len(kept) == len(m.keywords)
            m.keywords = [*kept, *([ast.keyword("keepdims", ast.Constant(True))] if same else [])]
    yield "keepdims", new


def _unmade(found: Sequence[Place]) -> Iterator[Change]:
    """An attribute that no line of the class makes: it may begin in `__init__`."""
    own = [p for p in found if isinstance(p.node, ast.Attribute) and root(p.node) == "self"]
    made = {p.node.attr for p in own if isinstance(p.node.ctx, ast.Store)}  # type: ignore[attr-defined]
    methods = {p.node.name for p in found if isinstance(p.node, ast.FunctionDef)}
    reads = {p.node.attr: p for p in reversed(own)}  # type: ignore[attr-defined]
    for place in found:
        n = place.node
        if not isinstance(n, ast.FunctionDef) or n.name != "__init__":
            continue
        last = next(p for p in found if p.node is n.body[-1])
        loaded = {m.id for m in ast.walk(n) if isinstance(m, ast.Name)}
        idle = [a.arg for a in n.args.args if a.arg not in loaded and a.arg != "self"]
        for name in [name for name in reads if name not in made | methods][:1]:
            for begin in (*idle, "[]", "{}", "0", "None"):
                line = placed(ast.parse(f"self.{name} = {begin}").body[0], n.body[-1])
                for body in ([*n.body, line], [line, *n.body]):
                    block = ((n.body, body),)
                    yield Change(0, "lost_line", last, beside=reads[name], block=block)


def _lost_entry(place: Place, names: Sequence[str], lost: str) -> Iterator[Change]:
    """An entry that is missing in a dictionary, or below the line that makes another one."""
    n, key = place.node, ast.Constant(lost)
    likely = sorted(names, key=lambda name: name != lost)[:MOST_NAMES]
    others = entries_in(place.parents[-1])
    target = getattr(place.statement, "targets", [None])[0]
    if isinstance(n, ast.Dict) and n.keys and ast.unparse(target or n) not in others:
        for name in likely:
            entries = ast.Dict([*n.keys, key], [*n.values, named(name)])
            yield Change(int(name != lost), "packing", place, entries)
    if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Subscript):
        body = getattr(place.parent, place.field)
        begun = others.get(ast.unparse(n.targets[0].value), {})
        lines = [line for word, line in begun.items() if word != lost]
        if max(lines, default=0) != n.lineno or not isinstance(body, list):
            return
        for value in (n.value, *map(named, likely)):
            kept = ast.Subscript(n.targets[0].value, key, ast.Store())
            line = placed(ast.Assign([kept], clone(value)), n)
            at = body.index(n) + 1
            block = ((body, [*body[:at], line, *body[at:]]),)
            yield Change(0, "lost_line", place, block=block)


def _by_index(n: ast.AST, names: Sequence[str]) -> Iterator[ast.stmt]:
    """`a.append(x)` for `a[i] = x` of a list, and the other way round of an array or a dict."""
    if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Subscript):
        append = ast.Attribute(n.targets[0].value, "append", ast.Load())
        yield ast.Expr(ast.Call(append, [n.value], []))
    call = n.value if isinstance(n, ast.Expr) else None
    if isinstance(call, ast.Call) and function_name(call) == "append" and len(call.args) == 1:
        held = getattr(call.func, "value", call)
        for name in [name for name in names if name.isidentifier()]:
            entry = ast.Subscript(held, ast.Name(name, ast.Load()), ast.Store())
            yield ast.Assign([entry], call.args[0])


def raising_lines(found: Sequence[Place], names: Sequence[str], known: Known) -> Iterator[Change]:
    """A parameter that is missing; what works in place, and was kept; the same slip twice."""
    yield from _unmade(found)
    for place in found:
        n = place.node
        if known.absent and isinstance(n, (ast.Assign, ast.AugAssign, ast.Expr)):
            read = {m.id: None for m in ast.walk(n) if isinstance(m, ast.Name)}
            for name in [name for name in read if name in names][:MOST_NAMES]:
                test = put("A is not None", named(name))
                yield Change(1, "comparison", place, ast.If(test, [n], []))
        if known.lost_key:
            yield from _lost_entry(place, names, known.lost_key)
        if isinstance(n, ast.Return):
            yield from (Change(0, "packing", place, new) for new in returned(n, names))
        if isinstance(n, (ast.Assign, ast.AugAssign, ast.Return)):
            yield from (Change(0, kind, place, new) for kind, new in _alike(n))
        if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            count = ast.Call(ast.Name("len", ast.Load()), [n.value], [])
            part = ast.Subscript(named(n.target.id), ast.Slice(None, count), ast.Store())
            yield Change(1, "index", place, ast.AugAssign(part, n.op, n.value))
        yield from (Change(1, "index", place, new) for new in _by_index(n, names))
        if isinstance(n, ast.Assign) and isinstance(n.value, ast.Call):
            call = n.value
            if function_name(call) in IN_PLACE and not of_library(call):
                yield Change(0, "function", place, ast.Expr(call))
        if not isinstance(n, ast.FunctionDef):
            continue
        arguments, given = n.args.args, {a.arg for a in ast.walk(n.args) if isinstance(a, ast.arg)}
        stored = {m.id for m in ast.walk(n) if isinstance(m, ast.Name) and m.id not in LIBRARIES}
        in_class = isinstance(place.parent, ast.ClassDef) and "self" not in given
        for name in [*(["self"] if in_class else []), *sorted(stored - given)][:MOST_NAMES]:
            new = ast.arg(name)
            for more in ([new, *arguments], [*arguments, new]) if arguments else ([new],):
                for one in more:
                    ast.copy_location(one, n)
                yield Change(1, "missing_argument", place, block=((arguments, more),))  # type: ignore[arg-type]
