"""Changes of what stands there: another operator, axis, name, number, or nothing in its place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograder.explain.repair.places import (
    LIBRARIES,
    Place,
    constant,
    exchanged,
    formed,
    function_name,
    named,
    of_library,
    put,
)
from autograder.explain.repair.units import clone, root

Edit = tuple[int, str, ast.expr]
"""The tier, the kind, and the new node."""

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_COMPARISONS = (ast.Gt, ast.Lt, ast.GtE, ast.LtE, ast.Eq, ast.NotEq)
REDUCTIONS = frozenset(
    {"sum", "mean", "max", "min", "argmax", "argmin", "var", "std", "prod", "any", "all", "norm"}
)
_OTHERS = {
    "sum_for_mean": "sum mean",
    "mean_for_sum": "mean sum",
    "power": "sqrt square abs; square sqrt abs; abs square sqrt; var std; std var",
    "initial":
        "zeros ones; ones zeros; zeros_like ones_like; ones_like zeros_like; empty zeros; "
        "empty_like zeros_like",
    "product": "dot multiply; multiply dot matmul; outer dot",
    "axis": "vstack hstack column_stack; hstack vstack; concatenate stack; stack concatenate",
    "function":
        "sum cumsum max; mean max median; max min maximum sum mean; min max minimum; maximum "
        "minimum max; minimum maximum; argmax argmin max; argmin argmax; exp expm1 exp2; "
        "expm1 exp; exp2 exp; log log1p; log1p log; log2 log; log10 log; abs sign; sign abs; "
        "tanh sin sinh; sin tanh cos; cos sin; floor ceil; ceil floor; cumsum sum; rand "
        "randn; randn rand",
}  # fmt: skip
"""Kind -> a function and those that may be meant, where it is that kind of slip."""
_RENAMED: dict[str, list[tuple[str, str]]] = {}
for _kind, _text in _OTHERS.items():
    for _function, *_others in map(str.split, _text.split("; ")):
        _RENAMED.setdefault(_function, []).extend((_other, _kind) for _other in _others)
_PRODUCTS = (
    (1, "product", "A * B"),
    (0, "transpose", "A @ B.T; A.T @ B; A.T @ B.T; B @ A; B @ A.T; B.T @ A; B.T @ A.T"),
)
_TURNED = {"min": "max", "max": "min"}
AXES = (0, 1, -1, None, (0, 1), (0, 2), (1, 2), (0, 2, 3), 2, (2, 3))


def edits(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """All changes of one node; `names` are what is in scope."""
    for family in _FAMILIES.get(type(place.node), ()):
        yield from family(place.node, place, names)


def _operation(n: ast.BinOp, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    left, op, right = n.left, n.op, n.right
    for other in _ARITHMETIC:
        if type(op) in _ARITHMETIC and other is not type(op):
            both = {type(op), other}
            sums = both == {ast.Add, ast.Sub}
            products = both == {ast.Mult, ast.Div}
            kind = "sign" if sums else "inverse" if products else "operator"
            yield 0 if sums or products else 1, kind, ast.BinOp(left, other(), right)
    if isinstance(op, ast.FloorDiv):
        yield 0, "inverse", put("A / B", left, right)
    if isinstance(op, ast.MatMult):
        for form in _PRODUCTS:
            yield from formed(form, left, right)
    elif isinstance(op, ast.Mult):
        yield from formed((1, "product", "A @ B; A.T @ B; A @ B.T"), left, right)
    if isinstance(op, (ast.Sub, ast.Div)):
        yield int(isinstance(op, ast.Div)), "order", ast.BinOp(right, op, left)
    if isinstance(op, (ast.BitAnd, ast.BitOr)):
        pattern = "A | B" if isinstance(op, ast.BitAnd) else "A & B"
        yield 0, "comparison", put(pattern, left, right)
    small = isinstance(right, ast.Constant)
    extra = "extra_term" if isinstance(op, (ast.Add, ast.Sub)) else "extra_factor"
    extra = "power" if isinstance(op, ast.Pow) else extra
    yield 0 if small else 1, extra, left
    ordered = isinstance(op, (ast.Sub, ast.Div, ast.Pow))
    rest = isinstance(op, ast.Sub) and isinstance(left, ast.Constant)  # 1 - p
    yield 0 if rest else 2 if ordered else 1, extra, right
    if isinstance(op, ast.Sub):
        yield 2, extra, ast.UnaryOp(ast.USub(), right)
    if isinstance(op, ast.Pow):
        for power in (1, 2, 3, 4, 0.5, -1, -2, -0.5, -1.5):
            if not (isinstance(right, ast.Constant) and right.value == power):
                yield 0, "power", ast.BinOp(left, op, ast.Constant(power))
        yield 1, "order", ast.BinOp(right, op, left)
    if isinstance(op, (ast.Add, ast.Sub)):  # (1 - a) * x + a * y for a * x + (1 - a) * y
        one, two = _first_factor(left), _first_factor(right)
        if one is not left and two is not right:
            yield 0, "order", clone(n, {id(one): two, id(two): one})
    yield from _grouped(n)


def _first_factor(n: ast.expr) -> ast.expr:
    while isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Mult, ast.Div)):
        n = n.left
    return n


def _grouped(n: ast.BinOp) -> Iterator[Edit]:
    """Brackets elsewhere."""
    if isinstance(n.left, ast.Call) and n.left.args:
        first, *more = n.left.args
        taken = [ast.BinOp(first, n.op, n.right), *more]
        yield 1, "grouping", ast.Call(n.left.func, taken, n.left.keywords)
    if type(n.op) not in _ARITHMETIC:
        return
    inner = n.left
    if isinstance(inner, ast.BinOp) and type(inner.op) in _ARITHMETIC:
        rest = ast.BinOp(inner.right, n.op, n.right)
        yield 1, "grouping", ast.BinOp(inner.left, inner.op, rest)
    inner = n.right
    if isinstance(inner, ast.BinOp) and type(inner.op) in _ARITHMETIC:
        first = ast.BinOp(n.left, n.op, inner.left)
        yield 1, "grouping", ast.BinOp(first, inner.op, inner.right)
    if isinstance(inner, ast.Call) and inner.args:
        first = ast.BinOp(n.left, n.op, inner.args[0])
        yield 1, "grouping", ast.Call(inner.func, [first, *inner.args[1:]], inner.keywords)
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Pow):
        first = ast.BinOp(n.left, n.op, inner.left)
        yield 1, "grouping", ast.BinOp(first, ast.Pow(), inner.right)


def _sign(n: ast.UnaryOp, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    kind = "sign" if isinstance(n.op, (ast.USub, ast.UAdd)) else "comparison"
    if isinstance(n.operand, ast.Constant) and kind == "sign":
        kind = _counts_as(place, "sign")
    yield 0, kind, n.operand


def _number(n: ast.Constant, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    value = n.value
    if isinstance(value, bool):
        keyword = place.parent.arg if isinstance(place.parent, ast.keyword) else ""
        yield 0, "keepdims" if keyword == "keepdims" else "flag", ast.Constant(not value)
        return
    if value is None or isinstance(value, (str, bytes, complex)) or value is ...:
        if isinstance(value, str) and isinstance(place.parent, ast.Subscript):
            for name in names:
                if name.startswith(f"{ast.unparse(place.parent.value)}["):
                    other = named(name)
                    assert isinstance(other, ast.Subscript)
                    if isinstance(other.slice, ast.Constant) and other.slice.value != value:
                        yield 0, "wrong_name", other.slice
        return
    kind = _counts_as(place, "number")
    if kind == "axis":
        for axis in (0, 1, -1, 2, -2, 3, None):
            if axis != value:
                yield 0 if axis in (0, 1, -1) else 1, kind, ast.Constant(axis)
        return
    if value == 1 and kind == "number":
        for name in names:
            if ".shape" not in name:
                yield 2, "missing_term", ast.BinOp(n, ast.Sub(), named(name))
    neutral = None  # to add 0 is to leave a term out, and that is what is told
    if isinstance(place.parent, ast.BinOp) and place.field == "right":
        neutral = 0 if isinstance(place.parent.op, (ast.Add, ast.Sub)) else 1
    wanted = [value + 1, value - 1, 0, 1, 2, -value, value * 2, value / 2, value / 3, 0.5, 3, 4]
    if isinstance(value, float):
        wanted += [1 - value, value * 10, value / 10, value**2, value * 100, value / 100]
    seen = {value, neutral}
    for number in wanted:
        if isinstance(value, int) and float(number).is_integer():
            number = int(number)
        if number not in seen:
            seen.add(number)
            turned = kind == "number" and number == -value
            tier = 0 if turned or kind in ("off_by_one", "power") or number in (0, 1, 2) else 1
            yield tier, "sign" if turned else kind, ast.Constant(number)


def _counts_as(place: Place, kind: str) -> str:
    """What a number is: an axis, an index, a power, or just a number."""
    inner = place.node
    for i, parent in enumerate(place.parents):
        if isinstance(parent, ast.stmt):
            break
        if isinstance(parent, ast.keyword) and parent.arg in ("axis", "axes"):
            return "axis"
        if isinstance(parent, ast.Call):
            name = function_name(parent)
            first = 1 if of_library(parent) else 0
            if name in REDUCTIONS and i == 0 and inner in parent.args[first : first + 1]:
                return "axis"
            if name in ("range", "arange"):
                return "off_by_one"
            return kind
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow):
            return "power" if inner is parent.right else kind
        if isinstance(parent, ast.Subscript) and inner is parent.slice:
            return "off_by_one"
        inner = parent
    return kind


def _comparison(n: ast.Compare, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    if len(n.ops) != 1 or isinstance(n.ops[0], (ast.In, ast.NotIn)):
        return
    for other in _COMPARISONS:
        if other is not type(n.ops[0]) and not isinstance(n.ops[0], (ast.Is, ast.IsNot)):
            exact = other in (ast.Eq, ast.NotEq) and not isinstance(n.ops[0], (ast.Eq, ast.NotEq))
            yield 2 if exact else 0, "comparison", ast.Compare(n.left, [other()], n.comparators)
    if isinstance(n.ops[0], (ast.Is, ast.IsNot)):
        turned = ast.IsNot() if isinstance(n.ops[0], ast.Is) else ast.Is()
        yield 0, "comparison", ast.Compare(n.left, [turned], n.comparators)


def _either(n: ast.BoolOp, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    other = ast.Or() if isinstance(n.op, ast.And) else ast.And()
    yield 0, "comparison", ast.BoolOp(other, n.values)
    for value in n.values:
        yield 1, "comparison", value


def _attribute(n: ast.Attribute, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    if not isinstance(n.ctx, ast.Load):
        return
    if n.attr == "T":
        yield 0, "transpose", n.value
    for other, kind in _RENAMED.get(n.attr, ()):
        yield 0, kind, ast.Attribute(n.value, other, n.ctx)
    if root(n) == "self" and not _is_called(place):
        for name in names:
            if name.startswith("self.") and name != ast.unparse(n):
                yield 1, "wrong_name", named(name)


def _is_called(place: Place) -> bool:
    return isinstance(place.parent, ast.Call) and place.field == "func"


def _call(n: ast.Call, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    name, args = function_name(n), n.args
    if name in ("roll", "flip") and args:
        yield 0, "off_by_one" if name == "roll" else "direction", args[0]
    if isinstance(n.func, ast.Name) and name in _TURNED:
        yield 0, "function", ast.Call(ast.Name(_TURNED[name], ast.Load()), args, n.keywords)
    if name in REDUCTIONS:
        yield from _reduction(n)
    elif len(args) == 1 and not n.keywords:
        yield 1, "extra_function", args[0]
    if name in ("reshape", "copy", "transpose", "ravel", "flatten", "astype", "squeeze"):
        own = n.func.value if isinstance(n.func, ast.Attribute) else n
        inner = args[0] if of_library(n) and args else own
        yield (0, "dtype", inner) if name == "astype" else (1, "shape", inner)
    if name == "maximum" or name == "minimum":
        for arg in args:
            yield 1, "extra_function", arg
        if len(args) == 2:
            yield 1, "operator", ast.BinOp(args[0], ast.Add(), args[1])
    if args and isinstance(args[0], ast.BinOp):  # brackets around one of the two alone
        one, op, other = args[0].left, args[0].op, args[0].right
        yield 1, "grouping", ast.BinOp(ast.Call(n.func, [one, *args[1:]], n.keywords), op, other)
        yield 1, "grouping", ast.BinOp(one, op, ast.Call(n.func, [other, *args[1:]], n.keywords))
    if not all(isinstance(a, ast.Starred) for a in args):
        for swapped in exchanged(args, near=True):
            yield 0, "arguments", ast.Call(n.func, swapped, n.keywords)
    given = [k for k in n.keywords if k.arg not in (None, "axis", "keepdims", "dtype")]
    others = [k for k in n.keywords if k not in given]
    for swapped in exchanged([k.value for k in given]):
        named_anew = [ast.keyword(k.arg, value) for k, value in zip(given, swapped)]
        yield 0, "arguments", ast.Call(n.func, args, [*named_anew, *others])
    for keyword in n.keywords:
        if keyword.arg not in ("axis", "keepdims"):
            rest = [k for k in n.keywords if k is not keyword]
            tier, kind = (0, "dtype") if keyword.arg == "dtype" else (1, "argument")
            yield tier, kind, ast.Call(n.func, args, rest)
    if name == "dot" and len(args) == 2:
        for a, b in ("BA", ("A.T", "B"), ("A", "B.T"), ("B.T", "A.T")):
            turned = [put(part, *args) for part in (a, b)]
            yield 0, "transpose", ast.Call(n.func, turned, [])
    if name == "dot" and len(args) == 1 and isinstance(n.func, ast.Attribute):
        both = (n.func.value, args[0])
        form = (0, "transpose", "B @ A; A.T @ B; A @ B.T; B.T @ A; B @ A.T")
        yield from formed(form, *both)
    if name == "range":
        yield from _range(n)
    if name == "reversed" and args:
        yield 0, "direction", args[0]
    if name in ("zeros", "empty", "ones") and args and not isinstance(args[0], ast.Tuple):
        yield 1, "shape", ast.Call(n.func, [*args[:1]], [])


def _reduction(n: ast.Call) -> Iterator[Edit]:
    if not isinstance(n.func, ast.Attribute):
        return
    first = 1 if of_library(n) else 0
    base = n.args[:first]
    rest = [k for k in n.keywords if k.arg != "axis"]
    now = next((k.value for k in n.keywords if k.arg == "axis"), None)
    now = n.args[first] if len(n.args) > first else now
    before = "None" if now is None else ast.unparse(now)
    kept = any(k.arg == "keepdims" for k in n.keywords)
    for axis in AXES:
        keyword = [] if axis is None else [ast.keyword("axis", constant(axis))]
        if ast.unparse(constant(axis)) == before:
            continue
        tier = 0 if axis in (0, 1, -1, None) else 1
        kind = "axis" if now is not None or axis is None else "missing_axis"
        yield tier, kind, ast.Call(n.func, base, [*keyword, *rest])
        if not kept and axis is not None and now is None:
            kept_too = ast.keyword("keepdims", ast.Constant(True))
            yield tier + 1, kind, ast.Call(n.func, base, [*keyword, *rest, kept_too])
    if kept:
        without = [k for k in n.keywords if k.arg != "keepdims"]
        yield 0, "keepdims", ast.Call(n.func, n.args, without)
    elif now is not None:
        added = [*n.keywords, ast.keyword("keepdims", ast.Constant(True))]
        yield 0, "keepdims", ast.Call(n.func, n.args, added)
    inner = base[0] if base else None if first else n.func.value
    if inner is not None:
        yield 1, "extra_sum", inner


def _range(n: ast.Call) -> Iterator[Edit]:
    for i, arg in enumerate(n.args):
        for pattern in ("A + 1", "A - 1"):
            moved = [*n.args[:i], put(pattern, arg), *n.args[i + 1 :]]
            yield 0, "off_by_one", ast.Call(n.func, moved, [])
    yield 0, "direction", put("reversed(A)", n)
    if len(n.args) == 1:
        yield 0, "off_by_one", put("range(1, A)", *n.args)
    if len(n.args) == 2:
        yield 0, "off_by_one", ast.Call(n.func, n.args[1:], [])
    if len(n.args) == 3:
        yield 1, "direction", ast.Call(n.func, n.args[:2], [])


def _entry(n: ast.Subscript, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    reads = isinstance(n.ctx, ast.Load)
    index = n.slice
    if not isinstance(index, (ast.Slice, ast.Tuple)) and not isinstance(index, ast.Constant):
        for pattern in ("A + 1", "A - 1"):
            yield 0, "off_by_one", ast.Subscript(n.value, put(pattern, index), n.ctx)
    for new in _counted_back(index):
        yield 1, "direction", ast.Subscript(n.value, new, n.ctx)
    if isinstance(index, ast.Name):
        for name in names:
            if name.isidentifier() and name != index.id:  # y[i] where i stands
                other = ast.Subscript(ast.Name(name, ast.Load()), index, ast.Load())
                yield 2, "index", ast.Subscript(n.value, other, n.ctx)
    everything = ast.Slice()
    if not isinstance(index, (ast.Slice, ast.Tuple)) and not (
        (isinstance(index, ast.Constant) and isinstance(index.value, str))
        or (isinstance(n.value, ast.Attribute) and n.value.attr == "shape")
    ):
        for before in (1, 2):
            inner = ast.Tuple([everything] * before + [index], ast.Load())
            yield before - 1, "index", ast.Subscript(n.value, inner, n.ctx)
    if isinstance(index, ast.Tuple):
        parts = index.elts
        if len(parts) == 2 and isinstance(parts[0], ast.Slice) and not parts[0].lower:
            yield 0, "index", ast.Subscript(n.value, parts[1], n.ctx)
        for swapped in exchanged(parts):
            yield 1, "index", ast.Subscript(n.value, ast.Tuple(swapped, ast.Load()), n.ctx)
        for i, part in enumerate(parts):
            if not isinstance(part, (ast.Slice, ast.Constant)):
                for pattern in ("A + 1", "A - 1"):
                    moved = [*parts[:i], put(pattern, part), *parts[i + 1 :]]
                    index = ast.Tuple(moved, ast.Load())
                    yield 0, "off_by_one", ast.Subscript(n.value, index, n.ctx)
    if reads:
        if isinstance(index, ast.Name):
            for name in names:
                if name.isidentifier() and name not in (index.id, root(n)):
                    yield 1, "wrong_name", named(name)
        if isinstance(index, ast.Slice) and index.step is not None:
            yield 0, "direction", n.value
        yield 2, "index", n.value
        yield 2, "direction", put("A[::-1]", n)


def _counted_back(index: ast.expr) -> Iterator[ast.expr]:
    """`t` as an index counted from the end, or what was counted from there, from the front."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    for i, part in enumerate(parts):
        last = part.right if isinstance(part, ast.BinOp) else None
        if isinstance(part, ast.Name):
            new: ast.expr = ast.BinOp(ast.Constant(-1), ast.Sub(), part)
        elif isinstance(last, ast.Name) and isinstance(part.op, ast.Sub):  # type: ignore[attr-defined]
            new = last
        else:
            continue
        changed = [*parts[:i], new, *parts[i + 1 :]]
        yield ast.Tuple(changed, ast.Load()) if isinstance(index, ast.Tuple) else new


