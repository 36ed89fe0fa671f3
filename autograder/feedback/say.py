"""Findings in words: the one place where what was found becomes a sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, Where
from autograder.exercises.fact import Fact, fact
from autograder.exercises.script import Failure
from autograder.feedback.blocks import Link
from autograder.feedback.heatmap import Grid
from autograder.feedback.sentences import SENTENCES
from autograder.feedback.wording import entry, factor, listed, number, pair, shown_output
from autograder.language import spoken, tr

FEW = 3
_SEVERAL = ("ways", "changes")
"""Gaps that hold several facts."""
ABSENT = "StandIn"
"""The type of what stands in the sandbox for a library that is not there."""


def said(what: Fact) -> str:
    """The sentence of a fact.

    Example:
        >>> said(fact("returned.count", what="f_backward", count=3, wanted=["dx", "dw"]))
        'f_backward returned 3 values; expected 2: dx and dw'
    """
    if what.name == "type.object":
        name = str(what.values["type"])
        article = "an" if name[:1].lower() in "aeiou" else "a"
        return tr(SENTENCES["type.absent" if name == ABSENT else what.name]).format(
            article=article, type=name
        )
    if what.name == "critic.some":
        return "\n".join(_critic(what.values))
    return tr(SENTENCES[what.name]).format_map(
        {gap: _shown(gap, value) for gap, value in what.values.items()}
    )


def message(finding: Finding, row: str) -> str:
    """What a finding says, in a sentence without the numbers of one entry.

    Args:
        row: The row that it is about.
    """
    if finding.failure is not None:
        return _failed(finding.failure, row)
    if finding.fact is not None:
        return said(finding.fact)
    assert finding.difference is not None
    text = _differs(finding.difference, shown_output(finding.output or row))
    return said(fact("differs.again", said=text)) if finding.check is Check.REPEATABILITY else text


def place(finding: Finding) -> tuple[str, str, str] | None:
    """Where the difference is largest, what was got there and what was expected.

    Returns:
        Such as `("dw[2, 1]", "0.3", "1.2")`; None on hidden cases and where there is no number.
    """
    wrong = finding.difference
    if finding.hidden or wrong is None or wrong.kind not in ("value", "finite", "truth"):
        return None
    if wrong.got is None or wrong.expected is None:  # JSON has neither NaN nor infinity
        return None
    name = _label(wrong, shown_output(finding.output or ""))
    if finding.check is Check.STAGE and finding.fact is not None:
        name = str(finding.fact.values["stage"])
    got, expected = pair(float(wrong.got), float(wrong.expected))
    if wrong.kind == "truth":
        got, expected = str(bool(wrong.got)), str(bool(wrong.expected))
    return entry(name, wrong.index), got, expected


def in_full(finding: Finding, row: str) -> str:
    """The sentence with the numbers of the worst entry, for one line."""
    text, where = message(finding, row), place(finding)
    if where is None:
        return text
    return tr("{text}; {place}: got {got}, expected {expected}").format(
        text=text, place=where[0], got=where[1], expected=where[2]
    )


def advice(explanation: Explanation) -> str:
    """What an explanation says, the line first."""
    what = tr(explanation.says) or (said(explanation.fact) if explanation.fact is not None else "")
    where, line = explanation.where, explanation.before
    says_it = explanation.fact is not None and "line" in explanation.fact.values
    if where is None or says_it:
        return what
    gaps = {"line": where.line, "function": where.function, "said": what}
    if where.also is not None:
        return said(fact("repair.either", also=where.also, **gaps))
    return said(fact("repair.at", before=line, **gaps))


def sentence(text: str) -> str:
    """What was said, with a full stop."""
    return tr("{said}.").format(said=text)


def spot(where: Where) -> str:
    """A line of the student's code in words.

    Example:
        >>> spot(Where("affine_backward", 3, cell=5))
        'cell 5, line 3 of affine_backward'
    """
    name = "spot.line" if where.cell is None else "spot.cell"
    return said(fact(name, function=where.function, line=where.line, cell=where.cell))


def _shown(gap: str, value: Any) -> str:
    """A value as it stands in a sentence."""
    if isinstance(value, dict):  # a fact that comes out of a result file
        value = Fact(**value)
    if isinstance(value, Fact):
        return said(value)
    if gap == "wanted":
        several = "wanted.several" if len(value) > 1 else "wanted.one"
        return said(fact(several, count=len(value), names=value))
    if gap == "factor":
        return factor(value)
    if gap in ("share", "keep"):
        return f"{100 * value:.3g}"
    if gap in _SEVERAL:
        between = tr(" or ") if gap == "ways" else tr("; ")
        return between.join(_shown("", item) for item in value)
    if not isinstance(value, (float, list, tuple)):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, tuple) or all(isinstance(item, int) for item in value):
        return _shape(value)
    return listed([str(item) for item in value])


def _shape(shape: Sequence[int]) -> str:
    """A shape as NumPy writes it; JSON has made a list of the tuple."""
    return str(tuple(int(size) for size in shape))


def _label(wrong: Difference, name: str) -> str:
    """What is compared: the output, the way to it inside, and in which call."""
    label = name + "".join(f"[{key!r}]" for key in wrong.where)
    return said(fact("differs.call", name=label, turn=wrong.turn)) if wrong.turn else label


def _differs(wrong: Difference, name: str) -> str:
    some, total = wrong.entries
    gaps = {
        "name": _label(wrong, name), "got": wrong.got, "expected": wrong.expected, "some": some,
        "all": total, "of": wrong.shape_of,
    }  # fmt: skip
    kind: str = wrong.kind
    if kind == "shape":
        gaps |= {"got": _shape(wrong.got), "expected": _shape(wrong.expected)}
        kind = "single" if not wrong.expected else "shape_of" if wrong.shape_of else "shape"
    elif kind == "missing":
        gaps["expected"] = repr(wrong.expected)
    elif kind == "value":
        gaps["error"] = f"{wrong.error or 0.0:.2g}"
        kind = "value_in" if 0 < some < total else "value"
    return said(Fact(f"differs.{kind}", gaps))


def _failed(failure: Failure, row: str) -> str:
    gaps = {"row": row, "type": failure.type_name, "message": failure.message}
    kind: str = failure.kind
    if kind == "skipped" and failure.message.endswith(": "):
        kind = "skipped_unwritten"
    return said(Fact(f"failure.{kind}", gaps))


def _critic(gaps: dict[str, Any]) -> list[str]:
    """The score of a gradient check of one's own, and what it judged wrongly."""
    lines = [tr(SENTENCES["critic.some"]).format_map(gaps)]
    for gap in ("missed", "alarmed"):
        names = [tr(name) for name in gaps[gap]]
        if len(names) > FEW + 1:
            names = [*names[:FEW], tr("{count} more").format(count=len(names) - FEW)]
        lines += [tr(SENTENCES[f"critic.{gap}"]).format(name=name) for name in names]
    if gaps["raised"]:
        lines.append(tr(SENTENCES["critic.raised"]).format_map(gaps))
    return lines


