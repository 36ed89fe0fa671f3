"""Every result of a class together with what people decided: what reports and exports show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec import structs

from autograder.checks.finding import Check, RowResult, Status
from autograder.errors import CourseError
from autograder.feedback.wording import points
from autograder.grading.result import Result, ResultRow, to_row
from autograder.integrations.csv_text import read_csv
from autograder.integrations.nbgrader.gradebook import GradebookError, reading
from autograder.language import tr

_WHOSE = "SELECT assignment.name AS assignment, submitted_assignment.student_id AS student"
_NOTEBOOK = """
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
"""
_GRADES = f"""
{_WHOSE}, base_cell.name AS "row", auto_score, manual_score, extra_credit,
       needs_manual_grade AS needs_look
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
{_NOTEBOOK}
"""
_PENALTIES = f"""
{_WHOSE}, late_submission_penalty AS penalty FROM submitted_notebook
{_NOTEBOOK} WHERE late_submission_penalty IS NOT NULL
"""
_COMMENTS = f"""
{_WHOSE}, base_cell.name AS cell, manual_comment AS said
FROM comment
JOIN base_cell ON base_cell.id = comment.cell_id
JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
{_NOTEBOOK} WHERE manual_comment IS NOT NULL
"""
_TIMES = f"""
{_WHOSE}, submitted_assignment.timestamp AS handed_in, duedate AS due, extension
FROM submitted_assignment
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
WHERE submitted_assignment.timestamp IS NOT NULL AND duedate IS NOT NULL
"""
_PEOPLE = "SELECT id, first_name, last_name, email, lms_user_id FROM student"


@dataclass(frozen=True)
class Hand:
    """What the gradebook says of a row."""

    auto: float | None = None  # the grader's score; None where a person must give one
    # the score that a person gave, which counts instead; None where nobody did
    manual: float | None = None
    extra: float = 0.0
    look: bool = False  # the row waits for a person, perhaps once more after a regrade


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them; every field but `id` may be empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is neither."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.id


@dataclass(frozen=True)
class HandScores:
    """All that people decided."""

    # (assignment, student, row) -> what the gradebook says, where that matters
    rows: dict[tuple[str, str, str], Hand] = field(default_factory=dict)
    # (assignment, student) -> points taken off for lateness
    penalties: dict[tuple[str, str], float] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    # (assignment, student) -> cell -> what a person wrote below it
    comments: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    # (assignment, student) handed in after the deadline, moved ones counted
    late: frozenset[tuple[str, str]] = frozenset()

    def person(self, student: str) -> Person:
        """The student, known or not."""
        return self.people.get(student, Person(student))


def read_hand_scores(
    root: Path, gradebook: str | None = None, manual_rows: Collection[str] = ()
) -> HandScores:
    """Read them; nothing where there is no gradebook yet.

    Args:
        manual_rows: Rows that only a person grades.

    Raises:
        CourseError: When `nbgrader_config.py` is missing or fails.
        GradebookError: When the gradebook cannot be read, or is another course's.
    """
    with reading(root, gradebook) as connection:
        if connection is None:
            return HandScores()
        from sqlalchemy import DateTime, Interval, text

        def ask(query: str) -> Iterable[Any]:
            return connection.execute(text(query))

        times = text(_TIMES).columns(handed_in=DateTime, due=DateTime, extension=Interval)
        late = {
            (row.assignment, row.student)
            for row in connection.execute(times)
            if row.handed_in > row.due + (row.extension or timedelta(0))
        }
        comments: dict[tuple[str, str], dict[str, str]] = {}
        for row in ask(_COMMENTS):
            if said := row.said.strip():
                comments.setdefault((row.assignment, row.student), {})[row.cell] = said
        return HandScores(
            _hands(ask(_GRADES), frozenset(manual_rows)),
            {(row.assignment, row.student): row.penalty for row in ask(_PENALTIES) if row.penalty},
            {row.id: Person(*(value or "" for value in row)) for row in ask(_PEOPLE)},
            comments,
            frozenset(late),
        )


def _hands(found: Iterable[Any], manual: frozenset[str]) -> dict[tuple[str, str, str], Hand]:
    """The rows of which the gradebook knows more than the results do."""
    return {
        (row.assignment, row.student, row.row): Hand(
            row.auto_score, row.manual_score, row.extra_credit or 0.0, bool(row.needs_look)
        )
        for row in found
        if row.manual_score is not None or row.extra_credit or row.needs_look or row.row in manual
    }


def enrolled(root: Path, gradebook: str | None = None) -> list[str]:
    """The students whom the gradebook knows; none where there is none yet.

    A gradebook that cannot be read, or is another course's, is no reason not to grade: whoever
    writes to it will say so.

    Raises:
        CourseError: When `nbgrader_config.py` is missing or fails.
    """
    from sqlalchemy import text

    try:
        with reading(root, gradebook) as connection:
            if connection is None:
                return []
            found = connection.execute(text("SELECT id FROM student ORDER BY id")).scalars()
            # A student's name becomes part of a path.
            return [s for s in map(str, found) if s and not s.startswith(".") and "/" not in s]
    except GradebookError:
        return []


FILE = "regrades.csv"
COLUMNS = ("student", "assignment", "row", "request", "answer")


@dataclass(frozen=True)
class Regrade:
    """A request."""

    row: str  # the row of the rubric; empty where it is about the whole
    request: str
    answer: str = ""  # empty as long as it is open


Regrades = Mapping[tuple[str, str], tuple[Regrade, ...]]
"""(assignment, student) -> their requests, in order."""


def read_regrades(root: Path) -> Regrades:
    """Read them; nothing where there is no file.

    Raises:
        CourseError: It is no such file.
        GradingError: It cannot be read.
    """
    path = root / FILE
    if not path.exists():
        return {}
    header, lines = read_csv(path)
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise CourseError(
            f"{path} has no column {', '.join(missing)}; expected {', '.join(COLUMNS)}"
        )
    found: dict[tuple[str, str], tuple[Regrade, ...]] = {}
    for line in lines:
        cells = dict(zip(header, line))
        said = {name: cells.get(name, "").strip() for name in COLUMNS}
        key = (said["assignment"], said["student"])
        if any(said.values()):
            one = Regrade(said["row"], said["request"], said["answer"])
            found[key] = (*found.get(key, ()), one)
    return found


@dataclass(frozen=True)
class Line:
    """A row of one submission with the score that counts."""

    result: ResultRow  # what the grader found
    hand: Hand | None = None  # what the gradebook says of it
    comment: str = ""  # what a person wrote below the answer

    @property
    def by_hand(self) -> bool:
        """Whether a person gave the score."""
        return self.hand is not None and self.hand.manual is not None

    @property
    def score(self) -> float:
        """The score that counts, extra credit included."""
        if self.hand is None:
            return self.result.score
        given = self.result.score if self.hand.manual is None else self.hand.manual
        return given + self.hand.extra

    @property
    def waits(self) -> bool:
        """Whether a person must give a score.

        The gradebook has a 0 of its own where the answer was left as it was.
        """
        if self.result.status != "manual" or self.by_hand:
            return False
        return self.hand is None or self.hand.auto != 0

    @property
    def look_again(self) -> bool:
        """Whether a score given by hand is older than the last grading."""
        return self.by_hand and self.hand is not None and self.hand.look

    @property
    def misplaced(self) -> str:
        """Where an answer may stand that earned nothing because it does not count there."""
        if self.by_hand or self.result.score:
            return ""
        return next((f.message for f in self.result.findings if f.check == Check.LOOK), "")

    @property
    def status(self) -> Status:
        """The verdict by which it is counted; one given by hand by its points."""
        if not self.by_hand:
            settled = self.result.status == "manual" and not self.waits
            return "unanswered" if settled else self.result.status
        if self.score >= self.result.points:
            return "right"
        return "partial" if self.score > 0 else "wrong"

    @property
    def verdict(self) -> RowResult:
        """The verdict that counts; what the grader found is left out where it does not hold."""
        verdict = replace(to_row(self.result), score=self.score, status=self.status)
        overruled = self.by_hand and self.status == "right"
        if overruled or (self.result.status == "manual" and not self.waits):
            return replace(verdict, findings=(), outputs={})
        return verdict

    @property
    def notes(self) -> list[str]:
        """What a person decided about it and wrote, in sentences."""
        return [*self.decisions, *([f"Comment: {self.comment}"] if self.comment else [])]

    @property
    def decisions(self) -> list[str]:
        """What a person decided about it, in sentences."""
        notes = []
        if self.by_hand and self.result.status == "manual":
            notes.append(tr("A person gave this score."))
        elif self.by_hand:
            text = tr("A person gave this score; the grader gave {points}.")
            notes.append(text.format(points=points(self.result.score)))
        elif self.result.status == "manual" and not self.waits:
            notes.append(tr("The answer was left as it was."))
        if self.hand is not None and self.hand.extra:
            extra = points(self.hand.extra)
            notes.append(tr("Extra credit in it: {points}.").format(points=extra))
        return notes


@dataclass(frozen=True)
class Paper:
    """A submission."""

    result: Result  # in a class it is in short (`grading.brief`), and so are the lines: see `whole`
    person: Person
    lines: tuple[Line, ...]  # its rows, in order
    penalty: float = 0.0  # points taken off because it was late
    # what a person wrote below cells that are no row's, by cell
    comments: dict[str, str] = field(default_factory=dict)
    late: bool = False  # it was handed in after the deadline, or the platform says so
    regrades: tuple[Regrade, ...] = ()  # what the student asked to be looked at again
    blank: bool = False  # nothing was handed in, and that is to be no grade
    # reads the result with all that was found; None where it is there already
    read: Callable[[], Result | None] | None = field(default=None, repr=False, compare=False)

    @property
    def whole(self) -> Paper:
        """The same with all that was found, read anew each time: a class of them fits nowhere."""
        result = self.read() if self.read is not None else None
        if result is None or len(result.rows) != len(self.lines):
            return self  # somebody took or changed the file meanwhile
        lines = (replace(line, result=row) for line, row in zip(self.lines, result.rows))
        whole = structs.replace(self.result, rows=result.rows)
        return replace(self, result=whole, lines=tuple(lines), read=None)

    @property
    def score(self) -> float:
        """Points in all; of a paper without a grade those of its last one."""
        changes = sum(line.score - line.result.score for line in self.lines)
        earned = self.result.score + changes
        return max(0.0, earned - self.penalty) if self.penalty else earned

    @property
    def decided(self) -> bool:
        """Whether a person gave a score to every row, of what is there now."""
        return bool(self.lines) and all(x.by_hand and not x.look_again for x in self.lines)

    @property
    def grade(self) -> float | None:
        """Points in all; None where no grade stands."""
        standing = self.result.is_grade and not self.blank
        return self.score if standing or self.decided else None

    @property
    def by_hand(self) -> bool:
        """Whether a person changed a score."""
        hands = (line.hand for line in self.lines)
        return any(hand and (hand.manual is not None or hand.extra) for hand in hands)

    @property
    def changes(self) -> str:
        """What people and the clock changed in the score, in a few words; often nothing."""
        if self.grade is None:
            return ""
        late = "late" if self.late or self.penalty else ""
        late += f" \N{MINUS SIGN}{points(self.penalty)}" if self.penalty else ""
        return ", ".join(filter(None, ("by hand" if self.by_hand else "", late)))

    @property
    def shown(self) -> str:
        """The score for people: a dash where no grade stands, `+ ?` where points are to come."""
        if self.grade is None:
            return "\N{EN DASH}"
        return points(self.grade) + (" + ?" if self.waits else "")

    @property
    def waits(self) -> tuple[str, ...]:
        """The rows to which a person must give a score."""
        if self.result.status != "graded":
            return ()
        return tuple(line.result.id for line in self.lines if line.waits)

    @property
    def misplaced(self) -> tuple[str, ...]:
        """The rows without points whose answer may stand where it does not count."""
        return tuple(line.result.id for line in self.lines if line.misplaced)


@dataclass(frozen=True)
class ClassBook:
    """A class."""

    papers: dict[str, tuple[Paper, ...]]  # assignment -> its submissions by student, in order
    damaged: tuple[Path, ...] = ()  # result files that cannot be read
    notes: tuple[str, ...] = ()  # what is wrong with what was read
    asides: tuple[str, ...] = ()  # what is left out on purpose

    @property
    def students(self) -> dict[str, dict[str, Paper]]:
        """Student -> assignment -> paper, both in order."""
        found: dict[str, dict[str, Paper]] = {}
        for assignment, papers in self.papers.items():
            for paper in papers:
                found.setdefault(paper.result.student, {})[assignment] = paper
        return dict(sorted(found.items(), key=lambda item: (item[0].casefold(), item[0])))

    @property
    def without_absentees(self) -> ClassBook:
        """The class in which who handed in nothing has no grade, in the place of 0."""
        return replace(
            self,
            papers={
                name: tuple(replace(p, blank=p.result.status == "missing") for p in papers)
                for name, papers in self.papers.items()
            },
        )

    def all(self) -> list[Paper]:
        """Every paper, by assignment and student."""
        return [paper for papers in self.papers.values() for paper in papers]
