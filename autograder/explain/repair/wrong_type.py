"""Changes of what is of the wrong type where code raises: a list, a dict, a function, a pair.

They are tried only where the student's code raises, as those of `raising`.
"""

import ast
import builtins
import itertools
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import numpy as np

from autograder.explain.repair.missing import BUILTIN, SIZED
from autograder.explain.repair.places import (
    LIBRARIES,
    Edit,
    Place,
    entry,
    formed,
    function_name,
    given,
    is_value,
    library,
    named,
    of_library,
    parts_of,
    with_one_more,
    without_one,
)
from autograder.explain.repair.units import clone, root

MOST = 8
ALIKE = (
    ("append", "extend", "add", "insert", "update", "appendleft"),
    ("pop", "popleft", "popitem", "remove"),
    ("random", "standard_normal", "normal", "uniform", "rand", "randn"),
    ("integers", "randint", "choice"),
    ("items", "keys", "values"),
    ("get", "setdefault"),
    ("list", "tuple", "set", "dict"),
    ("enumerate", "ndenumerate", "zip", "range", "ndindex"),
)
"""Methods of other types, or functions, that do the like."""


def wrong_types(
    place: Place, names: Sequence[str], attributes: Sequence[str], keys: Sequence[str]
) -> Iterator[Edit]:
    """What one node may have to be.

    Args:
        attributes: Those of the student's own classes.
        keys: The words under which something is kept in a dictionary.
    """
    n = place.node
    family = _FAMILIES.get(type(n))
    if family is not None:
        yield from family(n, place, [name for name in names if name.isidentifier()])
    if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load) and not place.is_called:
        for name in attributes[:MOST] if n.attr not in keys and root(n) != "self" else ():
            yield 1, "wrong_name", ast.Attribute(n.value, name, n.ctx)
    if not is_value(place) or isinstance(n, ast.Compare):
        return
    assert isinstance(n, ast.expr)
    if isinstance(n, ast.Name) and not isinstance(place.parent, ast.Attribute):
        for name in attributes[:MOST] if n.id != "self" else ():
            yield 1, "wrong_name", ast.Attribute(n, name, ast.Load())
    if isinstance(n, (ast.Name, ast.Subscript, ast.Attribute, ast.Call)):
        yield from _taken(place, n)
    if isinstance(n, (ast.Name, ast.Subscript)):
        for size in _sizes(place.parents[-1])[:MOST]:
            yield from formed("2 index: A[:B]", n, named(size))


_TAKEN = """
1 missing_function: len(A)
1 dtype: int(A); list(A)
1 packing: [A]
"""


def _taken(place: Place, n: ast.expr) -> Iterator[Edit]:
    """A part of a value, all of them, how many they are; the value alone in a list."""
    yield from formed("1 index: A[0]; A[1]; A[-1]", n)
    if not isinstance(n, ast.Call):
        yield from formed("1 function: A.values(); A.items()", n)
    yield from formed(_TAKEN, n)
    if isinstance(place.parent, ast.Call) and place.field == "args":
        yield 1, "argument", ast.Starred(n, ast.Load())
    if isinstance(place.parent, (ast.For, ast.comprehension)) and place.field == "iter":
        yield from formed("0 loop: enumerate(A)", n)


@lru_cache(maxsize=64)
def _sizes(tree: ast.AST) -> tuple[str, ...]:
    """The variables that are a size: part of a shape, or a length."""
    found: dict[str, None] = {}
    for n in ast.walk(tree):
        if isinstance(n, ast.Assign):
            value = n.value
            text = getattr(value, "attr", "") or getattr(getattr(value, "value", None), "attr", "")
            if text == "shape" or (isinstance(value, ast.Call) and function_name(value) == "len"):
                names = (m for t in n.targets for m in ast.walk(t) if isinstance(m, ast.Name))
                found |= {m.id: None for m in names if isinstance(m.ctx, ast.Store) and m.id != "_"}
    return tuple(found)


@lru_cache(maxsize=64)
def _counters(tree: ast.AST) -> tuple[str, ...]:
    """The variables of loops."""
    loops = (n for n in ast.walk(tree) if isinstance(n, (ast.For, ast.comprehension)))
    found = (m.id for loop in loops for m in ast.walk(loop.target) if isinstance(m, ast.Name))
    return tuple(dict.fromkeys(found))


