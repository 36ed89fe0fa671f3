"""What a class run shows at its end: a table of scores, and what a person must know."""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.checks.finding import Check
from autograder.feedback.text import plain
from autograder.feedback.wording import counted, listed, points
from autograder.grading.class_report import ClassReport
from autograder.grading.result import Result

MOST_NAMED = 3
SLOW = 5.0
"""So many times the median is worth a word."""
_COLOURS = {"graded": "green", "missing": "dim", "unreadable": "yellow", "unclear": "yellow"}


@dataclass(frozen=True)
class Standing:
    """A score as it counts, with what people and the clock changed in it.

    Args:
        score: The number; None where no grade stands.
        shown: The same as text.
        changes: What changed it, in a few words.
        waits: The rows to which a person must give a score.
    """

    score: float | None
    shown: str
    changes: str = ""
    waits: tuple[str, ...] = ()


Standings = Mapping[tuple[str, str], Standing]
"""(assignment, student) -> what counts; whoever is not in it has what the grader gave."""


def show_report(
    report: ClassReport,
    console: Console,
    standings: Standings | None = None,
    notes: Sequence[str] = (),
    verbose: bool = False,
    quiet: bool = False,
) -> None:
    """Print the scores of a class run and what a person must know about it.

    Args:
        notes: What else should be known of the submissions.
        verbose: Name everybody whom a note concerns; otherwise the first three.
        quiet: Leave out the tables of scores.
    """

    def say(text: str, style: str = "") -> None:
        console.print(Text(plain(text), style=style))

    standings = standings or {}
    most = sys.maxsize if verbose else MOST_NAMED
    by_assignment, kept = _by_assignment(report.results), _by_assignment(report.kept)
    for assignment, results in by_assignment.items():
        counting = [_standing(result, standings) for result in results]
        if not quiet:
            console.print(_table(assignment, results, counting))
        standing = [_standing(result, standings) for result in kept.get(assignment, ())]
        say(_mean([*results, *kept.get(assignment, ())], [*counting, *standing]))
        missing = sum(r.status == "missing" for r in results)
        if missing:
            say(f"{missing} of {len(results)} handed in nothing.")
        by_hand = _rows_by_hand(results, counting)
        if by_hand:
            say(f"Still to be graded by hand: {listed(by_hand)}.")
    for assignment, old in kept.items():
        keep = "keeps its" if len(old) == 1 else "keep their"
        say(f"{assignment}: {len(old)} {keep} grade; nothing new handed in.")
    if not (report.results or report.kept or report.stopped):
        console.print("No submissions.")
    for note in _misplaced(report.results):
        say(note, "yellow")
    for note, students in report.strange.items():
        say(f"Not graded: {note}{_whose(students, most)}", "yellow")
    for note, whose in report.notes.items():
        say(f"Look: {note}{_whose(whose, most)}", "yellow")
    for note in notes:
        say(note, "yellow")
    levels = Counter(r.isolation for r in report.results if r.isolation)
    if levels:
        console.print("Isolation: " + ", ".join(sorted(levels)))
    if own := sum(r.per_student for r in report.results):
        say(f"{counted(own, 'result')} with hidden cases drawn for each student.")
    if "none" in levels:
        say(f"{levels['none']} results were made WITHOUT ISOLATION and say so.", "red")
    for text in report.problems:
        say(text, "red")
    ungraded: dict[tuple[str, str, str], list[str]] = {}
    for r in report.results:
        if not r.is_grade:
            ungraded.setdefault((r.assignment, r.status, r.message), []).append(r.student)
    for (assignment, status, message), students in ungraded.items():
        style = "yellow" if status == "unclear" else "red"
        say(f"{assignment}, {listed(students, most)}: {status}: {message}", style)
    count = sum(map(len, ungraded.values()))
    known = len(report.results) + len(report.kept) - report.fresh
    console.print(
        f"{report.fresh} graded now, {known} stood already"
        + (f", {count} without a grade." if count else ".")
    )
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
    named = [f"{r.assignment} of {r.student} ({r.seconds:.1f} s)" for r in slow]
    return f"Slowest: {listed(named)}; the median is {usual:.2g} s." if slow else ""


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
    more = "; all of them with -v" if len(names) > most else ""
    return f" ({how}{listed(names, most)}{more})"


