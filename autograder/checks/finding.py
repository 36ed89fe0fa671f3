"""What a check found, and what became of a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Status = Literal[
    "right", "partial", "wrong", "unanswered", "timeout", "memory", "crash", "exit", "error",
    "protocol", "manual",
]  # fmt: skip

ACCOUNT = "account"
"""The check whose message is what a kind says of all that it found, not of one output."""
STATE, LOOK = "state", "look"
"""Notes on where in the notebook the answer stands: judged in an earlier state, or not judged."""


@dataclass(frozen=True)
class Finding:
    """What one check found on one case.

    Args:
        check: The name of the check in the catalogue, such as `"gradient"`.
        output: The output that it is about; None when it is about the whole row.
        severity: An error that did not pass costs its output (or the row); a warning costs nothing.
        message: What, by how much and where; for a person.
        case: The name of the case.
        hidden: The case is hidden: before anybody reads it, `discreet` makes it coarse.
        mistake: The name of the known mistake that the output equals, or `""`.
        advice: What that mistake says, or the next step.
        error: Relative error of the output.
        index: Where the error is largest.
        got, expected: The two numbers there.
        traceback: The frames in the student's own code.
    """

    check: str
    output: str | None
    message: str
    severity: Literal["error", "warning"] = "error"
    passed: bool = False
    case: str = ""
    hidden: bool = False
    mistake: str = ""
    advice: str = ""
    error: float | None = None
    index: tuple[int, ...] | None = None
    got: float | None = None
    expected: float | None = None
    traceback: tuple[str, ...] = ()

    @property
    def costs(self) -> bool:
        """Whether it costs points."""
        return self.severity == "error" and not self.passed


@dataclass(frozen=True)
class RowResult:
    """The verdict on one row.

    Args:
        findings: Most important first.
        outputs: Output name -> whether it earned its share.
        follow_through: The row keeps points although a row that it builds on is wrong.
        accounts: What was found on each public case, for kinds that give an account of it.
    """

    id: str
    score: float
    points: float
    status: Status
    outputs: dict[str, bool]
    findings: tuple[Finding, ...] = ()
    follow_through: bool = False
    hints: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def with_findings(self, findings: tuple[Finding, ...]) -> RowResult:
        """The same verdict with other findings."""
        return replace(self, findings=findings)
