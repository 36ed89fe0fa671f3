"""Grade one submission: run its cells in the sandbox, ask the questions, write down the verdict."""

import ast
import functools
import hashlib
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autograder.checks.finding import Check, Finding, RowResult, Status
from autograder.checks.verdict import discreet
from autograder.course.questions import further_question
from autograder.exercises import Row
from autograder.exercises.fact import fact
from autograder.exercises.public import dump_exercise
from autograder.explain import Question, may_be_repaired, to_public
from autograder.explain.cells import Cell as ReadCell
from autograder.explain.cells import names_used, parsed, read_cells, without_magics
from autograder.explain.repair import LOOKS, SECONDS, Repair, Repairs, told
from autograder.grading.asking import ask
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
from autograder.sandbox import Cell, Limits, Sandbox

Lines = dict[str, Repairs]
"""Row -> what was found."""


@dataclass(frozen=True)
class Lined:
    """What was found in one submission."""

    lines: Lines


def lines_of(
    rows: Collection[str],
    planned: Sequence[PlannedCell],
    questions: Sequence[Sequence[Question]],
    sandbox: Sandbox,
    limits: Limits,
    further: Callable[[str], Question] | None = None,
) -> Lines:
    """Look for the line in each of some rows.

    Args:
        planned: The cells to run, in order.
        questions: For every exercise its questions; the public ones are used.
        further: Gives an exercise on cases of another seed: a line must hold on them, too.

    Raises:
        GradingError: The sandbox failed.
    """
    cells = [Cell(p.source, p.name) for p in planned if not p.experiment]
    found: Lines = {}
    with sandbox.open(cells, limits) as session:
        for asked in questions:
            public = next((q for q in asked if not q.hidden), None)
            wanted = [r for r in public.exercise.rows if r.id in rows] if public else []
            if not wanted:
                continue
            assert public is not None
            text = _text(public)
            more = _text(further(public.exercise.name)) if further else ""
            for row in wanted:
                repairs = session.mend(text, row.id, SECONDS, more)
                held = tuple(r for r in repairs if _holds(r, row.outputs, planned))
                if held:
                    found[row.id] = held
    return found


def _text(question: Question) -> str:
    return dump_exercise(to_public(replace(question, bank=lambda: (), slips=None)))


def with_lines(row: RowResult, repairs: Repairs, cells: Mapping[str, int]) -> RowResult:
    """A verdict with the lines that were found for it.

    Args:
        cells: Function or class -> the position of the cell that defines it.
    """
    cell = next((cells.get(r.function) for r in repairs if r.function), None)
    return told(row, repairs, cell)


def defined(source: str) -> list[str]:
    """The functions and classes that a cell defines."""
    tree = parsed(without_magics(source))
    nodes = tree.body if tree is not None else []
    return [n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def text_of(row: str, functions: Sequence[str], cells: Sequence[ReadCell]) -> str:
    """A digest of the code on which a row depends, whatever stands around it in its cells."""
    before = functions[: functions.index(row)] if row in functions else ()
    names = names_used({row.partition(".")[0], *before}, cells)
    sources = [_statements(cell.source) for cell in cells if cell.binds & names]
    return hashlib.sha256("\0".join([row, *sources]).encode("utf-8", "replace")).hexdigest()


def _statements(source: str) -> str:
    """The statements of a cell as they are laid out, without the lines between them."""
    source = without_magics(source)
    tree, lines = parsed(source), source.splitlines()
    if tree is None:
        return source
    firsts = (
        min([s.lineno, *(d.lineno for d in getattr(s, "decorator_list", ()))]) for s in tree.body
    )
    spans = zip(firsts, (s.end_lineno for s in tree.body))
    return "\n".join(line.rstrip() for first, last in spans for line in lines[first - 1 : last])


def _holds(repair: Repair, outputs: Sequence[str], planned: Sequence[PlannedCell]) -> bool:
    """Whether what a child says may be so: student code could have said it."""
    if not set(repair.outputs) <= set(outputs) or repair.kind not in (*LOOKS, ""):
        return False
    if not repair.line:
        return not repair.before and repair.target.replace(".", "").isidentifier() | (
            not repair.target
        )
    cell = next((c for c in planned if c.name == repair.file), None)
    written = [line.strip() for line in cell.source.splitlines()] if cell else []
    if not all(1 <= at <= len(written) for at in (repair.line, repair.also or repair.line)):
        return False
    named = any(f" {repair.function}" in line for line in written)
    return named and any(line.startswith(repair.before) for line in written)


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
