"""The verdict on one row, and on what it builds on where the row is not right.

While it is asked, the student's code is kept within a time, and what it prints within bounds and
off stderr.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import CodeType
from typing import Any, TextIO

from autograder.checks.finding import RowResult
from autograder.checks.trial import Trial
from autograder.exercises.exercise import Exercise
from autograder.exercises.interpreter import LocalRunner, Made
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.public import PublicExercise
from autograder.exercises.time_limit import lift_limit, limited
from autograder.explain import examined
from autograder.explain.follow import builds_on
from autograder.feedback.beside import Sheet
from autograder.feedback.story import recorded, tone
from autograder.language import tr

CALL_SECONDS = 10.0
"""What one call may take, as in the grader."""
MOST = 1500
"""Characters that student code may print during a check."""


def limiting(work: Callable[[], Made]) -> Made:
    """Make a call, with a limit on its time."""
    return limited(CALL_SECONDS, work)


class _Capped(io.TextIOBase):
    """Passes the first characters on to a stream and drops the rest.

    Every case calls the student's functions anew, so one `print` comes out dozens of times.
    """

    def __init__(self, stream: TextIO, most: int) -> None:
        self.stream = stream
        self.left: float = most
        self.dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: int(min(self.left, len(text)))]
        if kept:
            self.stream.write(kept)
            self.left -= len(kept)
        self.dropped += len(text) - len(kept)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()


@contextmanager
def bounded_output(most: int = MOST) -> Iterator[None]:
    """Send stdout and stderr of student code to stdout, cut after `most` characters.

    stderr stays empty, because nbgrader gives no points to a cell that wrote to it. A student who
    sets a breakpoint sees all of it.
    """
    out, error, hook = sys.stdout, sys.stderr, sys.breakpointhook
    capped = _Capped(out, most)

    def breakpointhook(*args: Any, **kwargs: Any) -> Any:
        capped.left = float("inf")
        lift_limit()
        return hook(*args, **kwargs)

    sys.stdout = sys.stderr = capped
    sys.breakpointhook = breakpointhook
    try:
        yield
    finally:
        sys.stdout, sys.stderr, sys.breakpointhook = out, error, hook
        if capped.dropped and most:
            out.write(f"\n… {capped.dropped} more characters printed during the check are cut\n")


def ask(
    sheet: Sheet, public: PublicExercise, row_id: str, namespace: Mapping[str, Any]
) -> tuple[RowResult, Sequence[Trial], list[str]]:
    """Examine a row on the public cases.

    Returns:
        result: The verdict; it takes into account what the row builds on.
        trials: The cases on which it was judged.
        notes: What the student should mend first.
    """
    question, runner = sheet.question(public), LocalRunner(namespace, limiting)
    with bounded_output():
        first = examined([[question]], runner, rows=[row_id])
    result, trials = first.results[row_id], first.trials(row_id)
    if isinstance(public.exercise, Answer):
        told = recorded(result) if sheet.withholds(public) else result
        return told, trials, _how_to_answer(public.exercise, result)
    result = settled(result, namespace)
    if result.status in ("right", "manual", "unanswered", "timeout"):  # it would hang again
        return result, trials, []
    below = rows_below(row_id, public.exercise, namespace, set(sheet.rows))
    known = {known.function for known in question.bank()} & sheet.rows.keys()
    needed = {row_id, *below, *known}
    if needed == {row_id}:  # asking again would say the same, and may take as long
        return result, trials, []
    questions = [
        [sheet.question(other)]
        for other in sheet.data.exercises
        if any(row.id in needed for row in other.exercise.rows)
    ]
    with bounded_output(0):  # what it prints was shown above
        again = examined(questions, runner, rows=needed)
    result, trials = again.results[row_id], again.trials(row_id)
    wrong = [
        id for id in again.results
        if id in below and again.results[id].status not in ("right", "manual")
    ]  # fmt: skip
    if not wrong or result.status == "right":
        return result, trials, []
    return builds_on(result, wrong), trials, []


def settled(result: RowResult, namespace: Mapping[str, Any]) -> RowResult:
    """The verdict; a starter that could not even be called, for want of its forward, is unanswered.

    Args:
        namespace: The student's, to see whether the function is still the starter.
    """
    unwritten = "NotImplementedError" in names_in(namespace.get(result.id))
    if unwritten and tone(result) == "unanswered":
        return replace(result, status="unanswered", findings=())
    return result


def _how_to_answer(exercise: Answer, result: RowResult) -> list[str]:
    if result.status != "unanswered":
        return []
    forms = {"integer": tr("a whole number"), "number": tr("a number")}
    what = forms.get(exercise.form, tr(" or ").join(map(repr, exercise.choices)))
    text = tr("In the cell above write {name} = … ({what}), and run it.")
    return [text.format(name=exercise.variable, what=what)]


def rows_below(
    row_id: str, exercise: Exercise, namespace: Mapping[str, Any], rows: set[str]
) -> set[str]:
    """The rows whose functions a row needs: its own forward, and what its code calls."""
    functions = exercise.functions
    before = functions[: functions.index(row_id)] if row_id in functions else ()
    found: set[str] = set()
    left = [*before, row_id]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        left += [used for used in names_in(namespace.get(name)) if used in rows]
    return (found & rows) - {row_id}


def names_in(value: Any) -> Iterator[str]:
    """The global names that the code of a function or a class mentions."""
    if isinstance(value, type):
        for member in vars(value).values():
            yield from names_in(member)
    code = getattr(value, "__code__", None)
    pending = [code] if isinstance(code, CodeType) else []
    while pending:
        part = pending.pop()
        yield from part.co_names
        pending += [const for const in part.co_consts if isinstance(const, CodeType)]
