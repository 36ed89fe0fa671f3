"""`check`: the verdict on one row, and on what it builds on where the row is not right; its score.

What else a student calls stands in `pages`.
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from types import CodeType
from typing import Any

from autograder.checks.finding import RowResult
from autograder.checks.trial import Trial
from autograder.exercises.bounds import bounded_output, limited
from autograder.exercises.exercise import Exercise
from autograder.exercises.interpreter import LocalRunner, Made
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.public import PublicExercise
from autograder.explain import examined, may_be_repaired
from autograder.explain.follow import builds_on
from autograder.explain.repair import repairs_of, told
from autograder.feedback.beside import CheckError, Sheet, remember, row_of, sheets
from autograder.feedback.blocks import Block, as_html, as_text
from autograder.feedback.heatmap import grids
from autograder.feedback.rebinding import executed, noticed, rebound, shell
from autograder.feedback.say import page_near, said, sentence
from autograder.feedback.story import Coverage, card, recorded, tone
from autograder.language import ENGLISH, speak, tr

SLOW = 10.0
CALL_SECONDS = 10.0
"""What one call may take, as in the grader."""


class Interrupted(KeyboardInterrupt):
    """The person at the keyboard stopped a check; shown without the kit's own frames."""

    def _render_traceback_(self) -> list[str]:
        text = tr(
            "You interrupted the check of {row}. If it hung: is there a loop without an end, or "
            "far more work than the shapes ask for?"
        )
        return [text.format(row=self)]


class Score(float):
    """Points earned on one row: a float that also knows how to show itself.

    nbgrader reads partial credit from the `repr` of a cell's last value, so `repr` and `str` are
    the bare number, never `np.float64(...)`. A notebook shows the HTML in its place.

    Attributes:
        blocks: What is told of the verdict.

    Example:
        >>> from autograder.feedback.blocks import Head
        >>> score = Score(2.5, [Head("partial", "affine_backward", "partly right")])
        >>> score
        2.5
        >>> print(score.text)
        ◐ affine_backward: partly right
    """

    blocks: Sequence[Block]

    def __new__(cls, value: float, blocks: Sequence[Block] = ()) -> Score:
        score = super().__new__(cls, value)
        score.blocks = blocks
        return score

    @property
    def text(self) -> str:
        """The verdict as plain text."""
        return as_text(self.blocks)

    @property
    def html(self) -> str:
        """The verdict as HTML."""
        return as_html(self.blocks) if self.blocks else ""

    def _repr_html_(self) -> str | None:
        return self.html or None


def check(function_or_name: Callable[..., Any] | type | str, hint: int = 0) -> Score:
    """Check one of your functions on the public cases, and show what holds and what fails.

    Args:
        function_or_name: The function (or class) that you wrote, such as `affine_backward`; for an
            answer its name in quotes, such as `"answer_sigma_zero"`.
        hint: How many hints to show (1, 2 or 3). Hints cost nothing.

    Returns:
        The points earned on the public cases; a notebook shows it as a page.

    Raises:
        CheckError: When there is no such row, or the notebook's `.check.json` cannot be read.
    """
    namespace = caller()
    if isinstance(hint, bool) or not isinstance(hint, int) or hint < 0:
        raise CheckError(f"hint is {hint!r}; expected 0, 1, 2 or 3, as in check(f, hint=1)")
    found = sheets(namespace)
    sheet, row_id = row_of(function_or_name, namespace, found)
    speak(sheet.data.language or ENGLISH, sheet.data.words)
    public, _ = sheet.rows[row_id]
    judged: Mapping[str, Any] = namespace
    stale = not isinstance(function_or_name, str) and (
        namespace.get(row_id) is not function_or_name
    )
    if stale:
        judged = ChainMap({row_id: function_or_name}, dict(namespace))
    started = monotonic()
    try:
        result, trials, notes = ask(sheet, public, row_id, judged)
        if not stale and not isinstance(public.exercise, Answer):
            result, said = _in_this_kernel(result, sheet, public, namespace)
            notes += said
    except KeyboardInterrupt:
        raise Interrupted(row_id) from None
    question = sheet.question(public)
    if may_be_repaired(result) and not isinstance(public.exercise, Answer):
        result = told(result, repairs_of(public.exercise, row_id, question.expectations, judged))
    notes += _slowness(monotonic() - started)
    if stale:
        text = tr(
            "You passed another object than the one that {row} names now. The grader runs {row}: "
            "define it under that name."
        )
        notes.append(text.format(row=row_id))
    remember(sheet.path, [result])
    coverage = Coverage(tuple(e.case.name for e in question.expectations if row_id in e.outputs))
    wrong = result.status != "right"
    blocks = card(
        result,
        hint=hint,
        coverage=coverage,
        grids=grids(result, trials) if wrong else (),
        notes=notes,
        page=page_near(Path.cwd()) if wrong else "",
    )
    score = Score(result.score, blocks)
    if not shows_html():
        printed(score.text)
    return score


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


def limiting(work: Callable[[], Made]) -> Made:
    """Make a call, with a limit on its time."""
    return limited(CALL_SECONDS, work)


def _in_this_kernel(
    result: RowResult, sheet: Sheet, public: PublicExercise, namespace: Mapping[str, Any]
) -> tuple[RowResult, list[str]]:
    """The verdict with what the cells that ran before have to do with it."""
    cells, row = executed(), result.id
    facts = noticed(result, sheet.rows, namespace.get(row), cells)
    if result.status not in ("right", "manual", "unanswered", "timeout") and not facts:
        functions = public.exercise.functions
        needs = functions[: functions.index(row) + 1] if row in functions else (row,)

        def judge(names: Mapping[str, Any]) -> RowResult:
            with bounded_output(0):
                again = examined([[sheet.question(public)]], LocalRunner(names, limiting), [row])
            return again.results[row]

        result, facts = rebound(result, needs, sheet.rows, cells, namespace, judge)
    return result, [sentence(said(what)) for what in facts]


def _slowness(seconds: float) -> list[str]:
    """A word about time: what is slow here may run out of it there."""
    if seconds < SLOW:
        return []
    text = tr(
        "This check took {seconds} seconds. The grader asks more cases than these, and stops "
        "what takes too long (unless your course says otherwise, a call after 10 seconds and a "
        "notebook after 60): make it faster."
    )
    return [text.format(seconds=f"{seconds:.0f}")]


def caller() -> dict[str, Any]:
    """The globals of whoever called `check`: in a notebook, those of its cells."""
    return sys._getframe(2).f_globals


def shows_html() -> bool:
    """Whether what a cell returns is shown as HTML: true in a Jupyter kernel."""
    return getattr(shell(), "kernel", None) is not None


def printed(text: str) -> None:
    """Print, also where the terminal cannot write every sign."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, plain in {"✓": "ok", "✗": "x", "◐": "~", "○": "o", "→": "->", "…": "..."}.items():
            text = text.replace(sign, plain)
        text = text.encode(encoding, errors="replace").decode(encoding)
    print(text)
