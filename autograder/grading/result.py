"""What a grading run writes: the schema of `results/<assignment>/<student>.json`."""

import contextlib
import tempfile
import zlib
from collections.abc import Hashable
from dataclasses import fields
from sys import intern
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec import structs

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Status, Where
from autograder.exercises.arrays import mapped
from autograder.exercises.fact import Fact
from autograder.exercises.script import Failure
from autograder.feedback.say import in_full

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


class ResultFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """`checks.Finding` on paper: what it says, for whoever reads the file, and the data itself."""

    check: str
    output: str | None
    severity: Literal["error", "warning"]
    passed: bool
    message: str
    mistake: str
    error: float | None
    case: str = ""
    hidden: bool = False
    difference: Difference | None = None
    failure: Failure | None = None
    fact: Fact | None = None
    explanation: Explanation | None = None
    traceback: tuple[str, ...] = ()
    kept_axis: bool = False
    kind: str = ""
    where: Where | None = None


class ResultRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """`checks.RowResult` on paper."""

    id: str
    score: float
    points: float
    status: Status
    follow_through: bool
    findings: tuple[ResultFinding, ...]
    outputs: dict[str, bool] = {}
    digest: str = ""  # keyed digest of all that this verdict depends on (`papers`)


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """The grade of one submission."""

    schema: int
    student: str
    assignment: str
    status: SubmissionStatus
    score: float
    points: float
    rows: tuple[ResultRow, ...]
    isolation: str  # the level that was measured where it ran; `"none"` when it was refused by hand
    seconds: float  # wall time that it took
    digest: str  # keyed digest of all that the grade depends on; empty where it must be made again
    message: str = ""  # why there is no ordinary grade, or why somebody should look at it
    # the notebook that was graded, from the student's folder, where it has another name than it
    # should and a person accepted that
    file: str = ""
    per_student: bool = False  # the hidden cases were this student's own

    @property
    def is_grade(self) -> bool:
        """Whether the submission got a grade that stands."""
        return self.status in GRADES

    @property
    def is_settled(self) -> bool:
        """Whether grading it again would give the same: a grade, or a matter for a person."""
        return bool(self.digest) and self.status != "failed"


def _plain(value: Any) -> Any:
    """A NumPy number as the number that it is."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a result")


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
    told = tuple(_from_finding(finding, row.id) for finding in row.findings)
    score, points, outputs = float(row.score), float(row.points), dict(row.outputs)
    return ResultRow(row.id, score, points, row.status, row.follow_through, told, outputs)


def to_row(row: ResultRow) -> RowResult:
    """The verdict that stands on paper, for the pages that show it."""
    found = tuple(map(_to_finding, row.findings))
    outputs = dict(row.outputs)
    return RowResult(row.id, row.score, row.points, row.status, outputs, found, row.follow_through)


def _from_finding(finding: Finding, row: str) -> ResultFinding:
    told = f"{finding.check}:{finding.failure.kind}" if finding.failure else str(finding.check)
    data = {f.name: getattr(finding, f.name) for f in fields(finding)} | {
        "check": told,
        "message": in_full(finding, row),
        "mistake": finding.mistake,
        "kind": finding.explanation.kind if finding.explanation else "",
        "where": finding.explanation.where if finding.explanation else None,
        "error": finding.difference.error if finding.difference is not None else None,
    }
    clean = mapped(_writable, msgspec.to_builtins(data, enc_hook=_plain))
    return msgspec.convert(clean, ResultFinding)


def _to_finding(finding: ResultFinding) -> Finding:
    data = {f.name: getattr(finding, f.name) for f in fields(Finding)}
    return Finding(**{**data, "check": Check(finding.check.split(":")[0])})


def writable_name(name: str) -> str:
    r"""A folder's or file's name as text that every file can hold; different names stay different.

    Example:
        >>> writable_name("Zoë"), writable_name("caf\udce9")
        ('Zoë', 'caf\\udce9')
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _writable(leaf: Any) -> Any:
    """A student's words may hold half a surrogate pair, which no file can, and be very many."""
    if not isinstance(leaf, str):
        return leaf
    cut = leaf if len(leaf) <= MOST_TEXT else f"{leaf[:MOST_TEXT]} …"
    return cut.encode("utf-8", "replace").decode("utf-8")


_FOR_PEOPLE = (Check.LOOK, Check.DIFFERENCING)
"""What a table or a list of concerns says of a row; all else is for the student's own page."""
_ALIKE = ("assignment", "status", "isolation", "message")
_decode = msgspec.msgpack.Decoder(Result).decode


class Shortener:
    """Makes results short: without what was found, and with one object for what is equal."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], ResultRow] = {}

    def __call__(self, result: Result) -> Result:
        """The scores and the statuses of a result; for the findings it must be read again."""
        shared: dict[str, Any] = {name: intern(getattr(result, name)) for name in _ALIKE}
        return structs.replace(result, rows=tuple(map(self._row, result.rows)), **shared)

    def _row(self, row: ResultRow) -> ResultRow:
        told = tuple(f for f in row.findings if f.check in _FOR_PEOPLE)
        short = ResultRow(row.id, row.score, row.points, row.status, row.follow_through, told)
        return short if told else self._rows.setdefault(structs.astuple(short)[:5], short)


class Copies:
    """Results put by during a run, on the disk and without a name; where there is no room, none."""

    def __init__(self) -> None:
        self._places: dict[Hashable, tuple[int, int]] = {}
        self._file: Any = None
        self._end = 0

    def keep(self, key: Hashable, result: Result) -> None:
        """Put a result by; an earlier one under the same key is forgotten."""
        with contextlib.suppress(OSError, OverflowError):
            packed = zlib.compress(msgspec.msgpack.encode(result), 1)
            self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            self._file.seek(self._end)
            if self._file.write(packed) == len(packed):
                self._places[key] = (self._end, len(packed))
                self._end += len(packed)

    def get(self, key: Hashable) -> Result | None:
        """A result that was put by."""
        if key not in self._places:
            return None
        place, size = self._places[key]
        try:
            self._file.seek(place)
            return _decode(zlib.decompress(self._file.read(size)))
        except (OSError, zlib.error):
            return None

    def close(self) -> None:
        """Forget all."""
        if self._file is not None:
            self._file.close()
