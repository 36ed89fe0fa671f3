"""What is told about hidden cases: that they failed, in our own words, and little else.

Whatever student code raises, returns, prints or names can spell out the inputs that it was given,
and so can how large an error is, how often it comes up and how long it takes. So the findings on
all hidden cases together become at most one for each check and output: of the check, the output and
a coarse class. Instructors and students read the same.
"""

from dataclasses import replace

from autograder.checks.finding import Check, Finding, RowResult
from autograder.exercises.fact import Fact, fact

HIDDEN = "hidden"
"""What the case of such a finding is called."""

SLIGHT = 0.01
_OF_OUTPUTS = (
    Check.FINITE, Check.CONTRACT, Check.REPEATABILITY, Check.MASK, Check.MOMENTS, Check.DRAWS,
)  # fmt: skip
_ERRORS = {
    "ArithmeticError": ("ZeroDivisionError", "FloatingPointError", "OverflowError"),
    "AttributeError": (),
    "LookupError": ("IndexError", "KeyError"),
    "NameError": ("UnboundLocalError",),
    "TypeError": (),
    "ValueError": ("LinAlgError",),
}
"""Classes of errors, by names that many errors of students have."""


def discreet(result: RowResult) -> RowResult:
    """The verdict as anybody may read it."""
    told = {(f.output, f.mistake) for f in result.findings if f.costs_visibly}
    kept: list[Finding] = []
    for finding in result.findings:
        if finding.hidden and not finding.costs:
            continue  # public cases warn as well
        if finding.hidden:
            named = (finding.output, finding.mistake) in told
            finding = Finding(
                finding.check,
                finding.output,
                HIDDEN,
                hidden=True,
                fact=_coarse(result.id, finding),
                explanation=finding.explanation if named and finding.mistake else None,
            )
        if finding not in kept:
            kept.append(finding)
    return replace(result, findings=tuple(kept))


def _coarse(row: str, finding: Finding) -> Fact:
    """What a finding says of hidden cases."""
    name = finding.output or row
    failure, wrong = finding.failure, finding.difference
    if failure is not None and failure.kind == "exception":
        kinds = (kind for kind, also in _ERRORS.items() if failure.type_name in (kind, *also))
        known = next(kinds, "")
        return fact("hidden.raised" if known else "hidden.raised_other", row=row, kind=known)
    if failure is not None:
        return fact(f"hidden.{failure.kind}", row=row)
    if finding.check in _OF_OUTPUTS:
        return fact(f"hidden.{finding.check}", name=name)
    slightly = wrong is not None and wrong.error is not None and wrong.error < SLIGHT
    return fact("hidden.slightly" if slightly else "hidden.wrong", name=name)
