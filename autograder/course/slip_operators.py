"""The slips of a value: operators for the derived bank, on top of those of the proof.

What a student writes in three lines stands in one line of the reference. So a slip is also made on
every *value* on the way: its sign, a factor, its reciprocal, its square, another name in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.course.mutants import Change, Operator, Place

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)


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
        return isinstance(parent.op, _ARITHMETIC)
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
    node = place.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    if node.id in place.names:
        for name in place.names:
            if name not in (node.id, "self"):
                yield "wrong_name", f"{node.id} -> {name}", ast.Name(name, ast.Load())


def _functions(place: Place) -> Iterator[Change]:
    """A function of one argument that was not applied."""
    node = place.node
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return
    if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "np":
        kind = "power" if node.func.attr in ("sqrt", "square") else "function"
        yield kind, f"{node.func.attr} dropped", node.args[0]


def _axes(place: Place) -> Iterator[Change]:
    """A sum or a mean along one axis less, or along another."""
    node = place.node
    if isinstance(node, ast.keyword) and node.arg == "axis":
        for axis in (-1, 0, 1, 2):
            if ast.unparse(node.value) != str(axis):
                yield "axis", f"axis={axis}", ast.keyword("axis", ast.Constant(axis))
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("sum", "mean")
        and getattr(node.func.value, "id", "") != "np"
    ):
        yield "lost_sum", f"{node.func.attr} dropped", node.func.value


def _counted(place: Place) -> Iterator[Change]:
    """An index, or the end of a range, that is one off."""
    node = place.node
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for i, index in enumerate(indices):
            if isinstance(index, (ast.Name, ast.BinOp)):
                for op in (ast.Add(), ast.Sub()):
                    moved = [*indices]
                    moved[i] = ast.BinOp(index, op, ast.Constant(1))
                    new = ast.Tuple(moved, ast.Load()) if len(moved) > 1 else moved[0]
                    sign = "+" if isinstance(op, ast.Add) else "-"
                    yield "off_by_one", f"index {sign} 1", ast.Subscript(node.value, new, node.ctx)
    if (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "range"
        and len(node.args) == 1
    ):
        later = [ast.Constant(1), node.args[0]]
        yield "off_by_one", "range from 1", ast.Call(node.func, later, [])
        back = ast.Call(ast.Name("reversed", ast.Load()), [node], [])
        yield "order", "range reversed", back


def _assignments(place: Place) -> Iterator[Change]:
    """`-=` for `+=`; a second assignment to a name that is left out; a term added to the old."""
    node = place.node
    if isinstance(node, ast.AugAssign):
        flipped = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
        other = flipped.get(type(node.op))
        if other is not None:
            kind = "sign" if isinstance(node.op, (ast.Add, ast.Sub)) else "inverse"
            yield kind, "the other operation", ast.AugAssign(node.target, other(), node.value)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        used = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
        if isinstance(target, ast.Name) and target.id in used:
            yield "lost_statement", "statement dropped", ast.Pass()
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "lost_statement", "statement dropped", ast.Pass()


def _loops(place: Place) -> Iterator[Change]:
    """What a loop in the place of a sum or of an @ gives: only its last turn, or one turn less."""
    node = place.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        left, right = ast.unparse(node.left), ast.unparse(node.right)
        for part, kind in _PARTS.items():
            text = f"({left})[..., {part}] @ ({right})[{part}]"
            yield kind, f"contracted over {part}", ast.parse(text, mode="eval").body
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner, name = node.func.value, node.func.attr
        if name not in ("sum", "mean") or getattr(owner, "id", "") == "np" or node.args:
            return
        axis = next((ast.unparse(k.value) for k in node.keywords if k.arg == "axis"), "0")
        if not axis.isdigit():
            return
        value, rest = ast.unparse(owner), ", ".join(ast.unparse(k) for k in node.keywords)
        count = f" / np.shape({value})[{axis}]" if name == "mean" else ""
        for part, kind in _PARTS.items():
            index = ":, " * int(axis) + part
            text = f"({value})[{index}].sum({rest}){count}"
            yield kind, f"{name} over {part}", ast.parse(text, mode="eval").body


_PARTS = {"-1:": "assignment_for_accumulation", ":-1": "off_by_one", "1:": "off_by_one"}

VALUES: tuple[Operator, ...] = (
    _scaled,
    _averaged,
    _functions,
    _axes,
    _counted,
    _assignments,
    _loops,
)
"""Slips of a value, of an axis, of a loop."""
CONFUSED: tuple[Operator, ...] = (_confused,)
