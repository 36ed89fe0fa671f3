"""What a check found, and what became of a row: data, without a word of English in it.

`feedback.say` turns a finding into a sentence; `explain` adds what it looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from autograder.checks.compare import Difference
from autograder.exercises.fact import Fact
from autograder.exercises.script import Failure

Status = Literal[
    "right", "partial", "wrong", "unanswered", "timeout", "memory", "crash", "exit", "error",
    "protocol", "manual",
]  # fmt: skip


class Check(StrEnum):
    """The checks by name, as result files hold them."""

    FAILURE = "failure"  # nothing came back: missing, raised, hung …
    CONTRACT = "contract"  # number, type, shape and dtype of what came back
    FINITE = "finite"
    VALUE = "value"
    GRADIENT = "gradient"
    REPEATABILITY = "repeatability"  # the first case once more, after other calls
    MASK = "mask"
    MOMENTS = "moments"
    DRAWS = "draws"  # where random numbers come from
    ACCOUNT = "account"  # what a kind says of all that it found, not of one output
    UNCHANGED = "inputs unchanged"
    PRECISION = "precision"  # float64 where every input is float32
    WARNINGS = "warnings"
    FORM = "form"
    ANSWER = "answer"
    DIFFERENCING = "numerical_differentiation"
    STAGE = "stage"
    OWN_FORWARD = "own forward"
    FOLLOW_THROUGH = "follow-through"
    RECORDED = "recorded"
    CELL = "cell"  # the cell that defines the function did not run to its end
    SUBMISSION = "submission"  # nothing was run
    BY_HAND = "by hand"
    BUILDS_ON = "builds on"  # other rows, which are not right yet
    STATE = "state"  # judged in an earlier state of the notebook
    LOOK = "look"  # where an answer stands that does not count


class Source(StrEnum):
    """Where an explanation comes from, in the order in which they are tried."""

    KNOWN = "known"  # equals a mistake of the exercise's bank
    LIKE = "looks like"  # a general slip, or one derived from the reference
    REPAIR = "repair"  # one change of the student's own code makes it right
    CHECK = "check"  # what the check itself can tell: shapes, masks, exceptions


@dataclass(frozen=True)
class Where:
    """A line of the student's own code."""

    function: str
    line: int  # counted from the `def` line as 1
    cell: int | None = None  # the position of its cell in the notebook, where it is known
    # the other line of the function, where a change of either makes it right
    also: int | None = None


@dataclass(frozen=True)
class Explanation:
    """What a wrong output looks like, or what the next step is."""

    source: Source
    # an identifier for instructors, such as `"db_averaged"` or `"sign"`; may be empty
    name: str = ""
    says: str = ""  # the course's own words (of a mistake in its bank) …
    fact: Fact | None = None  # … or the kit's
    # the line in which it goes wrong, where one change of it makes the output right
    where: Where | None = None
    kind: str = ""  # what kind of thing is wrong there, such as `"transpose"`
    # before, after: that line as it stands, and changed
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Finding:
    """What one check found on one case: one of `difference`, `failure` and `fact` says what."""

    check: Check
    output: str | None = None  # the output that it is about; None when it is about the whole row
    case: str = ""  # the name of the case
    hidden: bool = False  # the case is hidden: before anybody reads it, `discreet` makes it coarse
    # an error that did not pass costs its output (or the row); a warning costs nothing
    severity: Literal["error", "warning"] = "error"
    passed: bool = False
    difference: Difference | None = None  # how a returned value differs from the expected one
    failure: Failure | None = None  # why there is no value
    fact: Fact | None = None  # anything else
    explanation: Explanation | None = None
    traceback: tuple[str, ...] = ()  # the frames in the student's own code that belong to a fact
    # the numbers are right, with an axis of length 1 too many, as keepdims leaves it
    kept_axis: bool = False

    @property
    def costs(self) -> bool:
        """Whether it costs points."""
        return self.severity == "error" and not self.passed

    @property
    def costs_visibly(self) -> bool:
        """Whether it costs points on a case that may be seen."""
        return self.costs and not self.hidden

    @property
    def mistake(self) -> str:
        """The name of the mistake or slip that the output equals, or `""`."""
        return self.explanation.name if self.explanation is not None else ""

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames in the student's own code, outermost first; none on a hidden case."""
        if self.hidden:
            return ()
        return self.failure.traceback if self.failure is not None else self.traceback

    def failed(self, *kinds: str) -> bool:
        """Whether there is no value, for one of these reasons (for any, if none is named)."""
        return self.failure is not None and (not kinds or self.failure.kind in kinds)


@dataclass(frozen=True)
class RowResult:
    """The verdict on one row."""

    id: str
    score: float
    points: float
    status: Status
    outputs: dict[str, bool]  # output name -> whether it earned its share
    findings: tuple[Finding, ...] = ()  # most important first
    follow_through: bool = False  # the row keeps points although a row that it builds on is wrong
    hints: tuple[str, ...] = ()
    # what was found on each public case, for kinds that give an account of it
    accounts: tuple[Fact, ...] = field(default=())
    # what part of its points the row can still earn: half, where it raised an exception in one
    # special family of cases and nowhere else
    share: float = 1.0
    # output name -> the share of the points that it carries
    shares: dict[str, float] = field(default_factory=dict)

    def with_findings(self, findings: tuple[Finding, ...]) -> RowResult:
        """The same verdict with other findings."""
        return replace(self, findings=findings)