def _stopped(report: ClassReport) -> str:
    if report.remaining is None:
        return "Stopped before anything was graded. Run the same command again."
    left = counted(report.remaining, "submission")
    verb = "is" if report.remaining == 1 else "are"
    return (
        f"Stopped. What is graded is kept; {left} {verb} left. Run the same command again to go on."
    )


def _standing(result: Result, standings: Standings) -> Standing:
    known = standings.get((result.assignment, result.student))
    if known is not None:
        return known
    manual = tuple(row.id for row in result.rows if row.status == "manual")
    waits = manual if result.status == "graded" else ()
    if not result.is_grade:
        return Standing(None, "\N{EN DASH}")
    return Standing(result.score, points(result.score) + (" + ?" if waits else ""), "", waits)


def _table(assignment: str, results: Sequence[Result], counting: Sequence[Standing]) -> Table:
    table = Table(title=Text(plain(assignment)), title_justify="left", title_style="bold")
    table.add_column("student")
    table.add_column("status")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("points", justify="right")
    changed = any(standing.changes for standing in counting)
    if changed:
        table.add_column("hand, late")
    table.add_column("not right yet", overflow="fold")
    for result, standing in zip(results, counting, strict=True):
        if result.status == "missing":
            continue
        table.add_row(
            Text(plain(result.student)),
            Text(result.status, style=_COLOURS.get(result.status, "red")),
            standing.shown,
            points(result.points),
            *([standing.changes] if changed else []),
            Text(_wrong_rows(result)),
        )
    return table


def _wrong_rows(result: Result) -> str:
    """The rows that lost points; those of one kind are counted where they are many."""
    if result.status in ("failed", "overload", "unclear"):
        return ""  # why stands below the table, once for all whom it concerns
    if result.message and result.status in ("graded", "unreadable"):
        return plain(result.message)
    judged = [r for r in result.rows if r.status != "manual"]
    lost: dict[str, list[str]] = {}
    for row in judged:
        if row.status != "right":
            kind = "wrong" if row.status == "partial" else str(row.status)
            lost.setdefault(kind, []).append(row.id)
    parts = []
    for kind, ids in sorted(lost.items(), key=lambda found: found[0] != "wrong"):
        if len(ids) > MOST_NAMED:
            parts.append(f"{'all ' if len(ids) == len(judged) else ''}{len(ids)} rows {kind}")
        else:
            parts += ids if kind == "wrong" else [f"{id} ({kind})" for id in ids]
    return ", ".join(parts)


def _misplaced(results: Sequence[Result]) -> list[str]:
    """The rows without points whose answer may stand in a place where it does not count."""
    found = [
        f"  {result.student}, {result.assignment}, {row.id}: {finding.message}."
        for result in results
        for row in result.rows
        for finding in row.findings
        if finding.check == Check.LOOK and not row.score
    ]
    return ["Needs a person:", *found] if found else []


def _rows_by_hand(results: Sequence[Result], counting: Sequence[Standing]) -> list[str]:
    """The rows for which a person has still to give points, each with what it is worth."""
    worth = {
        row.id: row.points
        for result, standing in zip(results, counting, strict=True)
        for row in result.rows
        if row.id in standing.waits
    }
    return [
        f"{id} ({points(most)} {'point' if most == 1 else 'points'})" for id, most in worth.items()
    ]


def _mean(results: Sequence[Result], counting: Sequence[Standing]) -> str:
    """The mean score of what was handed in and has a grade."""
    scores = [
        standing.score
        for result, standing in zip(results, counting, strict=True)
        if standing.score is not None and result.status != "missing"
    ]
    if not scores:
        return "No scores."
    most = max(r.points for r in results)
    mean = points(statistics.fmean(scores))
    return f"Mean of {counted(len(scores), 'submission')}: {mean} of {points(most)} points."
