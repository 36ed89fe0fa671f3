"""What a grading run writes: the schema of `results/<assignment>/<student>.json`."""

from __future__ import annotations

from typing import Literal

import msgspec

from autograder.checks.finding import Finding, RowResult, Status

SCHEMA = 1
MOST_TEXT = 2_000
"""Characters of one text; pages, exports and notebooks are made of them."""

SubmissionStatus = Literal[
    "graded", "unreadable", "missing", "unclear", "overload", "failed", "stale"
]
GRADES = frozenset({"graded", "unreadable", "missing"})
"""The statuses that are a grade; the others have no score."""
WITHOUT_VERDICTS = frozenset({"unclear", "overload", "failed"})
"""The statuses in which nothing was found about any row."""
STANDING = GRADES | {"unclear", "overload"}
"""The statuses that stand until the submission changes; the others are the grader's own fault."""


class ResultFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """`checks.Finding` on paper. The fields with a default are written only where they say more."""

    check: str
    output: str | None
    severity: Literal["error", "warning"]
    passed: bool
    message: str
    mistake: str
    error: float | None
    case: str = ""
    hidden: bool = False
    advice: str = ""
    index: tuple[int, ...] | None = None
    got: float | None = None
    expected: float | None = None
    traceback: tuple[str, ...] = ()


class ResultRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """`checks.RowResult` on paper."""

    id: str
    score: float
    points: float
    status: Status
    follow_through: bool
    findings: tuple[ResultFinding, ...]
    outputs: dict[str, bool] = {}


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """The grade of one submission.

    Args:
        isolation: The level that was measured where it ran; `"none"` when it was refused by hand.
        seconds: Wall time that it took.
        digest: Keyed digest of all that the grade depends on; empty where it must be made again.
        message: Why there is no ordinary grade, or why somebody should look at it.
    """

    schema: int
    student: str
    assignment: str
    status: SubmissionStatus
    score: float
    points: float
    rows: tuple[ResultRow, ...]
    isolation: str
    seconds: float
    digest: str
    message: str = ""

    @property
    def is_grade(self) -> bool:
        """Whether the submission got a grade that stands."""
        return self.status in GRADES


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Result)


def dump(result: Result) -> bytes:
    """The JSON text of a result, with indentation; NaN and infinity become null."""
    return msgspec.json.format(_encode(result), indent=1) + b"\n"


def load(raw: bytes) -> Result:
    """Read a result.

    Raises:
        ValueError: When it is damaged or has another schema.
    """
    result = _decoder.decode(raw)
    if result.schema != SCHEMA:
        raise ValueError(f"schema {result.schema}; expected {SCHEMA}")
    return result


def from_row(row: RowResult) -> ResultRow:
    """A verdict on paper."""
    return ResultRow(
        id=row.id,
        score=float(row.score),
        points=float(row.points),
        status=row.status,
        follow_through=row.follow_through,
        findings=tuple(_from_finding(finding) for finding in row.findings),
        outputs=dict(row.outputs),
    )


def to_row(row: ResultRow) -> RowResult:
    """The verdict that stands on paper, for the pages that show it."""
    return RowResult(
        id=row.id,
        score=row.score,
        points=row.points,
        status=row.status,
        outputs=dict(row.outputs),
        findings=tuple(_to_finding(finding) for finding in row.findings),
        follow_through=row.follow_through,
    )


def _from_finding(finding: Finding) -> ResultFinding:
    return ResultFinding(
        check=finding.check,
        output=finding.output,
        severity=finding.severity,
        passed=finding.passed,
        message=_writable(finding.message),
        mistake=finding.mistake,
        error=None if finding.error is None else float(finding.error),
        case=finding.case,
        hidden=finding.hidden,
        advice=finding.advice,
        index=None if finding.index is None else tuple(int(i) for i in finding.index),
        got=None if finding.got is None else float(finding.got),
        expected=None if finding.expected is None else float(finding.expected),
        traceback=tuple(_writable(line) for line in finding.traceback),
    )


def _to_finding(finding: ResultFinding) -> Finding:
    return Finding(**{name: getattr(finding, name) for name in finding.__struct_fields__})


def _writable(text: str) -> str:
    """A student's words may hold half a surrogate pair, which no file can, and be very many."""
    cut = text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} …"
    return cut.encode("utf-8", "replace").decode("utf-8")
