"""What is told about hidden cases: that they failed, in our own words, and little else.

Whatever student code raises, returns, prints or names can spell out the inputs that it was given,
and so can how large an error is, how often it comes up and how long it takes. So the findings on
all hidden cases together become at most one for each check and output, and its text is made here,
of the check, the output and a coarse class. Instructors and students read the same.
"""

from __future__ import annotations

from dataclasses import replace

from autograder.checks.finding import Finding, RowResult

HIDDEN = "hidden"
"""What the case of such a finding is called."""

SLIGHT = 0.01
_SAYS = {
    "finite": "has entries that are inf or nan",
    "contract": "has not the form that is expected",
    "repeatability": "differs when the same is asked again",
    "mask": "is not masked as p demands",
    "moments": "does not have the mean and the spread that are expected",
}
FAILED = {
    "missing": "is not defined",
    "unanswered": "is not written yet",
    "timeout": "took too long",
    "memory": "needed too much memory",
    "crash": "crashed the interpreter",
    "exit": "ended the program",
    "protocol": "gave something that could not be read",
    "skipped": "was not run, because a call that it needs failed",
}
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
    told = {(f.output, f.mistake) for f in result.findings if f.costs and not f.hidden}
    kept: dict[Finding, None] = {}
    for finding in result.findings:
        if not finding.hidden:
            kept[finding] = None
        elif finding.costs:  # public cases warn as well
            named = (finding.output, finding.mistake) in told
            coarse = Finding(
                finding.check, finding.output, _words(result.id, finding), case=HIDDEN, hidden=True
            )
            if named:
                coarse = replace(coarse, mistake=finding.mistake, advice=finding.advice)
            kept[coarse] = None
    return result.with_findings(tuple(kept))


def _words(row: str, finding: Finding) -> str:
    """What a finding says of hidden cases."""
    kind = finding.check.removeprefix("failure:")
    if kind == "exception":
        raised = finding.message.removeprefix(f"{row} raised ").partition(":")[0]
        known = [name for name, others in _ERRORS.items() if raised in (name, *others)]
        return f"{row} raised {'an error of another kind' if not known else f'a {known[0]}'}"
    if kind != finding.check:
        return f"{row} {FAILED[kind]}"
    if finding.check in _SAYS:
        return f"{finding.output or row} {_SAYS[finding.check]}"
    slightly = finding.error is not None and finding.error < SLIGHT
    return f"{finding.output or row} is {'slightly ' if slightly else ''}wrong"