def _slice(n: ast.Slice, place: Place, names: Sequence[str]) -> Iterator[tuple[int, str, ast.expr]]:
    one = ast.Constant(1)
    moved = ("A + 1", "A - 1")
    lowers = [put(pattern, n.lower) for pattern in moved] if n.lower else []
    uppers = [put(pattern, n.upper) for pattern in moved] if n.upper else []
    yield from ((0, "off_by_one", ast.Slice(lower, n.upper, n.step)) for lower in lowers)
    yield from ((0, "off_by_one", ast.Slice(n.lower, upper, n.step)) for upper in uppers)
    if n.lower is not None:
        yield 1, "off_by_one", ast.Slice(None, n.upper, n.step)
    if n.upper is not None:
        yield 1, "off_by_one", ast.Slice(n.lower, None, n.step)
    for lower, upper in zip(lowers or [one], uppers):  # both ends
        yield 1, "off_by_one", ast.Slice(lower, upper, n.step)
    if n.lower is None:
        yield 1, "off_by_one", ast.Slice(one, n.upper, n.step)
    if n.upper is None:
        yield 1, "off_by_one", ast.Slice(n.lower, ast.UnaryOp(ast.USub(), one), n.step)
    only = n.upper if n.lower is None else n.lower if n.upper is None else None
    if only is not None:  # the first of them, the rest, the last
        turned = only.operand if isinstance(only, ast.UnaryOp) else ast.UnaryOp(ast.USub(), only)
        for end in (only, turned):
            yield 1, "index", ast.Slice(end, None, n.step)
            yield 1, "index", ast.Slice(None, end, n.step)
    if n.step is not None and isinstance(n.step, ast.Constant):
        yield 1, "number", ast.Slice(n.lower, n.upper, ast.BinOp(n.step, ast.Add(), one))


