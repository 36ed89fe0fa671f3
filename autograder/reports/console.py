"""What a class run shows at its end: a table of scores, and what a person must know."""

import statistics
import sys
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.checks.finding import Check
from autograder.feedback.blocks import plain
from autograder.feedback.wording import counted, listed, points
from autograder.grading.result import Result
from autograder.grading.store import ClassReport
from autograder.integrations.classbook import ClassBook, Line, Paper, Person
from autograder.language import said, tr

MOST_NAMED = 3
SLOW = 5.0
"""So many times the median is worth a word."""
_COLOURS = {"graded": "green", "missing": "dim", "unreadable": "yellow", "unclear": "yellow"}


def show_report(
    report: ClassReport,
    console: Console,
    book: ClassBook | None = None,
    notes: Sequence[str] = (),
    verbose: bool = False,
    quiet: bool = False,
) -> None:
    """Print the scores of a class run and what a person must know about it.

    Args:
        book: The class with what people decided; whoever is not in it has what the grader gave.
        notes: What else should be known of the submissions.
        verbose: Name everybody whom a note concerns; otherwise the first three.
        quiet: Leave out the tables of scores.
    """

    def say(text: str, style: str = "") -> None:
        console.print(Text(plain(text), style=style))

    read = book.all() if book is not None else ()
    known = {(paper.result.assignment, paper.result.student): paper for paper in read}

    def counts(result: Result) -> Paper:
        """What counts of a submission."""
        graded = Paper(result, Person(result.student), tuple(map(Line, result.rows)))
        return known.get((result.assignment, result.student), graded)

    most = sys.maxsize if verbose else MOST_NAMED
    by_assignment, kept = _by_assignment(report.results), _by_assignment(report.kept)
    for assignment, results in by_assignment.items():
        counting = [counts(result) for result in results]
        if not quiet:
            console.print(_table(assignment, results, counting))
        every = [*results, *kept.get(assignment, ())]
        say(_mean(every, [counts(result) for result in every]))
        missing = sum(r.status == "missing" for r in results)
        if missing:
            text = tr("{missing} of {all} handed in nothing.")
            say(text.format(missing=missing, all=len(results)))
        by_hand = _rows_by_hand(results, counting)
        if by_hand:
            say(tr("Still to be graded by hand: {rows}.").format(rows=listed(by_hand)))
    for assignment, old in kept.items():
        one = tr("{assignment}: {count} keeps its grade; nothing new handed in.")
        text = tr("{assignment}: {count} keep their grade; nothing new handed in.")
        say((one if len(old) == 1 else text).format(assignment=assignment, count=len(old)))
    if not (report.results or report.kept or report.stopped):
        console.print(tr("No submissions."))
    for note in _misplaced(report.results):
        say(note, "yellow")
    for note, students in report.strange.items():
        say(tr("Not graded: {note}").format(note=said(note) + _whose(students, most)), "yellow")
    for note, whose in report.notes.items():
        say(tr("Look: {note}").format(note=said(note) + _whose(whose, most)), "yellow")
    for note in notes:
        say(said(note), "yellow")
    levels = Counter(r.isolation for r in report.results if r.isolation)
    if levels:
        console.print(tr("Isolation: {levels}").format(levels=", ".join(sorted(levels))))
    if own := sum(r.per_student for r in report.results):
        text = tr("{results} with hidden cases drawn for each student.")
        say(text.format(results=counted(own, "result")))
    if "none" in levels:
        text = tr("{count} results were made WITHOUT ISOLATION and say so.")
        say(text.format(count=levels["none"]), "red")
    for text in report.problems:
        say(said(text), "red")
    ungraded: dict[tuple[str, str, str], list[str]] = {}
    for r in report.results:
        if not r.is_grade:
            ungraded.setdefault((r.assignment, r.status, r.message), []).append(r.student)
    for (assignment, status, message), students in ungraded.items():
        style = "yellow" if status == "unclear" else "red"
        say(f"{assignment}, {listed(students, most)}: {status}: {said(message)}", style)
    count = sum(map(len, ungraded.values()))
    stood = len(report.results) + len(report.kept) - report.fresh
    text = tr("{fresh} graded now, {known} stood already.")
    if count:
        text = tr("{fresh} graded now, {known} stood already, {count} without a grade.")
    console.print(text.format(fresh=report.fresh, known=stood, count=count))
    if slow := _slowest(report.results):
        say(slow)
    if report.stopped:
        say(_stopped(report))


