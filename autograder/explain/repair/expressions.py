"""Changes of what stands there: another operator, axis, name, number, or nothing in its place."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator, Sequence

from autograder.explain.repair.places import (
    LIBRARIES,
    Place,
    constant,
    function_name,
    named,
    of_library,
    root,
    transpose,
)

Edit = tuple[int, str, ast.expr]
"""The tier, the kind, and the new node."""

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_COMPARISONS = (ast.Gt, ast.Lt, ast.GtE, ast.LtE, ast.Eq, ast.NotEq)
REDUCTIONS = frozenset(
    {"sum", "mean", "max", "min", "argmax", "argmin", "var", "std", "prod", "any", "all", "norm"}
)
_RENAMED: dict[str, tuple[tuple[str, str], ...]] = {
    "sum": (("mean", "sum_for_mean"), ("cumsum", "function"), ("max", "function")),
    "mean": (("sum", "mean_for_sum"), ("max", "function"), ("median", "function")),
    "max": (("min", "function"), ("maximum", "function"), ("sum", "function"),
            ("mean", "function")),
    "min": (("max", "function"), ("minimum", "function")),
    "maximum": (("minimum", "function"), ("max", "function")),
    "minimum": (("maximum", "function"),),
    "argmax": (("argmin", "function"), ("max", "function")),
    "argmin": (("argmax", "function"),),
    "exp": (("expm1", "function"), ("exp2", "function")),
    "expm1": (("exp", "function"),),
    "exp2": (("exp", "function"),),
    "log": (("log1p", "function"),),
    "log1p": (("log", "function"),),
    "log2": (("log", "function"),),
    "log10": (("log", "function"),),
    "sqrt": (("square", "power"), ("abs", "power")),
    "square": (("sqrt", "power"), ("abs", "power")),
    "abs": (("square", "power"), ("sqrt", "power"), ("sign", "function")),
    "sign": (("abs", "function"),),
    "tanh": (("sin", "function"), ("sinh", "function")),
    "sin": (("tanh", "function"), ("cos", "function")),
    "cos": (("sin", "function"),),
    "var": (("std", "power"),),
    "std": (("var", "power"),),
    "zeros": (("ones", "initial"),),
    "ones": (("zeros", "initial"),),
    "zeros_like": (("ones_like", "initial"),),
    "ones_like": (("zeros_like", "initial"),),
    "empty": (("zeros", "initial"),),
    "empty_like": (("zeros_like", "initial"),),
    "dot": (("multiply", "product"),),
    "multiply": (("dot", "product"), ("matmul", "product")),
    "outer": (("dot", "product"),),
    "vstack": (("hstack", "axis"), ("column_stack", "axis")),
    "hstack": (("vstack", "axis"),),
    "concatenate": (("stack", "axis"),),
    "stack": (("concatenate", "axis"),),
    "floor": (("ceil", "function"),),
    "ceil": (("floor", "function"),),
    "cumsum": (("sum", "function"),),
    "rand": (("randn", "function"),),
    "randn": (("rand", "function"),),
}  # fmt: skip
_TURNED = {"min": "max", "max": "min"}
AXES = (0, 1, -1, None, (0, 1), (0, 2), (1, 2), (0, 2, 3), 2, (2, 3))


def edits(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    """All changes of one node; `names` are what is in scope."""
    for family in _FAMILIES.get(type(place.node), ()):
        yield from family(place, names)


def _operation(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.BinOp)
    left, op, right = n.left, n.op, n.right
    for other in _ARITHMETIC:
        if type(op) in _ARITHMETIC and other is not type(op):
            both = {type(op), other}
            sums = both == {ast.Add, ast.Sub}
            products = both == {ast.Mult, ast.Div}
            kind = "sign" if sums else "inverse" if products else "operator"
            yield 0 if sums or products else 1, kind, ast.BinOp(left, other(), right)
    if isinstance(op, ast.FloorDiv):
        yield 0, "inverse", ast.BinOp(left, ast.Div(), right)
    if isinstance(op, ast.MatMult):
        yield 1, "product", ast.BinOp(left, ast.Mult(), right)
        for one, other_side in ((left, right), (right, left)):
            for a in (one, transpose(one)):
                for b in (other_side, transpose(other_side)):
                    if (a, b) != (left, right):
                        yield 0, "transpose", ast.BinOp(a, ast.MatMult(), b)
    elif isinstance(op, ast.Mult):
        for a, b in ((left, right), (transpose(left), right), (left, transpose(right))):
            yield 1, "product", ast.BinOp(a, ast.MatMult(), b)
    if isinstance(op, (ast.Sub, ast.Div)):
        yield int(isinstance(op, ast.Div)), "order", ast.BinOp(right, op, left)
    if isinstance(op, (ast.BitAnd, ast.BitOr)):
        other_op = ast.BitOr() if isinstance(op, ast.BitAnd) else ast.BitAnd()
        yield 0, "comparison", ast.BinOp(left, other_op, right)
    small = isinstance(right, ast.Constant)
    extra = "extra_term" if isinstance(op, (ast.Add, ast.Sub)) else "extra_factor"
    extra = "power" if isinstance(op, ast.Pow) else extra
    yield 0 if small else 1, extra, left
    if not isinstance(op, (ast.Sub, ast.Div, ast.Pow)):
        yield 1, extra, right
    elif isinstance(op, ast.Sub):
        if isinstance(left, ast.Constant):  # 1 - p
            yield 0, extra, right
        yield 2, extra, ast.UnaryOp(ast.USub(), right)
        yield 2, extra, right
    else:
        yield 2, extra, right
    if isinstance(op, ast.Pow):
        for power in (1, 2, 3, 4, 0.5, -1, -2, -0.5, -1.5):
            if not (isinstance(right, ast.Constant) and right.value == power):
                yield 0, "power", ast.BinOp(left, op, ast.Constant(power))
        yield 1, "order", ast.BinOp(right, op, left)
    yield from _grouped(n)


def _grouped(n: ast.BinOp) -> Iterator[Edit]:
    """Brackets elsewhere."""
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
    if isinstance(n.right, ast.BinOp) and isinstance(n.right.op, ast.Pow):
        yield (
            1,
            "grouping",
            ast.BinOp(ast.BinOp(n.left, n.op, n.right.left), ast.Pow(), n.right.right),
        )


def _sign(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.UnaryOp)
    kind = "sign" if isinstance(n.op, (ast.USub, ast.UAdd)) else "comparison"
    if not isinstance(n.operand, ast.Constant) or kind != "sign":
        yield 0, kind, n.operand
        return
    yield (
        0,
        "sign" if _counts_as(place, "number") == "number" else _counts_as(place, "number"),
        (n.operand),
    )


def _number(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Constant)
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


def _comparison(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Compare)
    if len(n.ops) != 1 or isinstance(n.ops[0], (ast.In, ast.NotIn)):
        return
    for other in _COMPARISONS:
        if other is not type(n.ops[0]) and not isinstance(n.ops[0], (ast.Is, ast.IsNot)):
            exact = other in (ast.Eq, ast.NotEq) and not isinstance(n.ops[0], (ast.Eq, ast.NotEq))
            yield 2 if exact else 0, "comparison", ast.Compare(n.left, [other()], n.comparators)
    if isinstance(n.ops[0], ast.Is):
        yield 0, "comparison", ast.Compare(n.left, [ast.IsNot()], n.comparators)
    if isinstance(n.ops[0], ast.IsNot):
        yield 0, "comparison", ast.Compare(n.left, [ast.Is()], n.comparators)


def _either(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.BoolOp)
    yield (
        0,
        "comparison",
        ast.BoolOp(ast.Or() if isinstance(n.op, ast.And) else ast.And(), n.values),
    )
    for value in n.values:
        yield 1, "comparison", value


def _attribute(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Attribute)
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


def _call(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Call)
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
    for i in range(len(args) - 1):
        swapped = [*args]
        swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
        if not all(isinstance(a, ast.Starred) for a in args):
            yield 0, "arguments", ast.Call(n.func, swapped, n.keywords)
    for i, j in itertools.combinations(range(len(n.keywords)), 2):
        if not {n.keywords[i].arg, n.keywords[j].arg} & {None, "axis", "keepdims", "dtype"}:
            kept = [ast.keyword(k.arg, k.value) for k in n.keywords]
            kept[i].value, kept[j].value = kept[j].value, kept[i].value
            yield 0, "arguments", ast.Call(n.func, args, kept)
    for i, keyword in enumerate(n.keywords):
        if keyword.arg not in ("axis", "keepdims"):
            rest = [*n.keywords[:i], *n.keywords[i + 1 :]]
            tier, kind = (0, "dtype") if keyword.arg == "dtype" else (1, "argument")
            yield tier, kind, ast.Call(n.func, args, rest)
    if name == "dot" and len(args) == 2:
        for a, b in ((args[1], args[0]), (transpose(args[0]), args[1]),
                     (args[0], transpose(args[1])),
                     (transpose(args[1]), transpose(args[0]))):  # fmt: skip
            yield 0, "transpose", ast.Call(n.func, [a, b], [])
    if name == "dot" and len(args) == 1 and isinstance(n.func, ast.Attribute):
        one, other = n.func.value, args[0]
        for a, b in ((other, one), (transpose(one), other), (one, transpose(other)),
                     (transpose(other), one), (other, transpose(one))):  # fmt: skip
            yield 0, "transpose", ast.BinOp(a, ast.MatMult(), b)
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
        for op in (ast.Add(), ast.Sub()):
            moved = [*n.args]
            moved[i] = ast.BinOp(arg, op, ast.Constant(1))
            yield 0, "off_by_one", ast.Call(n.func, moved, [])
    backwards = ast.Call(ast.Name("reversed", ast.Load()), [n], [])
    yield 0, "direction", backwards
    if len(n.args) == 1:
        yield 0, "off_by_one", ast.Call(n.func, [ast.Constant(1), *n.args], [])
    if len(n.args) == 2:
        yield 0, "off_by_one", ast.Call(n.func, n.args[1:], [])
    if len(n.args) == 3:
        yield 1, "direction", ast.Call(n.func, n.args[:2], [])


def _entry(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Subscript)
    reads = isinstance(n.ctx, ast.Load)
    index = n.slice
    if not isinstance(index, (ast.Slice, ast.Tuple)) and not isinstance(index, ast.Constant):
        for op in (ast.Add(), ast.Sub()):
            moved = ast.BinOp(index, op, ast.Constant(1))
            yield 0, "off_by_one", ast.Subscript(n.value, moved, n.ctx)
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
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                swapped = [*parts]
                swapped[i], swapped[j] = swapped[j], swapped[i]
                yield 1, "index", ast.Subscript(n.value, ast.Tuple(swapped, ast.Load()), n.ctx)
        for i, part in enumerate(parts):
            if not isinstance(part, (ast.Slice, ast.Constant)):
                for op in (ast.Add(), ast.Sub()):
                    moved_parts = [*parts]
                    moved_parts[i] = ast.BinOp(part, op, ast.Constant(1))
                    moved_index = ast.Tuple(moved_parts, ast.Load())
                    yield 0, "off_by_one", ast.Subscript(n.value, moved_index, n.ctx)
    if reads:
        back = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
        if isinstance(index, ast.Slice) and index.step is not None:
            yield 0, "direction", n.value
        yield 2, "index", n.value
        yield 2, "direction", ast.Subscript(n, back, ast.Load())


def _counted_back(index: ast.expr) -> Iterator[ast.expr]:
    """`t` as an index counted from the end, or what was counted from there, from the front."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    for i, part in enumerate(parts):
        last = part.right if isinstance(part, ast.BinOp) else None
        if isinstance(part, ast.Name):
            new: ast.expr = ast.BinOp(ast.Constant(-1), ast.Sub(), part)
        elif (
            isinstance(part, ast.BinOp)
            and isinstance(part.op, ast.Sub)
            and (isinstance(last, ast.Name))
        ):
            new = last
        else:
            continue
        changed = [*parts[:i], new, *parts[i + 1 :]]
        yield ast.Tuple(changed, ast.Load()) if isinstance(index, ast.Tuple) else new