def _several(n: ast.Tuple | ast.List, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    kind = "order"
    if isinstance(place.parent, ast.keyword):
        kind = "axis"
    if isinstance(place.parent, ast.Subscript):
        return
    yield from ((0, kind, type(n)(swapped, n.ctx)) for swapped in exchanged(n.elts))
    if kind == "axis":
        for axis in AXES:
            if ast.unparse(constant(axis)) != ast.unparse(n):
                yield 1, kind, constant(axis)
    if isinstance(n.ctx, ast.Load) and len(n.elts) > 2:
        yield 2, "order", type(n)(n.elts[::-1], n.ctx)


def _entries(n: ast.Dict, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    yield from ((0, "order", ast.Dict(n.keys, swapped)) for swapped in exchanged(n.values))


def _choice(n: ast.IfExp, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    yield 0, "comparison", ast.IfExp(n.test, n.orelse, n.body)
    yield 1, "comparison", n.body
    yield 1, "comparison", n.orelse


def _name(n: ast.Name, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    if not isinstance(n.ctx, ast.Load) or n.id in LIBRARIES or _is_called(place):
        return
    for name in names:
        if name != n.id and not (isinstance(place.parent, ast.Attribute) and "." in name):
            yield 1, "wrong_name", named(name)


_FAMILIES: dict[
    type[ast.AST], tuple[Callable[[Any, Place, Sequence[str]], Iterator[Edit]], ...]
] = {
    ast.BinOp: (_operation,),
    ast.UnaryOp: (_sign,),
    ast.Constant: (_number,),
    ast.Compare: (_comparison,),
    ast.BoolOp: (_either,),
    ast.Attribute: (_attribute,),
    ast.Call: (_call,),
    ast.Subscript: (_entry,),
    ast.Slice: (_slice,),
    ast.Tuple: (_several,),
    ast.List: (_several,),
    ast.Dict: (_entries,),
    ast.IfExp: (_choice,),
    ast.Name: (_name,),
}
