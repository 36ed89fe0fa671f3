"""What a class run shows in a terminal: a progress bar, then a table of scores."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from autograder.feedback.text import plain
from autograder.feedback.wording import counted, listed, points
from autograder.grading.classrun import ClassReport
from autograder.grading.result import Result
from autograder.grading.submission import Handin

MOST_NAMED = 3
_COLOURS = {"graded": "green", "missing": "dim", "unreadable": "yellow"}


class ProgressBar:
    """A `classrun.Watcher` with a bar; a context manager."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._progress.add_task("Looking for what is new", total=None)

    def begin(self, total: int) -> None:
        if total:
            self._progress.update(self._task, description="Grading", total=total)
        else:
            self._progress.update(self._task, description="Nothing new", total=1, completed=1)

    def graded(self, handin: Handin, result: Result) -> None:
        self._progress.advance(self._task)

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()


def show_report(report: ClassReport, console: Console) -> None:
    """Print the scores of a class run and what a person must know about it."""
    by_assignment: dict[str, list[Result]] = {}
    for result in report.results:
        by_assignment.setdefault(result.assignment, []).append(result)
    for assignment, results in by_assignment.items():
        console.print(_table(assignment, results))
        console.print(Text(_mean(results)))
        missing = sum(r.status == "missing" for r in results)
        if missing:
            console.print(Text(f"{missing} of {len(results)} handed in nothing."))
        by_hand = _rows_by_hand(results)
        if by_hand:
            console.print(
                Text(plain(f"Graded by hand, and not in these scores: {listed(by_hand)}."))
            )
    if not (report.results or report.stopped):
        console.print("No submissions.")
    for note in report.strange:
        console.print(Text(plain(f"Not graded: {note}"), style="yellow"))
    levels = Counter(r.isolation for r in report.results if r.isolation)
    if levels:
        console.print("Isolation: " + ", ".join(sorted(levels)))
    if "none" in levels:
        console.print(
            Text(f"{levels['none']} results were made WITHOUT ISOLATION and say so.", style="red")
        )
    for text in report.problems:
        console.print(Text(plain(text), style="red"))
    ungraded = [r for r in report.results if not r.is_grade]
    for result in ungraded:
        what = f"{result.assignment}, {result.student}: {result.status}: {result.message}"
        console.print(Text(plain(what), style="red"))
    known = len(report.results) - report.fresh
    console.print(
        f"{report.fresh} graded now, {known} stood already"
        + (f", {len(ungraded)} without a grade." if ungraded else ".")
    )
    if report.stopped:
        console.print(
            Text(
                f"Stopped. What is graded is kept; {report.remaining} submissions are left. "
                "Run the same command again to go on."
            )
        )


def _table(assignment: str, results: Iterable[Result]) -> Table:
    table = Table(title=Text(plain(assignment)), title_justify="left", title_style="bold")
    table.add_column("student")
    table.add_column("status")
    table.add_column("score", justify="right")
    table.add_column("points", justify="right")
    table.add_column("not right yet", overflow="fold")
    for result in results:
        if result.status == "missing":
            continue
        table.add_row(
            Text(plain(result.student)),
            Text(result.status, style=_COLOURS.get(result.status, "red")),
            points(result.score),
            points(result.points),
            Text(_wrong_rows(result)),
        )
    return table


def _wrong_rows(result: Result) -> str:
    """The rows that lost points; those of one kind are counted where they are many."""
    if result.message and result.status in ("graded", "unreadable", "overload", "failed"):
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


def _rows_by_hand(results: Sequence[Result]) -> list[str]:
    """The rows for which a person gives the points, each with what it is worth."""
    worth = {
        row.id: row.points
        for result in results
        if result.status == "graded"
        for row in result.rows
        if row.status == "manual"
    }
    return [
        f"{id} ({points(most)} {'point' if most == 1 else 'points'})" for id, most in worth.items()
    ]


def _mean(results: Sequence[Result]) -> str:
    """The mean score of what was handed in and has a grade."""
    scores = [r.score for r in results if r.is_grade and r.status != "missing"]
    if not scores:
        return "No scores."
    most = max(r.points for r in results)
    mean = points(statistics.fmean(scores))
    return f"Mean of {counted(len(scores), 'submission')}: {mean} of {points(most)} points."
