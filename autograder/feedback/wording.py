"""How numbers, points, places and lists are written in a message."""

import math
from collections.abc import Sequence
from fractions import Fraction

from autograder.exercises.cases import family
from autograder.language import counted as counted
from autograder.language import tight, tr

EXACT = 1e-6

VERDICTS = {
    "right": "right",
    "partial": "partly right",
    "wrong": "not right yet",
    "unanswered": "not written yet",
    "timeout": "ran out of time",
    "memory": "ran out of memory",
    "crash": "crashed the interpreter",
    "exit": "ended the interpreter",
    "error": "raised an error",
    "protocol": "returned something that cannot be read",
    "manual": "a person grades this",
}
MARKS = {"right": "✓", "partial": "◐", "unanswered": "○", "manual": "○"}
"""One sign per verdict; `✗` for all others."""


def mark(status: str) -> str:
    """The sign of a verdict.

    Example:
        >>> mark("right"), mark("timeout")
        ('✓', '✗')
    """
    return MARKS.get(status, "✗")


def number(value: float) -> str:
    """A number for a person: four digits, and more only where it is an integer.

    Example:
        >>> number(0.123456), number(-3.0), number(1.5e-9), number(float("nan"))
        ('0.1235', '-3', '1.5e-09', 'nan')
    """
    if math.isfinite(value) and value == int(value) and abs(value) < 1e6:
        return str(int(value))  # also -0.0, which is 0
    return f"{value:z.4g}"


def factor(value: float) -> str:
    """A factor as a person would write it: 1/5, 3, √(4/5), or just its digits.

    Example:
        >>> factor(0.2), factor(3.0), factor(-0.8**0.5), factor(0.3217), factor(1.25)
        ('1/5', '3', '-√(4/5)', '0.3217', '5/4')
    """
    sign, size = ("-" if value < 0 else ""), abs(value)
    if not 1e-6 < size < 1e6:
        return f"{value:.4g}"
    for power, form, largest in ((size, "{}", 100), (size**2, "√({})", 20)):
        ratio = Fraction(power).limit_denominator(largest)
        if ratio.numerator <= 100 and abs(float(ratio) - power) < EXACT * power:
            return sign + form.format(ratio)
    return f"{value:.4g}"


def pair(got: float, expected: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart (at most 17).

    Example:
        >>> pair(1.00004, 1.0)
        ('1.00004', '1')
    """
    one, other = number(got), number(expected)
    for digits in range(5, 18):
        if one != other or got == expected:
            break
        one, other = f"{got:.{digits}g}", f"{expected:.{digits}g}"
    return one, other


def points(value: float) -> str:
    """Points for a person: two decimals at most; never rounded up to a whole point.

    Example:
        >>> points(5), points(10 / 3), points(20 / 3), points(4.999), points(-0.001)
        ('5', '3.33', '6.67', '4.99', '0')
    """
    shown = round(value, 2)
    if value > 0 and shown > value + 1e-9 and shown == round(shown):
        shown = math.floor(value * 100) / 100
    return f"{shown:z.2f}".rstrip("0").rstrip(".")


def entry(output: str, index: Sequence[int] | None) -> str:
    """The place of a number: `dw[2, 1]`; just the name when there is no index.

    Example:
        >>> entry("dw", (2, 1)), entry("loss", ())
        ('dw[2, 1]', 'loss')
    """
    return f"{output}[{', '.join(str(i) for i in index)}]" if index else output


def listed(items: Sequence[str], limit: int = 12) -> str:
    """`a, b and c`; cut after `limit` items.

    Example:
        >>> listed(["dx"]), listed(["dx", "dw", "db"]), listed(["a", "b", "c"], limit=2)
        ('dx', 'dx, dw and db', 'a, b and 1 more')
    """
    kept = list(items[:limit])
    if len(items) > limit:
        kept.append(tr("{count} more").format(count=len(items) - limit))
    if len(kept) < 2:
        return "".join(kept)
    return tight(tr("{most} and {last}").format(most=tr(", ").join(kept[:-1]), last=kept[-1]))


def shown_output(name: str) -> str:
    """The name of an output; one that stands in no code is said in the language."""
    return name if name.isidentifier() else tr(name)


def shown_case(name: str) -> str:
    """The name of a case as a person reads it: its regime has a name in each language."""
    regime = family(name)
    return tr(regime) + name[len(regime) :]
