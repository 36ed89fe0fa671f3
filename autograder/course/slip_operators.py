"""The slips of a value: operators for the derived bank, on top of those of the proof.

What a student writes in three lines stands in one line of the reference. So a slip is also made on
every *value* on the way: its sign, a factor, its reciprocal, its square, another name in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.course.mutants import ARITHMETIC, Change, Operator, Place


def _is_value(place: Place) -> bool:
    """Whether the node is a number or an array that formulas are made of."""
    node = place.node
    if not isinstance(node, (ast.BinOp, ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or not place.parents:
        return False
    if any(isinstance(p, (ast.Subscript, ast.arguments)) for p in place.parents):
        return isinstance(place.parents[0], ast.BinOp)
    parent = place.parents[0]
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, (*ARITHMETIC, ast.MatMult))
    if isinstance(parent, ast.Call):
        return node in parent.args
    if isinstance(parent, ast.Attribute):  # (a * b).sum()
        return isinstance(node, ast.BinOp)
    return isinstance(parent, (ast.UnaryOp, ast.Assign, ast.AugAssign, ast.Return, ast.Tuple))


def _scaled(place: Place) -> Iterator[Change]:
    """The value with another sign, twice, half, squared, or its reciprocal."""
    if not _is_value(place):
        return
    node: ast.expr = place.node  # type: ignore[assignment]
    yield "sign", "negated", ast.UnaryOp(ast.USub(), node)
    yield "number", "doubled", ast.BinOp(ast.Constant(2), ast.Mult(), node)
    yield "number", "halved", ast.BinOp(ast.Constant(0.5), ast.Mult(), node)
    yield "inverse", "reciprocal", ast.BinOp(ast.Constant(1), ast.Div(), node)
    yield "power", "squared", ast.BinOp(node, ast.Pow(), ast.Constant(2))


def _averaged(place: Place) -> Iterator[Change]:
    """The value divided or multiplied by the number of its rows."""
    if not _is_value(place) or not place.names:
        return
    node: ast.expr = place.node  # type: ignore[assignment]
    first = next((name for name in place.names if name not in ("self", "cache")), "")
    rows = ast.Call(ast.Name("len", ast.Load()), [ast.Name(first, ast.Load())], [])
    yield "mean_for_sum", "over N", ast.BinOp(node, ast.Div(), rows)
    yield "sum_for_mean", "times N", ast.BinOp(node, ast.Mult(), rows)


def _confused(place: Place) -> Iterator[Change]:
    """Another name of the function in the place of this one."""
    match place.node:
        case ast.Name(name, ast.Load()) if name in place.names:
            for other in place.names:
                if other not in (name, "self"):
                    yield "wrong_name", f"{name} -> {other}", ast.Name(other, ast.Load())


def _expressions(place: Place) -> Iterator[Change]:
    """An axis, an index or the end of a loop that is another one; what a loop instead gives."""
    match place.node:
        case ast.Call() as node:
            yield from _calls(node)
        case ast.keyword("axis", value):
            for axis in (-1, 0, 1, 2):
                if ast.unparse(value) != str(axis):
                    yield "axis", f"axis={axis}", ast.keyword("axis", ast.Constant(axis))
        case ast.Subscript(value, index, ast.Load() as context):
            indices = index.elts if isinstance(index, ast.Tuple) else [index]
            for i, one in enumerate(indices):
                for sign, op in (("+", ast.Add()), ("-", ast.Sub())):
                    if isinstance(one, (ast.Name, ast.BinOp)):
                        moved = ast.BinOp(one, op, ast.Constant(1))
                        several = [*indices[:i], moved, *indices[i + 1 :]]
                        new = ast.Tuple(several, ast.Load()) if len(several) > 1 else moved
                        changed = ast.Subscript(value, new, context)
                        yield "off_by_one", f"index {sign} 1", changed
        case ast.BinOp(left, ast.MatMult(), right):
            whole, below = ast.unparse(left), ast.unparse(right)
            for part, kind in _PARTS.items():
                yield (
                    kind,
                    f"contracted over {part}",
                    _made(f"({whole})[..., {part}] @ ({below})[{part}]"),
                )


def _calls(node: ast.Call) -> Iterator[Change]:
    """A function that was not applied; a loop from 1, or backwards; a sum over a part."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("np"), name), [argument], []):
            kind = "power" if name in ("sqrt", "square") else "function"
            yield kind, f"{name} dropped", argument
    match node:
        case ast.Call(ast.Attribute(ast.Name("np"))):
            return
        case ast.Call(ast.Attribute(value, "sum" | "mean" as name), args, keywords):
            yield "lost_sum", f"{name} dropped", value
            axis = next((ast.unparse(k.value) for k in keywords if k.arg == "axis"), "0")
            if args or not axis.isdigit():
                return
            whole, rest = ast.unparse(value), ", ".join(map(ast.unparse, keywords))
            count = f" / np.shape({whole})[{axis}]" if name == "mean" else ""
            for part, kind in _PARTS.items():
                index = ":, " * int(axis) + part
                yield kind, f"{name} over {part}", _made(f"({whole})[{index}].sum({rest}){count}")
        case ast.Call(ast.Name("range") as func, [end]):
            yield "off_by_one", "range from 1", ast.Call(func, [ast.Constant(1), end], [])
            back = ast.Call(ast.Name("reversed", ast.Load()), [node], [])
            yield "order", "range reversed", back


def _statements(place: Place) -> Iterator[Change]:
    """`-=` for `+=`; a second assignment to a name that is left out; a term added to the old."""
    match place.node:
        case ast.AugAssign(target, op, value) if type(op) in ARITHMETIC:
            _, opposite, kind, _ = ARITHMETIC[type(op)]
            if opposite is not None:
                yield kind, "the other operation", ast.AugAssign(target, opposite(), value)
        case ast.Assign([ast.Name(name)], value):
            if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(value)):
                yield "lost_statement", "statement dropped", ast.Pass()
        case ast.Expr(ast.Call()):
            yield "lost_statement", "statement dropped", ast.Pass()


def _made(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


_PARTS = {"-1:": "assignment_for_accumulation", ":-1": "off_by_one", "1:": "off_by_one"}
"""What a loop in the place of a sum or of an @ takes: only its last turn, or one turn less."""

VALUES: tuple[Operator, ...] = (_scaled, _averaged, _expressions, _statements)
"""Slips of a value, of an axis, of a loop."""
CONFUSED: tuple[Operator, ...] = (_confused,)
