"""What met where an exception was raised: the operation, and the shapes of its operands.

Like the interpreter this runs beside student code and decides nothing. Shapes are worked out from
the frame's local variables without computing anything: only arrays of NumPy's very own type count,
so no code of a student's runs.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any

import numpy as np

MOST_TEXT = 60
MOST_AXES = 8
MOST_ENTRIES = 8
CLOSE = 0.75
"""How alike two names are of which one may be meant for the other."""
OPERATIONS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**",
}  # fmt: skip
REDUCTIONS = ("sum", "mean", "max", "min", "var", "std", "prod")
SAME_SHAPE = ("exp", "log", "sqrt", "tanh", "abs", "square", "sign", "zeros_like", "ones_like",
              "copy", "sin", "cos", "log1p", "expm1")  # fmt: skip
PARTS = ("<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>")
"""Pieces of a function that Python counts as functions of their own."""
MODULES = (ModuleType, np.random.Generator, np.random.RandomState)
FUNCTIONS = (BuiltinFunctionType, type(np.sum), np.ufunc)
"""Types of functions that no student writes."""
PLAIN = (np.ndarray, list, dict, tuple, set, str)
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Operand:
    """A piece of the student's code, and the shape of its value."""

    text: str
    shape: Shape


@dataclass(frozen=True)
class Raised:
    """Where an exception was raised."""

    function: str
    line: int  # counted from the `def` line as 1
    # `"@"`, `"+"` …, `"="` (a place, and what is put there), `"index"`, or `"unpack"`: so many
    # names (the shape of the second operand) for so many values (that of the first). Where a name
    # has no value: `"near"` (the second operand is one that has), `"elsewhere"` (a function that
    # has it), `"lost"`. What a library or a type does not have is `"absent"` (perhaps with one that
    # it has), and a call that no arguments like these suit `"call"`: whatever the values are, that
    # line is wrong. Of a dict without an entry it is `"key"`; the second operand says which it has,
    # "" where none.
    operation: str = ""
    operands: tuple[Operand, ...] = ()


def where_raised(trace: TracebackType | None, message: str = "") -> Raised | None:
    """Where an exception was raised in the student's own code; None where that is not known.

    Args:
        message: What NumPy says: two shapes that it names are those of the two operands.
    """
    own = within = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_own(code.co_filename):
            own = trace
            within = within if code.co_name in PARTS else trace
        trace = trace.tb_next
    if own is None or within is None:
        return None
    code = within.tb_frame.f_code
    line = within.tb_lineno - code.co_firstlineno + 1
    if code.co_name == "<module>" or line < 1:
        return None
    node = _expression(own)
    names = {**own.tb_frame.f_globals, **own.tb_frame.f_locals}
    operation, parts = _operation(node, names)
    if isinstance(node, ast.Name) and node.id not in names and not hasattr(builtins, node.id):
        operation, parts = _unknown(node.id, within.tb_frame)
    operation, parts = _never(node, names, message) or (operation, parts)
    operands = []
    named = re.findall(r"\((\d+,(?:\d+,?)*)\)", message)
    if len(named) == len(parts) == 2 and "broadcast together" in message:
        parts = [
            (text, shape or tuple(int(size) for size in told.split(",") if size))
            for (text, shape), told in zip(parts, named, strict=True)
        ]
    for text, shape in parts:
        if shape is None or len(shape) > MOST_AXES:
            return Raised(code.co_name, line)
        cut = text if len(text) <= MOST_TEXT else f"{text[: MOST_TEXT - 1]}…"
        operands.append(Operand(cut, tuple(int(size) for size in shape)))
    return Raised(code.co_name, line, operation, tuple(operands))


def _unknown(name: str, frame: FrameType) -> tuple[str, Parts]:
    """What a name that has no value may be: another one's, one with a slip of the pen, or lost."""
    functions = {
        key: value.__code__
        for key, value in frame.f_globals.items()
        if isinstance(value, FunctionType) and is_own(value.__code__.co_filename)
    }
    near = get_close_matches(name, [*frame.f_locals, *functions], 1, CLOSE)
    if near and len(name) > 1:
        return "near", [(name, ()), (near[0], ())]
    others = (key for key, code in functions.items() if name in code.co_varnames)
    other = next((key for key in others if functions[key] is not frame.f_code), "")
    if other and name not in frame.f_code.co_varnames:
        return "elsewhere", [(name, ()), (other, ())]
    return "lost", [(name, ())]


