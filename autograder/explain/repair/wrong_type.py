"""Changes of what is of the wrong type where code raises: a list, a dict, a function, a pair.

They are tried only where the student's code raises, as those of `raising`.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache

import numpy as np

from autograder.explain.repair.expressions import Edit
from autograder.explain.repair.missing import BUILTIN, SIZED
from autograder.explain.repair.places import (
    LIBRARIES,
    Place,
    function_name,
    is_value,
    library,
    named,
    of_library,
    root,
)
from autograder.explain.repair.units import clone

MOST = 8
ALIKE = (
    ("append", "extend", "add", "insert", "update", "appendleft"),
    ("pop", "popleft", "popitem", "remove"),
    ("random", "standard_normal", "normal", "uniform", "rand", "randn"),
    ("integers", "randint", "choice"),
    ("items", "keys", "values"),
    ("get", "setdefault"),
)
"""Methods of other types that do the like."""


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
        yield from family(place, [name for name in names if name.isidentifier()])
    called = isinstance(place.parent, ast.Call) and place.field == "func"
    if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load) and not called:
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
    for size in (
        _sizes(place.parents[-1])[:MOST] if isinstance(n, (ast.Name, ast.Subscript)) else ()
    ):
        part = ast.Slice(None, ast.Name(size, ast.Load()))
        yield 2, "index", ast.Subscript(n, part, ast.Load())


def _taken(place: Place, n: ast.expr) -> Iterator[Edit]:
    """A part of a value, all of them, how many they are; the value alone in a list."""
    for at in (0, 1, -1):
        yield 1, "index", ast.Subscript(n, ast.Constant(at), ast.Load())
    for name in ("values", "items") if not isinstance(n, ast.Call) else ():
        yield 1, "function", _method(n, name)
    for name, kind in (("len", "missing_function"), ("int", "dtype"), ("list", "dtype")):
        yield 1, kind, ast.Call(ast.Name(name, ast.Load()), [n], [])
    yield 1, "packing", ast.List([n], ast.Load())
    if isinstance(place.parent, ast.Call) and place.field == "args":
        yield 1, "argument", ast.Starred(n, ast.Load())
    if isinstance(place.parent, (ast.For, ast.comprehension)) and place.field == "iter":
        yield 0, "loop", ast.Call(ast.Name("enumerate", ast.Load()), [n], [])


def _method(value: ast.expr, name: str, *args: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(value, name, ast.Load()), [*args], [])


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


def _call(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Call)
    name, args, function = function_name(n), n.args, n.func
    if of_library(n):
        yield from _of_module(n, name)
    elif isinstance(function, ast.Attribute):
        for group in ALIKE:
            for other in group if name in group else ():
                if other != name:
                    new = ast.Attribute(function.value, other, ast.Load())
                    yield 0, "function", ast.Call(new, args, n.keywords)
        if hasattr(np, name) and root(function) not in LIBRARIES:
            yield 1, "function", ast.Call(library(name).func, [function.value, *args], n.keywords)
        yield from _in_place(function.value, name, args)
    plain = isinstance(function, (ast.Name, ast.Attribute)) and root(function) not in LIBRARIES
    if plain and name not in BUILTIN and not n.keywords:
        yield 1, "extra_function", function
        if args:  # f(i) for f[i]
            index = args[0] if len(args) == 1 else ast.Tuple(args, ast.Load())
            yield 0, "index", ast.Subscript(function, index, ast.Load())
    for at, arg in enumerate(args):
        rest = [*args[:at], *args[at + 1 :]]
        if len(args) > 1 and (of_library(n) or at < len(args) - 1):
            yield 1, "argument", ast.Call(function, rest, n.keywords)
        if isinstance(arg, ast.Starred):
            one = [*args[:at], arg.value, *args[at + 1 :]]
            yield 1, "argument", ast.Call(function, one, n.keywords)
        if isinstance(arg, (ast.Tuple, ast.List)) and name not in SIZED:
            several = [*args[:at], *arg.elts, *args[at + 1 :]]
            yield 1, "argument", ast.Call(function, several, n.keywords)
        if isinstance(arg, ast.BinOp):  # a comma is lost
            both = [*args[:at], arg.left, arg.right, *args[at + 1 :]]
            yield 0, "missing_argument", ast.Call(function, both, n.keywords)
        if not of_library(n) and name not in BUILTIN:
            yield from _of_like_kind(n, at, arg, names)
    if len(args) > 1 and not of_library(n):
        yield 1, "packing", ast.Call(function, [ast.Tuple(args, ast.Load())], n.keywords)
    if name == "transpose" and len(args) in (1, 2, 3):
        axes = [a.value for a in args if isinstance(a, ast.Constant)]
        for axis in range(4) if len(axes) == len(args) else ():
            for at in range(len(args) + 1) if axis not in axes else ():
                more = [*args[:at], ast.Constant(axis), *args[at:]]
                yield 0, "axis", ast.Call(function, more, n.keywords)


def _of_like_kind(n: ast.Call, at: int, arg: ast.expr, names: Sequence[str]) -> Iterator[Edit]:
    """One argument more, which is to another variable what this one is: `f(x[i], y[i])`."""
    if not isinstance(arg, (ast.Subscript, ast.Attribute)) or root(arg) in LIBRARIES:
        return
    for name in names[: 2 * MOST]:
        if name != root(arg):
            other = clone(arg)
            first = next(
                m for m in ast.walk(other) if isinstance(m, ast.Name) and m.id == root(arg)
            )
            first.id = name
            for args in ([*n.args[: at + 1], other, *n.args[at + 1 :]],
                         [*n.args[:at], other, *n.args[at:]]):  # fmt: skip
                yield 1, "missing_argument", ast.Call(n.func, args, n.keywords)


def _of_module(n: ast.Call, name: str) -> Iterator[Edit]:
    """A method that is called as a function of NumPy, or a function of another name."""
    args, function = n.args, n.func
    assert isinstance(function, ast.Attribute)
    if name in ("argmax", "argmin") and len(args) == 1 and not n.keywords:
        like = ast.Attribute(args[0], "shape", ast.Load())
        yield 0, "missing_function", library("unravel_index", n, like)
    if hasattr(np.ndarray, name) and args and not hasattr(np, name):
        own = ast.Attribute(args[0], name, ast.Load())
        yield 0, "function", ast.Call(own, args[1:], n.keywords)
    if isinstance(function.value, ast.Name) and not hasattr(np, name):
        for module in ("np.linalg", "np.random", "math"):
            new = ast.Attribute(named(module), name, ast.Load())
            yield 0, "function", ast.Call(new, args, n.keywords)
        yield 0, "function", ast.Call(ast.Name(name, ast.Load()), args, n.keywords)
        for other in get_close_matches(name, dir(np), 3):
            yield 0, "function", ast.Call(library(other).func, args, n.keywords)


def _in_place(value: ast.expr, name: str, args: list[ast.expr]) -> Iterator[Edit]:
    """What a method that works in place, and gives None, is meant to give."""
    if name == "sort":
        yield 0, "function", library("sort", value)
    elif name == "reverse":
        step = ast.UnaryOp(ast.USub(), ast.Constant(1))
        yield 0, "function", ast.Subscript(value, ast.Slice(None, None, step), ast.Load())
    elif name == "append" and len(args) == 1:
        yield 0, "function", ast.BinOp(value, ast.Add(), ast.List(args, ast.Load()))
    elif name == "update" and len(args) == 1:
        yield 0, "function", ast.BinOp(value, ast.BitOr(), args[0])


def _entry(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Another index; an entry that may not be there yet; a function that is to be called."""
    n = place.node
    assert isinstance(n, ast.Subscript)
    parts = n.slice.elts if isinstance(n.slice, ast.Tuple) else [n.slice]
    plain = not isinstance(n.slice, ast.Tuple)
    for counter in _counters(place.parents[-1])[:MOST]:
        if not any(isinstance(p, ast.Name) and p.id == counter for p in parts):
            for at in range(len(parts) + 1):
                here = ast.Name(counter, ast.Load())
                more = ast.Tuple([*parts[:at], here, *parts[at:]], ast.Load())
                yield 1, "index", ast.Subscript(n.value, more, n.ctx)
    for at in range(len(parts) + 1):
        every = ast.Tuple([*parts[:at], ast.Slice(), *parts[at:]], ast.Load())
        yield 1, "index", ast.Subscript(n.value, every, n.ctx)
    for at in range(len(parts)) if len(parts) > 1 else ():
        rest = [*parts[:at], *parts[at + 1 :]]
        index = rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())
        yield 1, "index", ast.Subscript(n.value, index, n.ctx)
    if not isinstance(n.slice, ast.Slice):  # dw[x[i]] for dw[i]
        for name in names[:MOST]:
            if name != root(n):
                inner = ast.Subscript(ast.Name(name, ast.Load()), n.slice, ast.Load())
                yield 2, "index", ast.Subscript(n.value, inner, n.ctx)
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
    yield 0, "initial", _method(n.value, "get", n.slice)
    begun = entries_in(place.parents[-1]).get(ast.unparse(n.value), {})
    key = getattr(n.slice, "value", None)
    if any(other != key and line < n.lineno for other, line in begun.items()):
        return  # it is missing where others begin
    for begin in (*BEGINNINGS, *(f"np.zeros_like({name})" for name in names[:MOST])):
        yield 0, "initial", _method(n.value, "setdefault", n.slice, named(begin))


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
            yield 0, "packing", ast.Subscript(n.value, ast.Slice(index.lower, last), n.ctx)