def _slowest(results: Sequence[Result]) -> str:
    """Who took longest, where that is far more than what the others took."""
    timed = sorted((r for r in results if r.seconds), key=lambda r: -r.seconds)
    if len(timed) <= MOST_NAMED:
        return ""
    usual = statistics.median(r.seconds for r in timed)
    slow = [r for r in timed[:MOST_NAMED] if r.seconds > max(1.0, SLOW * usual)]
    text = tr("{assignment} of {student} ({seconds} s)")
    named = [
        text.format(assignment=r.assignment, student=r.student, seconds=f"{r.seconds:.1f}")
        for r in slow
    ]
    text = tr("Slowest: {named}; the median is {usual} s.")
    return text.format(named=listed(named), usual=f"{usual:.2g}") if slow else ""


def _by_assignment(results: Sequence[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.assignment, []).append(result)
    return found


def _whose(names: Sequence[str], most: int) -> str:
    """Whom a note concerns: how many, the first few, and how to see the rest."""
    if not names:
        return ""
    how = f"{len(names)}: " if len(names) > 1 else ""
    more = tr("; all of them with -v") if len(names) > most else ""
    return f" ({how}{listed(names, most)}{more})"


def _stopped(report: ClassReport) -> str:
    if report.remaining is None:
        return tr("Stopped before anything was graded. Run the same command again.")
    one = tr(
        "Stopped. What is graded is kept; {left} is left. Run the same command again to go on."
    )
    text = tr(
        "Stopped. What is graded is kept; {left} are left. Run the same command again to go on."
    )
    left = counted(report.remaining, "submission")
    return (one if report.remaining == 1 else text).format(left=left)


def _table(assignment: str, results: Sequence[Result], counting: Sequence[Paper]) -> Table:
    table = Table(title=Text(plain(assignment)), title_justify="left", title_style="bold")
    table.add_column(tr("student"))
    table.add_column(tr("status"))
    table.add_column(tr("score"), justify="right", no_wrap=True)
    table.add_column(tr("points"), justify="right")
    changed = any(paper.changes for paper in counting)
    if changed:
        table.add_column(tr("hand, late"))
    table.add_column(tr("not right yet"), overflow="fold")
    for result, paper in zip(results, counting, strict=True):
        if result.status == "missing":
            continue
        table.add_row(
            Text(plain(result.student)),
            Text(tr(result.status), style=_COLOURS.get(result.status, "red")),
            paper.shown,
            points(result.points),
            *([paper.changes] if changed else []),
            Text(_wrong_rows(result)),
        )
    return table


def _wrong_rows(result: Result) -> str:
    """The rows that lost points; those of one kind are counted where they are many."""
    if result.status in ("failed", "overload", "unclear"):
        return ""  # why stands below the table, once for all whom it concerns
    if result.message and result.status in ("graded", "unreadable"):
        return plain(said(result.message))
    judged = [r for r in result.rows if r.status != "manual"]
    lost: dict[str, list[str]] = {}
    for row in judged:
        if row.status != "right":
            kind = "wrong" if row.status == "partial" else str(row.status)
            lost.setdefault(kind, []).append(row.id)
    parts = []
    for kind, ids in sorted(lost.items(), key=lambda found: found[0] != "wrong"):
        if len(ids) > MOST_NAMED:
            text = (
                tr("all {count} rows {kind}")
                if len(ids) == len(judged)
                else tr("{count} rows {kind}")
            )
            parts.append(text.format(count=len(ids), kind=tr(kind)))
        else:
            parts += ids if kind == "wrong" else [f"{id} ({kind})" for id in ids]
    return tr(", ").join(parts)


def _misplaced(results: Sequence[Result]) -> list[str]:
    """The rows without points whose answer may stand in a place where it does not count."""
    found = [
        f"  {result.student}, {result.assignment}, {row.id}: {said(finding.message)}."
        for result in results
        for row in result.rows
        for finding in row.findings
        if finding.check == Check.LOOK and not row.score
    ]
    return [tr("Needs a person:"), *found] if found else []


def _rows_by_hand(results: Sequence[Result], counting: Sequence[Paper]) -> list[str]:
    """The rows for which a person has still to give points, each with what it is worth."""
    worth = {
        row.id: row.points
        for result, paper in zip(results, counting, strict=True)
        for row in result.rows
        if row.id in paper.waits
    }
    one, text = tr("{row} ({points} point)"), tr("{row} ({points} points)")
    return [
        (one if most == 1 else text).format(row=id, points=points(most))
        for id, most in worth.items()
    ]


def _mean(results: Sequence[Result], counting: Sequence[Paper]) -> str:
    """The mean score of what was handed in and has a grade."""
    scores = [
        paper.grade
        for result, paper in zip(results, counting, strict=True)
        if paper.grade is not None and result.status != "missing"
    ]
    if not scores:
        return tr("No scores.")
    most = max(r.points for r in results)
    mean = points(statistics.fmean(scores))
    text = tr("Mean of {submissions}: {mean} of {most} points.")
    return text.format(submissions=counted(len(scores), "submission"), mean=mean, most=points(most))
