"""What a finding says by itself to whoever can read it: exceptions, shapes, repetitions."""

import math
from typing import Any

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.exercises.fact import Fact, fact
from autograder.exercises.script import Failure
from autograder.explain.question import Asked, Explained, Outputs

EXCEPTIONS = (
    ("truth value of an array", "truth_value"),
    ("ufunc 'bitwise_", "bitwise"),
    ("can be converted to Python scalars", "scalar"),
    ("array has an inhomogeneous shape", "ragged"),
    ("'tuple' and '", "pair"),
    ("cannot access local variable", "unassigned"),
    ("'generator' object", "generator"),
    ("'coroutine' object", "coroutine"),
    ("NoneType", "none"),
    ("'float' object cannot be interpreted as an integer", "whole_number"),
    ("slice indices must be integers", "whole_number"),
    ("zero-size array to reduction operation", "empty"),
    ("'builtin_function_or_method'", "builtin"),
    ("list assignment index out of range", "no_place"),
    ("append() takes exactly one argument", "append_one"),
)
"""A piece of what Python or NumPy says -> the sentence `exception.<name>`; the first that fits."""


REMOVED = {
    "product": "np.prod", "cumproduct": "np.cumprod", "in1d": "np.isin", "sometrue": "np.any",
    "alltrue": "np.all", "row_stack": "np.vstack", "trapz": "np.trapezoid", "float_": "np.float64",
    "Inf": "np.inf", "Infinity": "np.inf", "infty": "np.inf", "NaN": "np.nan", "bool8": "np.bool_",
    "float": "float", "int": "int", "bool": "bool", "object": "object", "asfarray": "np.asarray",
    "round_": "np.round", "unicode_": "np.str_", "complex_": "np.complex128", "msort": "np.sort",
}  # fmt: skip
"""Names that NumPy 2 has no more -> what to write."""


RETURNED = {
    "generator": "generator", "coroutine": "coroutine", "function": "uncalled",
    "method": "uncalled", "builtin_function_or_method": "uncalled", "ufunc": "uncalled",
}  # fmt: skip
"""The type of a returned value that is none -> the sentence `exception.<name>`."""


KEY = 60
"""So much of a key is shown."""

UNKNOWN = ("near", "elsewhere", "lost")
"""What a name without a value may be -> the advice `names.<what>`."""


def by_itself(result: RowResult, asked: Asked, outputs: Outputs) -> Explained:
    """The next step after an error of the student's code, a wrong shape, a changed repetition."""
    found: Explained = {}
    for finding in result.findings:
        if finding.costs and finding.output in outputs and finding.output not in found:
            said = _said(finding, result)
            if said is not None:
                found[finding.output] = Explanation(Source.CHECK, fact=said)
    return found


def _said(finding: Finding, result: RowResult) -> Fact | None:
    failure, wrong = finding.failure, finding.difference
    if failure is not None and failure.kind == "exception" and not finding.hidden:
        if failure.type_name == "KeyError":
            return _of_key(failure)
        known = (fact(f"exception.{name}") for sign, name in EXCEPTIONS if sign in failure.message)
        return _removed(failure) or _of_operands(failure) or next(known, None)
    told = wrong.got if wrong is not None else finding.fact and finding.fact.values.get("got")
    if not finding.hidden and isinstance(told, Fact) and told.values.get("type") in RETURNED:
        return fact(f"exception.{RETURNED[told.values['type']]}")
    if wrong is not None and wrong.kind == "shape":
        return _of_shape(wrong)
    if finding.check is Check.REPEATABILITY and all(
        f.check is Check.REPEATABILITY for f in result.findings if f.output == finding.output
    ):
        return fact("again.state")
    if finding.check is Check.DIFFERENCING:
        return fact("differencing.task")
    return None


def _of_key(failure: Failure) -> Fact:
    """Which entries a dict has, where one was looked for in vain."""
    raised = failure.raised
    if raised is None or raised.operation != "key" or len(raised.operands) != 2:
        return fact("exception.key")
    name, entries = (operand.text for operand in raised.operands)
    gaps = {"name": name, "key": failure.message[:KEY]}
    return fact("keys.others", **gaps, entries=entries) if entries else fact("keys.empty", **gaps)