BEGINNINGS = ("[]", "{}", "0", "None")


def _beginning(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """What a variable may have to begin with."""
    n, statement = place.node, place.statement
    if place.parent is not statement or not isinstance(statement, ast.Assign):
        return
    empty = isinstance(n, (ast.List, ast.Dict)) and not ast.unparse(n)[1:-1]
    if not empty and not isinstance(n, ast.Constant):
        return
    assert isinstance(n, ast.expr)
    yield from ((1, "initial", named(text)) for text in BEGINNINGS if text != ast.unparse(n))
    if isinstance(n, ast.Constant):
        yield 1, "initial", ast.List([n], ast.Load())
    for name in names[:MOST]:
        for text in (f"np.zeros_like({name}, dtype=float)", f"np.zeros(len({name}))",
                     f"[None] * len({name})"):  # fmt: skip
            yield 1, "initial", named(text)
    for size in _sizes(place.parents[-1])[:MOST]:
        yield from ((1, "initial", named(text)) for text in (f"np.zeros({size})",
                                                            f"[None] * {size}"))  # fmt: skip


def _several(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Brackets around some of the values, or around fewer."""
    n = place.node
    assert isinstance(n, (ast.Tuple, ast.List))
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


def _target(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """Several names, where one holds all that should be taken apart."""
    n = place.node
    assert isinstance(n, ast.Name)
    if isinstance(n.ctx, ast.Store) and isinstance(place.parent, (ast.Assign, ast.For)):
        for other in unbound(place):
            idle = ast.Name(other, ast.Store())
            for several in ([n, idle], [idle, n], [n, ast.Starred(idle, ast.Store())]):
                yield 0, "packing", ast.Tuple([*several], ast.Store())


def unbound(place: Place) -> tuple[str, ...]:
    """The names that a function reads and nothing gives a value, and one for what is not read."""
    whole = next((p for p in place.parents if isinstance(p, ast.FunctionDef)), None)
    return ("_", *_unbound(whole)) if whole else ("_",)


@lru_cache(maxsize=64)
def _unbound(tree: ast.FunctionDef) -> tuple[str, ...]:
    read = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    made = {n.id for n in read if isinstance(n.ctx, ast.Store)} | LIBRARIES | BUILTIN
    made |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    made |= {n.func.id for n in ast.walk(tree)
             if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
    return tuple(dict.fromkeys(n.id for n in read if n.id not in made))[:3]


def _attribute(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """The thing itself, where one of its attributes stands."""
    n = place.node
    assert isinstance(n, ast.Attribute)
    called = isinstance(place.parent, ast.Call) and place.field == "func"
    if isinstance(n.ctx, ast.Load) and root(n) not in ("np", "numpy", "math") and not called:
        yield 1, "index", n.value


_FAMILIES: dict[type[ast.AST], Callable[[Place, Sequence[str]], Iterator[Edit]]] = {
    ast.Call: _call,
    ast.Subscript: _entry,
    ast.List: lambda place, names: itertools.chain(
        _several(place, names), _beginning(place, names)
    ),
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
