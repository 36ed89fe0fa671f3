"""Grade one submission: run its cells in the sandbox, ask the questions, write down the verdict."""

import functools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autograder.checks.finding import Check, Finding, RowResult, Status
from autograder.checks.verdict import discreet
from autograder.course.questions import further_question
from autograder.exercises import Row
from autograder.exercises.fact import fact
from autograder.explain import may_be_repaired
from autograder.explain.cells import read_cells
from autograder.grading.asking import ask
from autograder.grading.lines import Lined, defined, lines_of, text_of
from autograder.grading.papers import Basis, Paper
from autograder.grading.result import (
    SCHEMA,
    Result,
    ResultRow,
    SubmissionStatus,
    from_row,
    writable_name,
)
from autograder.grading.submission import Handin, PlannedCell, Submission, plan, unjudged
from autograder.sandbox import Limits, Sandbox


@dataclass(frozen=True)
class Graded:
    """A result, and whether anything ran out of time on the way."""

    result: Result
    timed_out: bool = False
    # rows in which a line is worth looking for -> a digest of all their code
    failing: dict[str, str] = field(default_factory=dict)
    # function or class -> the position of the cell that defines it last
    cells: dict[str, int] = field(default_factory=dict)


def grade(
    handin: Handin,
    submission: Submission,
    paper: Paper,
    sandbox: Sandbox,
    limits: Limits,
    basis: Basis,
) -> Graded:
    """Grade a submission that was read.

    Args:
        basis: What the grade depends on; its digests go into the result.

    Raises:
        GradingError: The sandbox failed.
    """
    started = time.perf_counter()
    if submission.problem:
        result = without_answers(
            handin, paper.rows, "unreadable", submission.problem, sandbox.isolation, basis.digest
        )
        return Graded(result)
    planned = plan(submission.cells, paper.cells)
    starters = {cell.row: cell.released or "" for cell in paper.cells if cell.kind == "solution"}
    asked = ask(planned, submission.cells, paper.questions, paper.rows, sandbox, limits, starters)
    rows = [discreet(row) for row in asked.rows]
    result = Result(
        schema=SCHEMA,
        student=writable_name(handin.student),
        assignment=handin.assignment,
        status="graded",
        score=math.fsum(row.score for row in rows),
        points=math.fsum(row.points for row in rows),
        rows=tuple(basis.signed(row) for row in rows),
        isolation=sandbox.isolation,
        seconds=round(time.perf_counter() - started, 4),
        digest=basis.digest,
        message=_doubt(rows, submission),
        per_student=paper.per_student,
    )
    failing, where = _failing(rows, paper, planned)
    return Graded(result, asked.timed_out, failing, where)


def lined(
    handin: Handin, found: Submission, paper: Paper, sandbox: Sandbox, limits: Limits
) -> Lined:
    """The lines in which some rows of a submission go wrong.

    Raises:
        GradingError: The sandbox failed.
    """
    planned = plan(found.cells, paper.cells)
    further = functools.partial(further_question, paper.notebook)
    return Lined(lines_of(handin.sought, planned, paper.questions, sandbox, limits, further))


def _failing(
    rows: Sequence[RowResult], paper: Paper, planned: Sequence[PlannedCell]
) -> tuple[dict[str, str], dict[str, int]]:
    wrong = {row.id for row in rows if may_be_repaired(row)}
    if not wrong:
        return {}, {}
    exercises = [questions[0].exercise for questions in paper.questions]
    functions = {row.id: e.functions for e in exercises for row in e.rows if row.id in wrong}
    cells = {name: p.position for p in planned for name in defined(p.source)}
    read = read_cells([(cell.name, cell.position, cell.source) for cell in planned])
    return {id: text_of(id, of, read) for id, of in functions.items()}, cells


def without_answers(
    handin: Handin,
    rows: Sequence[Row],
    status: SubmissionStatus,
    message: str,
    isolation: str,
    digest: str,
) -> Result:
    """A result with no points: nothing (or who knows what) was handed in, or it cannot be read."""
    row_status: Status = "unanswered" if status == "missing" else "error"
    finding = Finding(Check.SUBMISSION, fact=fact("submission", message=message))
    listed: list[ResultRow] = []
    for row in rows:
        verdict = unjudged(row)
        if not row.manual:
            verdict = replace(verdict, status=row_status, findings=(finding,))
        listed.append(from_row(verdict))
    return Result(
        schema=SCHEMA,
        student=writable_name(handin.student),
        assignment=handin.assignment,
        status=status,
        score=0.0,
        points=math.fsum(row.points for row in rows),
        rows=tuple(listed),
        isolation=isolation,
        seconds=0.0,
        digest=digest,
        message=message,
    )


def _doubt(rows: Sequence[RowResult], submission: Submission) -> str:
    """A word for the instructor where a notebook seems to be that of another assignment."""
    asked = [row for row in rows if row.status != "manual"]
    if not asked or any(row.status != "unanswered" for row in asked):
        return ""
    # A released notebook names every row in a check cell, whatever became of the answers.
    if any(row.id in cell.source for row in asked for cell in submission.cells):
        return ""
    return (
        f"nothing that is asked for is in this notebook, not even {asked[0].id}. "
        "Is it the notebook of another assignment?"
    )
