"""What a class run shows while it goes on: a live bar, or plain lines where nobody watches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from autograder.grading.result import Result
from autograder.grading.submission import Handin
from autograder.language import tr

LINES = 20
"""At most so many plain lines in a run, beside those that time asks for."""
QUIET_SECONDS = 30.0
"""A plain line at least so often while something is finished."""


class Counts:
    """How far a run is.

    Args:
        clock: Seconds that never jump.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.done = total, 0
        self._of: Counter[str] = Counter()
        self._clock, self._started = clock, clock()

    def add(self, result: Result) -> None:
        """One more is done."""
        self.done += 1
        if result.is_grade:
            waits = any(row.status == "manual" for row in result.rows)
            self._of[tr("with rows for a person" if waits else "graded")] += 1
        else:
            failed = result.status in ("failed", "stale")
            self._of[tr("failed" if failed else "without a grade")] += 1

    def __str__(self) -> str:
        """How many came out how, how fast it goes, and how long it will take at that pace."""
        parts = [tr(", ").join(f"{count} {what}" for what, count in self._of.items())]
        seconds = self._clock() - self._started
        if self.done and seconds > 0:
            parts.append(tr("{rate} a second").format(rate=f"{self.done / seconds:.3g}"))
            left = round((self.total - self.done) * seconds / self.done)
            if left:
                parts.append(tr("{time} left").format(time=f"{left // 60}:{left % 60:02}"))
        return tr("; ").join(part for part in parts if part)


class ProgressBar:
    """A `class_report.Watcher`; a context manager.

    On a terminal it is a bar, elsewhere a line now and then.

    Args:
        quiet: Show nothing.
    """

    def __init__(
        self, console: Console, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console, self._clock = console, clock
        self._lines = not (quiet or console.is_terminal)
        self._said = (0, clock())
        self._counts = Counts(0, clock)
        self._progress = Progress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[counts]}"),
            console=console,
            disable=quiet or self._lines,
        )
        self._task = self._progress.add_task(tr("Looking for what is new"), total=None, counts="")

    def begin(self, total: int) -> None:
        self._counts = Counts(total, self._clock)
        self._said = (0, self._clock())
        if total:
            self._progress.update(self._task, description=tr("Grading"), total=total)
        else:
            self._progress.update(self._task, description=tr("Nothing new"), total=1, completed=1)
        if self._lines:
            text = tr("{total} to grade.") if total else tr("Nothing new.")
            self._console.print(text.format(total=total))

    def graded(self, handin: Handin, result: Result) -> None:
        counts = self._counts
        counts.add(result)
        self._progress.update(self._task, advance=1, counts=str(counts))
        many, when = self._said
        often = (counts.done - many) * LINES >= counts.total
        late = self._clock() - when >= QUIET_SECONDS
        if self._lines and (often or late or counts.done == counts.total):
            self._said = (counts.done, self._clock())
            text = tr("{done} of {total}: {counts}")
            self._console.print(
                Text(text.format(done=counts.done, total=counts.total, counts=counts))
            )

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
