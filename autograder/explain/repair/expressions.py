"""Changes of what stands there: another operator, axis, name, number, or nothing in its place."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograder.explain.repair.places import (
    LIBRARIES,
    Edit,
    Place,
    constant,
    entry,
    exchanged,
    formed,
    function_name,
    given,
    keyworded,
    moved,
    named,
    of_library,
    parts_of,
    put,
)
from autograder.explain.repair.units import clone, root

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
_OPERATIONS: dict[type[ast.operator], str] = {
    ast.Add: "0 sign: A - B\n1 operator: A * B; A / B",
    ast.Sub: "0 sign: A + B\n1 operator: A * B; A / B\n0 order: B - A",
    ast.Mult: "1 operator: A + B; A - B\n0 inverse: A / B\n1 product: A @ B; A.T @ B; A @ B.T",
    ast.Div: "1 operator: A + B; A - B\n0 inverse: A * B\n1 order: B / A",
    ast.FloorDiv: "0 inverse: A / B",
    ast.MatMult: "1 product: A * B\n0 transpose: A @ B.T; A.T @ B; A.T @ B.T; B @ A; B @ A.T; "
    "B.T @ A; B.T @ A.T",
    ast.BitAnd: "0 comparison: A | B",
    ast.BitOr: "0 comparison: A & B",
}
"""An operator -> what `A op B` may have to be."""
_TURNED = {"min": "max", "max": "min"}
_RANGES = {
    1: "0 off_by_one: range(1, A)", 2: "0 off_by_one: range(B)", 3: "1 direction: range(A, B)",
}  # fmt: skip
"""A number of arguments -> what `range` of them may have to be."""
AXES = (0, 1, -1, None, (0, 1), (0, 2), (1, 2), (0, 2, 3), 2, (2, 3))


def edits(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """All changes of one node; `names` are what is in scope."""
    for family in _FAMILIES.get(type(place.node), ()):
        yield from family(place.node, place, names)


def _operation(n: ast.BinOp, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    left, op, right = n.left, n.op, n.right
    yield from formed(_OPERATIONS.get(type(op), ""), left, right)
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
    left, right = n.left, n.right
    if isinstance(left, ast.Call) and left.args:
        first = ast.BinOp(left.args[0], n.op, right)
        yield 1, "grouping", given(left, [first, *left.args[1:]])
    if type(n.op) not in _ARITHMETIC:
        return
    if isinstance(left, ast.BinOp) and type(left.op) in _ARITHMETIC:
        yield 1, "grouping", ast.BinOp(left.left, left.op, ast.BinOp(left.right, n.op, right))
    if isinstance(right, ast.BinOp) and type(right.op) in (*_ARITHMETIC, ast.Pow):
        yield 1, "grouping", ast.BinOp(ast.BinOp(left, n.op, right.left), right.op, right.right)
    if isinstance(right, ast.Call) and right.args:
        first = ast.BinOp(left, n.op, right.args[0])
        yield 1, "grouping", given(right, [first, *right.args[1:]])


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
    if root(n) == "self" and not place.is_called:
        for name in names:
            if name.startswith("self.") and name != ast.unparse(n):
                yield 1, "wrong_name", named(name)


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
        yield from ((1, "extra_function", arg) for arg in args)
        if len(args) == 2:
            yield from formed("1 operator: A + B", *args)
    if args and isinstance(args[0], ast.BinOp):  # brackets around one of the two alone
        one, op, other = args[0].left, args[0].op, args[0].right
        yield 1, "grouping", ast.BinOp(given(n, [one, *args[1:]]), op, other)
        yield 1, "grouping", ast.BinOp(one, op, given(n, [other, *args[1:]]))
    if not all(isinstance(a, ast.Starred) for a in args):
        yield from ((0, "arguments", given(n, swapped)) for swapped in exchanged(args, near=True))
    named_ones = [k for k in n.keywords if k.arg not in (None, "axis", "keepdims", "dtype")]
    others = [k for k in n.keywords if k not in named_ones]
    for swapped in exchanged([k.value for k in named_ones]):
        anew = [ast.keyword(k.arg, value) for k, value in zip(named_ones, swapped)]
        yield 0, "arguments", keyworded(n, [*anew, *others])
    for keyword in n.keywords:
        if keyword.arg not in ("axis", "keepdims"):
            tier, kind = (0, "dtype") if keyword.arg == "dtype" else (1, "argument")
            yield tier, kind, keyworded(n, [k for k in n.keywords if k is not keyword])
    if name == "dot" and len(args) == 2:
        for pattern in ("(B, A)", "(A.T, B)", "(A, B.T)", "(B.T, A.T)"):
            turned = put(pattern, *args)
            assert isinstance(turned, ast.Tuple)
            yield 0, "transpose", ast.Call(n.func, turned.elts, [])
    if name == "dot" and len(args) == 1 and isinstance(n.func, ast.Attribute):
        table = "0 transpose: B @ A; A.T @ B; A @ B.T; B.T @ A; B @ A.T"
        yield from formed(table, n.func.value, args[0])
    if name == "range":
        yield from ((0, "off_by_one", ast.Call(n.func, new, [])) for new in moved(args))
        yield from formed("0 direction: reversed(A)", n)
        yield from formed(_RANGES.get(len(args), ""), *args)
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
    keepdims = ast.keyword("keepdims", ast.Constant(True))
    for axis in AXES:
        keywords = [*([] if axis is None else [ast.keyword("axis", constant(axis))]), *rest]
        if ast.unparse(constant(axis)) == before:
            continue
        tier = 0 if axis in (0, 1, -1, None) else 1
        kind = "axis" if now is not None or axis is None else "missing_axis"
        yield tier, kind, ast.Call(n.func, base, keywords)
        if not kept and axis is not None and now is None:
            yield tier + 1, kind, ast.Call(n.func, base, [*keywords, keepdims])
    if kept:
        yield 0, "keepdims", keyworded(n, [k for k in n.keywords if k.arg != "keepdims"])
    elif now is not None:
        yield 0, "keepdims", keyworded(n, [*n.keywords, keepdims])
    inner = base[0] if base else None if first else n.func.value
    if inner is not None:
        yield 1, "extra_sum", inner


def _entry(n: ast.Subscript, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    index, parts = n.slice, parts_of(n)
    whole = not isinstance(index, (ast.Slice, ast.Tuple))
    if whole:
        yield from ((0, "off_by_one", entry(n, new)) for new in moved(parts, (ast.Constant,)))
    yield from ((1, "direction", entry(n, new)) for new in _counted_back(parts))
    if isinstance(index, ast.Name):
        for name in names:
            if name.isidentifier() and name != index.id:  # y[i] where i stands
                yield 2, "index", entry(n, [ast.Subscript(named(name), index, ast.Load())])
    is_key = isinstance(index, ast.Constant) and isinstance(index.value, str)
    of_shape = isinstance(n.value, ast.Attribute) and n.value.attr == "shape"
    if whole and not is_key and not of_shape:
        yield 0, "index", entry(n, [ast.Slice(), index])
        yield 1, "index", entry(n, [ast.Slice(), ast.Slice(), index])
    if isinstance(index, ast.Tuple):
        if len(parts) == 2 and isinstance(parts[0], ast.Slice) and not parts[0].lower:
            yield 0, "index", entry(n, parts[1:])
        yield from ((1, "index", entry(n, swapped)) for swapped in exchanged(parts))
        still = (ast.Slice, ast.Constant)
        yield from ((0, "off_by_one", entry(n, new)) for new in moved(parts, still))
    if isinstance(n.ctx, ast.Load):
        if isinstance(index, ast.Name):
            for name in names:
                if name.isidentifier() and name not in (index.id, root(n)):
                    yield 1, "wrong_name", named(name)
        if isinstance(index, ast.Slice) and index.step is not None:
            yield 0, "direction", n.value
        yield 2, "index", n.value
        yield from formed("2 direction: A[::-1]", n)


def _counted_back(parts: Sequence[ast.expr]) -> Iterator[list[ast.expr]]:
    """`t` as an index counted from the end, or what was counted from there, from the front."""
    for i, part in enumerate(parts):
        new = put("-1 - A", part) if isinstance(part, ast.Name) else None
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub):
            new = part.right if isinstance(part.right, ast.Name) else None
        if new is not None:
            yield [*parts[:i], new, *parts[i + 1 :]]


def _slice(n: ast.Slice, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    one = ast.Constant(1)
    lowers = [lower for (lower,) in moved([n.lower] if n.lower else [])]
    uppers = [upper for (upper,) in moved([n.upper] if n.upper else [])]
    ends = [
        *((0, lower, n.upper) for lower in lowers),
        *((0, n.lower, upper) for upper in uppers),
        *((1, None, n.upper) for _ in lowers[:1]),
        *((1, n.lower, None) for _ in uppers[:1]),
        *((1, lower, upper) for lower, upper in zip(lowers or [one], uppers)),  # both ends
        *(((1, one, n.upper),) if n.lower is None else ()),
        *(((1, n.lower, ast.UnaryOp(ast.USub(), one)),) if n.upper is None else ()),
    ]
    yield from ((tier, "off_by_one", ast.Slice(low, high, n.step)) for tier, low, high in ends)
    only = n.upper if n.lower is None else n.lower if n.upper is None else None
    if only is not None:  # the first of them, the rest, the last
        turned = only.operand if isinstance(only, ast.UnaryOp) else ast.UnaryOp(ast.USub(), only)
        for end in (only, turned):
            yield 1, "index", ast.Slice(end, None, n.step)
            yield 1, "index", ast.Slice(None, end, n.step)
    if n.step is not None and isinstance(n.step, ast.Constant):
        yield 1, "number", ast.Slice(n.lower, n.upper, put("A + 1", n.step))


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
    table = "0 comparison: B if C else A\n1 comparison: A; B"
    yield from formed(table, n.body, n.orelse, n.test)


def _name(n: ast.Name, place: Place, names: Sequence[str]) -> Iterator[Edit]:
    if not isinstance(n.ctx, ast.Load) or n.id in LIBRARIES or place.is_called:
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