def _slice(place: Place, names: Sequence[str]) -> Iterator[tuple[int, str, ast.expr]]:
    n = place.node
    assert isinstance(n, ast.Slice)
    one = ast.Constant(1)
    for side in ("lower", "upper"):
        bound = getattr(n, side)
        if bound is None:
            continue
        for changed in (ast.BinOp(bound, ast.Add(), one), ast.BinOp(bound, ast.Sub(), one), None):
            lower = changed if side == "lower" else n.lower
            upper = changed if side == "upper" else n.upper
            tier = 0 if changed is not None else 1
            yield tier, "off_by_one", ast.Slice(lower, upper, n.step)
    if n.upper is not None:  # both ends
        for op in (ast.Sub(), ast.Add()):
            lower = None if n.lower is None else ast.BinOp(n.lower, op, one)
            if lower is not None or isinstance(op, ast.Add):
                lower = lower or one
                yield 1, "off_by_one", ast.Slice(lower, ast.BinOp(n.upper, op, one), n.step)
    if n.lower is None:
        yield 1, "off_by_one", ast.Slice(one, n.upper, n.step)
    if n.upper is None:
        yield 1, "off_by_one", ast.Slice(n.lower, ast.UnaryOp(ast.USub(), one), n.step)
    if n.step is not None and isinstance(n.step, ast.Constant):
        yield 1, "number", ast.Slice(n.lower, n.upper, ast.BinOp(n.step, ast.Add(), one))