def _never(node: ast.AST | None, names: Mapping[str, Any], message: str) -> Found | None:
    """What is wrong whatever the values are: there is no such function, or it is not called so.

    Or what a dict holds in which something was looked for in vain.
    """
    if isinstance(node, ast.Subscript) and type(owner := _value_of(node.value, names)) is dict:
        entries = [repr(key) for key in owner if type(key) in (str, int)][:MOST_ENTRIES]
        return "key", [(ast.unparse(node.value), ()), (", ".join(entries), ())]
    if isinstance(node, ast.Attribute):
        text, owner = ast.unparse(node.value), _value_of(node.value, names)
        whole = type(owner) in MODULES
        has = dir(owner) if whole or type(owner) in PLAIN else [node.attr]
        near = get_close_matches(node.attr, has, 1, CLOSE)
        if node.attr not in has and (whole or near) and "has no attribute" in message:
            return "absent", [(f"{text}.{name}", ()) for name in (node.attr, *near)]
    if isinstance(node, ast.Call) and not _is_starred(node):
        function = _value_of(node.func, names)
        name = getattr(function, "__name__", "") if type(function) in FUNCTIONS else ""
        unfit = rf"(\w+\.)?{name}(\(\))? (takes|missing|expected at|got an unexpected|got multiple)"
        if name and re.match(rf"Cannot interpret '.*' as a data type|{unfit}", message):
            return "call", [(ast.unparse(node.func), ())]
    return None


def _is_starred(call: ast.Call) -> bool:
    return any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg is None for k in call.keywords
    )


def _value_of(node: ast.AST, names: Mapping[str, Any]) -> Any:
    """The value of a name, or of what a module or a generator of numbers has."""
    if isinstance(node, ast.Name):
        return names.get(node.id, getattr(builtins, node.id, None))
    if isinstance(node, ast.Attribute):
        owner = _value_of(node.value, names)
        if type(owner) in MODULES:
            return getattr(owner, node.attr, None)
    return None


def is_own(filename: str) -> bool:
    """Whether code of this file is a cell's (no path, or a kernel's), not a library's."""
    if filename.startswith(("<frozen", "<__array_function__")) or filename.endswith(".pyx"):
        return False
    return "ipykernel" in filename or not ("/" in filename or "\\" in filename)