PAGE = "docs/troubleshooting.md"
NOT_FINITE = "NaN or inf"
SHAPES = "Shape errors"
FLAT = "A flat loss"

# How NumPy begins what it says of shapes that do not fit, and of numbers that leave the range.
_SHAPES_IN_ERRORS = ("shapes (", "could not be broadcast", "matmul: ", "cannot reshape", "axis ")
_OVERFLOWS = ("overflow", "divide by zero", "invalid value")


def page_near(folder: Path) -> str:
    """Where the page lies, seen from a notebook's folder; `""` where none came along above it.

    Args:
        folder: That of the notebook, which is the working directory.
    """
    docs, _, name = PAGE.partition("/")
    for up, above in enumerate([folder, *folder.parents][:4]):
        for page in (f"{docs}/{spoken()}/{name}", PAGE):
            if (above / page).is_file():
                return "../" * up + page
    return ""


def link(title: str, page: str) -> Link:
    """A link to a section, as JupyterLab and VS Code call it; without a page its path alone."""
    found = Link(page.replace("../", "") or PAGE)
    words = title if found == PAGE else tr(title)
    found.href = f"{page}#{words.replace(' ', '-')}" if page else ""
    return found


def section(finding: Finding, grids: Sequence[Grid] = ()) -> str:
    """The title of the section, or `""` when the finding says all there is to say."""
    if finding.check is Check.FINITE:
        return NOT_FINITE
    if finding.check is Check.WARNINGS and finding.fact is not None:
        told = str(finding.fact.values.get("text", ""))
        return NOT_FINITE if any(sign in told for sign in _OVERFLOWS) else ""
    if finding.mistake:
        return ""
    if finding.difference is not None and finding.difference.kind == "shape":
        return SHAPES
    if finding.failed("exception") and finding.failure is not None:
        told = finding.failure.message
        return SHAPES if any(sign in told for sign in _SHAPES_IN_ERRORS) else ""
    flat = any(g.output == finding.output and not g.got.any() and g.wrong for g in grids)
    return FLAT if finding.check is Check.GRADIENT and flat else ""
