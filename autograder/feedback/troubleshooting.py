"""Which section of docs/troubleshooting.md goes further than a finding can."""

from __future__ import annotations

from autograder.checks.finding import Finding

PAGE = "docs/troubleshooting.md"
NOT_FINITE = "NaN or inf"
SHAPES = "Shape errors"
FLAT = "A flat loss"


def section(finding: Finding) -> str:
    """The title of the section, or `""` when the finding says all there is to say."""
    overflow = finding.check == "warnings" and any(
        sign in finding.message for sign in ("overflow", "divide by zero", "invalid value")
    )
    if finding.check == "finite" or overflow:
        return NOT_FINITE
    shaped = finding.check == "contract" and " has shape " in finding.message
    raised = finding.check == "failure:exception" and any(
        sign in finding.message for sign in _SHAPES_IN_ERRORS
    )
    return SHAPES if (shaped or raised) and not finding.mistake else ""


# How NumPy begins what it says of shapes that do not fit.
_SHAPES_IN_ERRORS = ("shapes (", "could not be broadcast", "matmul: ", "cannot reshape", "axis ")