def _expression(trace: TracebackType) -> ast.AST | None:
    """The piece of code that was at work."""
    code = trace.tb_frame.f_code
    positions = list(code.co_positions())[trace.tb_lasti // 2]
    first, last, start, end = positions
    if first is None or last is None or start is None or end is None:
        return None
    lines = [line.encode() for line in linecache.getlines(code.co_filename)[first - 1 : last]]
    if not lines:
        return None
    whole = b"".join(lines).decode().strip()
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    piece = _parsed(b"".join(lines).decode().strip())
    if isinstance(piece, ast.Tuple | ast.Subscript):  # perhaps the target of an assignment
        statement = _parsed(whole)
        if isinstance(statement, ast.Assign) and ast.dump(piece) == _target(statement):
            return statement
    return piece


def _target(statement: ast.Assign) -> str:
    """What stands on the left of an assignment, as it is written where it is read."""
    return ast.dump(ast.parse(ast.unparse(statement.targets[0]), mode="eval").body)


def _parsed(text: str) -> ast.AST | None:
    """The one expression or statement that a text is."""
    for ready in (f"({text})", text):
        try:
            found = ast.parse(ready).body
        except SyntaxError:
            continue
        if len(found) == 1:
            return found[0].value if isinstance(found[0], ast.Expr) else found[0]
    return None


Parts = list[tuple[str, Shape | None]]
Found = tuple[str, Parts]


def _operation(node: ast.AST | None, names: Mapping[str, Any]) -> tuple[str, Parts]:
    pair: tuple[ast.expr, ast.expr] | None = None
    sign = ""
    if isinstance(node, ast.BinOp):
        sign, pair = OPERATIONS.get(type(node.op), ""), (node.left, node.right)
    elif isinstance(node, ast.AugAssign):
        sign, pair = OPERATIONS.get(type(node.op), ""), (node.target, node.value)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name, args = node.func.attr, node.args
        if name in ("dot", "matmul") and len(args) == 2:
            sign, pair = "@", (args[0], args[1])
        elif name == "dot" and len(args) == 1:
            sign, pair = "@", (node.func.value, args[0])
    elif isinstance(node, ast.Subscript):
        return "index", [(ast.unparse(node), shape_of(node.value, names))]
    elif isinstance(node, ast.Assign):
        return _unpacking(node, names)
    if not sign or pair is None:
        return "", []
    return sign, [(ast.unparse(part), shape_of(part, names)) for part in pair]


def _unpacking(node: ast.Assign, names: Mapping[str, Any]) -> tuple[str, Parts]:
    target = node.targets[0]
    if isinstance(target, ast.Subscript):
        if shape_of(target, names) is None:  # there is no such place
            return _operation(target, names)
        return "=", [(ast.unparse(part), shape_of(part, names)) for part in (target, node.value)]
    if not isinstance(target, ast.Tuple):
        return "", []
    value = names.get(node.value.id) if isinstance(node.value, ast.Name) else None
    if type(value) not in (tuple, list):
        return "", []
    assert isinstance(value, (tuple, list)) and isinstance(node.value, ast.Name)
    return "unpack", [(node.value.id, (len(value),)), ("", (len(target.elts),))]


def shape_of(node: ast.AST, names: Mapping[str, Any]) -> Shape | None:
    """The shape of an expression's value, as far as it follows from the arrays in it."""
    if isinstance(node, ast.Name):
        return _shape_of_value(names.get(node.id))
    if isinstance(node, ast.Constant):
        return () if isinstance(node.value, (int, float)) else None
    if isinstance(node, ast.UnaryOp):
        return shape_of(node.operand, names)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        inner = shape_of(node.value, names)
        return None if inner is None else inner[::-1]
    try:
        if isinstance(node, ast.BinOp):
            left, right = shape_of(node.left, names), shape_of(node.right, names)
            if left is None or right is None:
                return None
            if isinstance(node.op, ast.MatMult):
                return (_blank(left) @ _blank(right)).shape if _small(left, right) else None
            return np.broadcast_shapes(left, right)
        if isinstance(node, ast.Subscript):
            whole, index = shape_of(node.value, names), _index(node.slice, names)
            return None if whole is None else _blank(whole)[index].shape
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return _shape_of_call(node, node.func, names)
    except (ValueError, IndexError, TypeError, KeyError):
        return None
    return None


def _shape_of_value(value: Any) -> Shape | None:
    if type(value) is np.ndarray:
        return value.shape
    return () if type(value) in (int, float, np.float64) else None


def _blank(shape: Shape) -> np.ndarray:
    """An array of this shape that takes no room."""
    return np.broadcast_to(np.float64(0), shape)


def _small(*shapes: Shape) -> bool:
    return all(int(np.prod(shape)) <= 100_000 for shape in shapes)


def _index(node: ast.AST, names: Mapping[str, Any]) -> Any:
    """The value of an index made of integers, slices and None.

    Raises:
        KeyError: It holds something else.
    """
    if isinstance(node, ast.Tuple):
        return tuple(_index(part, names) for part in node.elts)
    if isinstance(node, ast.Slice):
        ends = (node.lower, node.upper, node.step)
        return slice(*(None if end is None else _index(end, names) for end in ends))
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, type(None), type(...))):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_index(node.operand, names)
    if isinstance(node, ast.Name) and type(names[node.id]) is int:
        return names[node.id]
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        one, other = _index(node.left, names), _index(node.right, names)
        return one + other if isinstance(node.op, ast.Add) else one - other
    raise KeyError


def _shape_of_call(
    node: ast.Call, function: ast.Attribute, names: Mapping[str, Any]
) -> Shape | None:
    """The shape that a reduction or an entry by entry function of NumPy's gives."""
    library = isinstance(function.value, ast.Name) and function.value.id in ("np", "numpy")
    parts = node.args if library else [function.value, *node.args]
    inner = shape_of(parts[0], names) if parts else None
    if inner is None:
        return None
    if function.attr in SAME_SHAPE and len(parts) == 1:
        return inner
    if function.attr not in REDUCTIONS or len(parts) > 2 or not _small(inner):
        return None
    keywords = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
    if len(parts) == 2:
        keywords["axis"] = ast.literal_eval(parts[1])
    if not set(keywords) <= {"axis", "keepdims"}:
        return None
    return np.shape(np.sum(_blank(inner), **keywords))  # type: ignore[arg-type]