def _of_operands(failure: Failure) -> Fact | None:
    """What met in the line that raised: shapes that do not fit, or so many names for a tuple."""
    raised = failure.raised
    if raised is None:
        return None
    sign, operands = raised.operation, raised.operands
    gaps: dict[str, Any] = {"line": raised.line, "function": raised.function}
    if sign in UNKNOWN and failure.type_name in ("NameError", "UnboundLocalError"):
        meant = {} if sign == "lost" else {"other": operands[-1].text}
        advice = fact(f"names.{sign}", **meant)
        return fact("names.unknown", **gaps, name=operands[0].text, advice=advice)
    if sign == "absent" and failure.type_name == "AttributeError":
        meant = {} if len(operands) == 1 else {"other": operands[1].text}
        advice = fact("names.near" if meant else "names.absent", **meant)
        return fact("names.no_such", **gaps, name=operands[0].text, advice=advice)
    if sign == "call" and failure.type_name == "TypeError":
        return fact("names.call", **gaps, name=operands[0].text)
    if failure.type_name not in ("ValueError", "IndexError"):
        return None
    beyond = failure.type_name == "IndexError" and "shape mismatch" not in failure.message
    if sign == "index" and len(operands) == 1 and beyond:
        gaps |= {"left": operands[0].text, "left_shape": operands[0].shape}
        return fact("shapes.index", **gaps)
    if len(operands) != 2:
        return None
    (left, one), (right, other) = ((o.text, o.shape) for o in operands)
    if sign == "unpack":
        return fact("shapes.unpack", **gaps, name=left, count=one[0], asked=other[0])
    gaps |= {"left": left, "left_shape": one, "right": right, "right_shape": other}
    if sign == "@":
        return _of_product(one, other, gaps)
    if sign == "=":
        return fact("shapes.into", **gaps)
    if sign in ("+", "-", "*", "/"):
        return fact("shapes.together", **gaps, sign=sign, advice=_of_pair(one, other))
    return None


def _of_product(one: tuple[int, ...], other: tuple[int, ...], gaps: dict[str, Any]) -> Fact | None:
    if not one or not other or one[-1] == other[-2:][0]:
        return None
    inner = other[-2:][0]
    turned = len(one) == len(other) == 2 and (
        one[-1] == other[1] or one[0] == inner or one[0] == other[1]
    )
    flat = len(one) > 2 and math.prod(one[1:]) == inner
    round_ = any(
        len(shape) > 2 and text.endswith(".T")
        for text, shape in ((gaps["left"], one), (gaps["right"], other))
    )
    kinds = (
        *((round_, "shapes.all_axes"), (turned, "shapes.turn"), (flat, "shapes.flatten")),
        (True, "shapes.neither"),
    )
    advice = next(kind for holds, kind in kinds if holds)
    said = fact(advice, left=gaps["left"])
    return fact("shapes.inner", **gaps, one=one[-1], other=inner, advice=said)


def _of_pair(one: tuple[int, ...], other: tuple[int, ...]) -> Fact:
    """What to do about two shapes that cannot be put together entry by entry."""
    long, short = (one, other) if len(one) >= len(other) else (other, one)
    if len(long) > len(short) and short == long[: len(short)]:
        return fact("shapes.keepdims")
    if len(long) == len(short) + 1 and any(
        short == (*long[:i], *long[i + 1 :]) for i in range(len(long))
    ):
        return fact("shapes.keepdims")
    if len(one) == len(other) == 2 and one == other[::-1]:
        return fact("shapes.turn")
    if len(long) > 2 and len(short) == 1 and long.count(*short) == 1:
        sizes = [size if size in short else 1 for size in long]
        return fact("shapes.one_axis", size=short[0], shape=tuple(sizes))
    return fact("shapes.neither")


def _removed(failure: Failure) -> Fact | None:
    """A name that older tutorials use and this NumPy does not know."""
    if failure.type_name == "AttributeError" and "numpy" in failure.message.lower():
        for name, new in REMOVED.items():
            if f"'{name}'" in failure.message or f"`np.{name}`" in failure.message:
                return fact("exception.removed", old=f"np.{name}", new=new)
    if failure.type_name == "TypeError" and "'newshape'" in failure.message:
        return fact("exception.removed", old="reshape(newshape=…)", new="reshape(shape=…)")
    return None


def _of_shape(wrong: Difference) -> Fact | None:
    have, want = tuple(wrong.got), tuple(wrong.expected)
    if len(have) == 2 and have == want[::-1]:
        return fact("shape.transpose")
    if math.prod(have) == math.prod(want):
        return fact("shape.reshape")
    return fact("shape.sum") if len(have) > len(want) else None