def _call(n: ast.Call, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    name, args, function = function_name(n), n.args, n.func
    if of_library(n):
        yield from _of_module(n, name)
    others = [other for group in ALIKE if name in group for other in group if other != name]
    for other in others:
        new = named(other if hasattr(builtins, other) else f"np.{other}")
        if isinstance(function, ast.Attribute) and not of_library(n):
            new = ast.Attribute(function.value, other, ast.Load())
        yield 0, "function", ast.Call(new, args, n.keywords)
    if isinstance(function, ast.Attribute) and not of_library(n):
        if name == "get" and len(args) == 1:
            for begin in (*BEGINNINGS, *(f"np.zeros_like({other})" for other in names[:MOST])):
                yield from formed("0 initial: A.get(B, C)", function.value, *args, named(begin))
        if hasattr(np, name) and root(function) not in LIBRARIES:
            yield 1, "function", ast.Call(library(name).func, [function.value, *args], n.keywords)
        yield from formed(IN_PLACE.get((name, len(args)), ""), function.value, *args)
    if name == "len" and args:
        yield from formed("0 function: A.shape", args[0])
    plain = isinstance(function, (ast.Name, ast.Attribute)) and root(function) not in LIBRARIES
    if plain and name not in BUILTIN and not n.keywords:
        yield 1, "extra_function", function
        if args:  # f(i) for f[i]
            yield 0, "index", entry(ast.Subscript(function, args[0], ast.Load()), args)
    for at, arg in enumerate(args):
        instead: list[tuple[int, str, list[ast.expr]]] = []
        if len(args) > 1 and (of_library(n) or at < len(args) - 1):
            instead.append((1, "argument", []))
        if isinstance(arg, ast.Starred):
            instead.append((1, "argument", [arg.value]))
        if isinstance(arg, (ast.Tuple, ast.List)) and name not in SIZED:
            instead.append((1, "argument", arg.elts))
        if isinstance(arg, ast.BinOp):  # a comma is lost
            instead.append((0, "missing_argument", [arg.left, arg.right]))
        if not of_library(n) and name not in BUILTIN:
            for like in _of_like_kind(arg, names):
                instead += ((1, "missing_argument", both) for both in ([arg, like], [like, arg]))
        for tier, kind, parts in instead:
            yield tier, kind, given(n, [*args[:at], *parts, *args[at + 1 :]])
    if len(args) > 1 and not of_library(n):
        yield 1, "packing", given(n, [ast.Tuple(args, ast.Load())])
    axes = [a.value for a in args if isinstance(a, ast.Constant)]
    if name == "transpose" and len(args) == len(axes) in (1, 2, 3):
        for axis in (axis for axis in range(4) if axis not in axes):
            for more in with_one_more(args, ast.Constant(axis)):
                yield 0, "axis", given(n, more)


def _of_like_kind(arg: ast.expr, names: Sequence[str]) -> Iterator[ast.expr]:
    """What is to another variable what an argument is to its own: `f(x[i], y[i])`."""
    if not isinstance(arg, (ast.Subscript, ast.Attribute)) or root(arg) in LIBRARIES:
        return
    own = next(m for m in ast.walk(arg) if isinstance(m, ast.Name) and m.id == root(arg))
    for name in names[: 2 * MOST]:
        if name != own.id:
            yield clone(arg, {id(own): ast.Name(name, ast.Load())})


def _of_module(n: ast.Call, name: str) -> Iterator[Edit]:
    """A method that is called as a function of NumPy, or a function of another name."""
    args, function = n.args, n.func
    assert isinstance(function, ast.Attribute)
    if name in ("argmax", "argmin") and len(args) == 1 and not n.keywords:
        yield from formed("0 missing_function: np.unravel_index(A, B.shape)", n, args[0])
    if hasattr(np.ndarray, name) and args and not hasattr(np, name):
        own = ast.Attribute(args[0], name, ast.Load())
        yield 0, "function", ast.Call(own, args[1:], n.keywords)
    if isinstance(function.value, ast.Name) and not hasattr(np, name):
        homes = ("np.linalg.", "np.random.", "math.", "")
        likely = (*(home + name for home in homes),
                  *(f"np.{other}" for other in get_close_matches(name, dir(np), 3)))  # fmt: skip
        yield from ((0, "function", ast.Call(named(new), args, n.keywords)) for new in likely)


IN_PLACE = {
    ("sort", 0): "0 function: np.sort(A)", ("sort", 1): "0 function: np.sort(A)",
    ("reverse", 0): "0 function: A[::-1]", ("append", 1): "0 function: A + [B]",
    ("update", 1): "0 function: A | B",
}  # fmt: skip
"""Method, number of arguments -> what one that works in place, and gives None, is meant to give."""


def _entry(n: ast.Subscript, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Another index; an entry that may not be there yet; a function that is to be called."""
    parts = parts_of(n)
    plain = not isinstance(n.slice, ast.Tuple)
    for counter in _counters(place.parents[-1])[:MOST]:
        if not any(isinstance(p, ast.Name) and p.id == counter for p in parts):
            here = ast.Name(counter, ast.Load())
            yield from ((1, "index", entry(n, more)) for more in with_one_more(parts, here))
    yield from ((1, "index", entry(n, more)) for more in with_one_more(parts, ast.Slice()))
    if len(parts) > 1:
        yield from ((1, "index", entry(n, rest)) for rest in without_one(parts))
    if not isinstance(n.slice, ast.Slice):  # dw[x[i]] for dw[i]
        for name in names[:MOST]:
            if name != root(n):
                inner = ast.Subscript(ast.Name(name, ast.Load()), n.slice, ast.Load())
                yield 2, "index", entry(n, [inner])
    if not isinstance(n.ctx, ast.Load) or not plain:
        return
    if isinstance(n.slice, ast.Constant) and type(n.slice.value) is int:
        yield from ((1, "number", ast.Constant(number)) for number in (1.0, 0.0))
    if isinstance(n.slice, ast.Slice):
        yield from _of_so_many(place, n, n.slice)
        return
    if isinstance(n.value, (ast.Name, ast.Attribute)):
        yield 1, "missing_function", ast.Call(n.value, [n.slice], [])
    if isinstance(n.slice, ast.Constant) and not isinstance(n.slice.value, str):
        return
    yield from formed("0 initial: A.get(B)", n.value, n.slice)
    begun = entries_in(place.parents[-1]).get(ast.unparse(n.value), {})
    key = getattr(n.slice, "value", None)
    if any(other != key and line < n.lineno for other, line in begun.items()):
        return  # it is missing where others begin
    for begin in (*BEGINNINGS, *(f"np.zeros_like({name})" for name in names[:MOST])):
        yield from formed("0 initial: A.setdefault(B, C)", n.value, n.slice, named(begin))


@lru_cache(maxsize=64)
def entries_in(tree: ast.AST) -> dict[str, dict[str, int]]:
    """Dictionary -> the words under which something new is put into it, each with its last line."""
    found: dict[str, dict[str, int]] = {}
    for n in (n for n in ast.walk(tree) if isinstance(n, ast.Assign)):
        kept = n.targets[0]
        if isinstance(kept, ast.Subscript) and isinstance(kept.slice, ast.Constant):
            itself = ast.unparse(kept) in ast.unparse(n.value)
            if isinstance(kept.slice.value, str) and not itself:
                of = found.setdefault(ast.unparse(kept.value), {})
                of[kept.slice.value] = max(of.get(kept.slice.value, 0), n.lineno)
    return found


def _of_so_many(place: Place, n: ast.Subscript, index: ast.Slice) -> Iterator[Edit]:
    """Of a list as many as there are names for them: `a, b = found[1:3]`."""
    statement = place.statement
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(target, ast.Tuple) and place.parent is statement:
        first = getattr(index.lower, "value", 0) if index.lower else 0
        if type(first) is int:
            last = ast.Constant(first + len(target.elts))
            yield 0, "packing", entry(n, [ast.Slice(index.lower, last)])


BEGINNINGS = ("[]", "{}", "0", "None")
_LIKE = "1 initial: np.zeros_like(A, dtype=float); np.zeros(len(A)); [None] * len(A)"
_SIZED = "1 initial: np.zeros(A); [None] * A"


def _beginning(n: ast.expr, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """What a variable may have to begin with."""
    statement = place.statement
    if place.parent is not statement or not isinstance(statement, ast.Assign):
        return
    empty = isinstance(n, (ast.List, ast.Dict)) and not ast.unparse(n)[1:-1]
    if not empty and not isinstance(n, ast.Constant):
        return
    yield from ((1, "initial", named(text)) for text in BEGINNINGS if text != ast.unparse(n))
    if isinstance(n, ast.Constant):
        yield 1, "initial", ast.List([n], ast.Load())
    for name in names[:MOST]:
        yield from formed(_LIKE, named(name))
    for size in _sizes(place.parents[-1])[:MOST]:
        yield from formed(_SIZED, named(size))


def _several(n: ast.Tuple | ast.List, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Brackets around some of the values, or around fewer."""
    if isinstance(place.parent, (ast.Subscript, ast.keyword)):
        return
    if len(n.elts) > 2 and isinstance(n, ast.Tuple):
        last, first = ast.Tuple(n.elts[1:], n.ctx), ast.Tuple(n.elts[:-1], n.ctx)
        yield 0, "packing", ast.Tuple([n.elts[0], last], n.ctx)
        yield 0, "packing", ast.Tuple([first, n.elts[-1]], n.ctx)
    for at, part in enumerate(n.elts):
        if isinstance(part, ast.Tuple):
            flat = [*n.elts[:at], *part.elts, *n.elts[at + 1 :]]
            yield 0, "packing", type(n)(flat, n.ctx)
    if isinstance(n.ctx, ast.Load):
        if len(n.elts) == 1:
            yield 0, "packing", n.elts[0]
        yield 0, "packing", ast.List([n], ast.Load())
    call = place.parent
    if isinstance(call, ast.Call) and function_name(call) in SIZED:
        for at, size in enumerate(n.elts):
            for factor in (2, 3, 4) if isinstance(size, ast.Name) else ():
                larger = ast.BinOp(ast.Constant(factor), ast.Mult(), size)
                yield 1, "shape", ast.Tuple([*n.elts[:at], larger, *n.elts[at + 1 :]], n.ctx)


def _target(n: ast.Name, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Several names, where one holds all that should be taken apart."""
    if isinstance(n.ctx, ast.Store) and isinstance(place.parent, (ast.Assign, ast.For)):
        for other in unbound(place):
            idle = ast.Name(other, ast.Store())
            for several in ([n, idle], [idle, n], [n, ast.Starred(idle, ast.Store())]):
                yield 0, "packing", ast.Tuple([*several], ast.Store())


def unbound(place: Place) -> tuple[str, ...]:
    """The names that a function reads and nothing gives a value, and one for what is not read."""
    return ("_", *_unbound(place.function)) if place.function else ("_",)


@lru_cache(maxsize=64)
def _unbound(tree: ast.FunctionDef) -> tuple[str, ...]:
    read = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    made = {n.id for n in read if isinstance(n.ctx, ast.Store)} | LIBRARIES | BUILTIN
    made |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    made |= {n.func.id for n in ast.walk(tree)
             if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
    return tuple(dict.fromkeys(n.id for n in read if n.id not in made))[:3]


def _attribute(n: ast.Attribute, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """The thing itself, where one of its attributes stands."""
    library = root(n) in ("np", "numpy", "math")
    if isinstance(n.ctx, ast.Load) and not library and not place.is_called:
        yield 1, "index", n.value


_FAMILIES: dict[type[ast.AST], Callable[[Any, Place, Sequence[str]], Iterator[Edit]]] = {
    ast.Call: _call,
    ast.Subscript: _entry,
    ast.List: lambda *of: itertools.chain(_several(*of), _beginning(*of)),
    ast.Tuple: _several,
    ast.Dict: _beginning,
    ast.Constant: _beginning,
    ast.Name: _target,
    ast.Attribute: _attribute,
}


def returned(statement: ast.Return, names: Sequence[str]) -> Iterator[ast.Return]:
    """A value more, where only one is returned."""
    value = statement.value
    if value is None or isinstance(value, ast.Tuple):
        return
    for name in [name for name in names if name.isidentifier()]:
        if not (isinstance(value, ast.Name) and value.id == name):
            other = ast.Name(name, ast.Load())
            yield ast.Return(ast.Tuple([value, other], ast.Load()))
            yield ast.Return(ast.Tuple([other, value], ast.Load()))