def _several(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, (ast.Tuple, ast.List))
    kind = "order"
    if isinstance(place.parent, ast.keyword):
        kind = "axis"
    if isinstance(place.parent, ast.Subscript):
        return
    for i in range(len(n.elts)):
        for j in range(i + 1, len(n.elts)):
            swapped = [*n.elts]
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield 0, kind, type(n)(swapped, n.ctx)
    if kind == "axis":
        for axis in AXES:
            if ast.unparse(constant(axis)) != ast.unparse(n):
                yield 1, kind, constant(axis)
    if isinstance(n.ctx, ast.Load) and len(n.elts) > 2:
        yield 2, "order", type(n)(n.elts[::-1], n.ctx)


def _entries(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Dict)
    for i in range(len(n.values)):
        for j in range(i + 1, len(n.values)):
            swapped = [*n.values]
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield 0, "order", ast.Dict(n.keys, swapped)


def _choice(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.IfExp)
    yield 0, "comparison", ast.IfExp(n.test, n.orelse, n.body)
    yield 1, "comparison", n.body
    yield 1, "comparison", n.orelse


def _name(place: Place, names: Sequence[str]) -> Iterator[Edit]:
    n = place.node
    assert isinstance(n, ast.Name)
    if not isinstance(n.ctx, ast.Load) or n.id in LIBRARIES or _is_called(place):
        return
    for name in names:
        if name != n.id and not (isinstance(place.parent, ast.Attribute) and "." in name):
            yield 1, "wrong_name", named(name)


_FAMILIES: dict[type[ast.AST], tuple[Callable[[Place, Sequence[str]], Iterator[Edit]], ...]] = {
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
