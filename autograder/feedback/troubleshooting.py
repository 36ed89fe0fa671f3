"""Which section of docs/troubleshooting.md goes further than a finding can."""

from collections.abc import Sequence
from pathlib import Path

from autograder.checks.finding import Check, Finding
from autograder.feedback.blocks import Link
from autograder.feedback.heatmap import Grid
from autograder.language import spoken, tr

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
