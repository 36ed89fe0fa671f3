"""What a student calls in a notebook (`check`, `progress`, `hand_in`), and what it hands back."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from autograder.checks.finding import RowResult
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.public import PublicExercise
from autograder.explain import examine_all, examined, may_be_repaired
from autograder.explain.repair import repairs_of, told
from autograder.feedback.asking import ask, bounded_output, limiting, settled
from autograder.feedback.beside import CheckError, Sheet, opened, remember, row_of, sheets
from autograder.feedback.blocks import Block, Frames
from autograder.feedback.executed import executed, noticed, typed
from autograder.feedback.handing_in import told as told_before
from autograder.feedback.heatmap import grids
from autograder.feedback.html import as_html
from autograder.feedback.key import solutions
from autograder.feedback.problems import Coverage
from autograder.feedback.rebinding import rebound
from autograder.feedback.say import said, sentence
from autograder.feedback.so_far import course_so_far, overview, so_far
from autograder.feedback.story import card, recorded, table
from autograder.feedback.text import as_text
from autograder.feedback.troubleshooting import page_near
from autograder.language import ENGLISH, speak, tr

SLOW = 10.0


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
    namespace = _caller()
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
    if not _shows_html():
        _print(score.text)
    return score


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


class Shown:
    """What a cell shows that returns no score.

    Attributes:
        results: The verdicts of which it tells.
    """

    def __init__(self, blocks: Sequence[Block], results: Sequence[RowResult] = ()) -> None:
        self.blocks, self.results = blocks, results

    def __repr__(self) -> str:
        return as_text(self.blocks)

    def _repr_html_(self) -> str:
        return as_html(self.blocks)


def progress() -> Shown:
    """Check every row of the notebook on the public cases; show the points so far.

    Below stands how far all notebooks of the course are, as last checked. Where no function of this
    notebook is defined yet, that stands alone.

    Raises:
        CheckError: When the notebook's `.check.json` cannot be read.
    """
    namespace = _caller()
    results: list[RowResult] = []
    found = sheets(namespace)
    for sheet in found:
        speak(sheet.data.language or ENGLISH, sheet.data.words)
        if not sheet.rows.keys() & namespace.keys():
            continue
        questions = [[sheet.question(public)] for public in sheet.data.exercises]
        answers = {row.id for public, row in sheet.rows.values() if sheet.withholds(public)}
        with bounded_output(0):
            verdicts = examine_all(questions, LocalRunner(namespace, limiting))
        of_sheet = [
            recorded(result) if result.id in answers else settled(result, namespace)
            for result in verdicts
        ]
        remember(sheet.path, of_sheet)
        results += of_sheet
    every, here = course_so_far(found[0].path), found[0].path
    rows = [table(results)] if results else []
    return _show(Shown([*rows, *(overview(every, here) if every else [])], results))


def solution(function_or_name: Callable[..., Any] | type | str) -> Shown:
    """Show a solution of a row, where the course handed out a key.

    Args:
        function_or_name: As for `check`; the row of a text is a name in quotes.

    Raises:
        CheckError: When there is no key here, or no such row.
    """
    namespace = _caller()
    sheet, row = row_of(function_or_name, namespace, sheets(namespace))
    speak(sheet.data.language or ENGLISH, sheet.data.words)
    known = solutions(sheet.path)
    if known is None:
        raise CheckError(
            f"There is no key beside {sheet.path.name}, so there is no solution to see. Whoever "
            "teaches the course can hand it out: autograder handout --key. Hints cost nothing: "
            "check(..., hint=1)"
        )
    title = tr("One way to write {row}; others are as good:").format(row=row)
    return _show(Shown([Frames(title, tuple(known.get(row, "").split("\n")))]))


def hand_in() -> Shown:
    """Say whether the notebook is ready to be handed in, and which file that is.

    Raises:
        CheckError: When there is no notebook, or its `.check.json` cannot be read.
    """
    namespace = _caller()
    sheet = sheets(namespace)[0]
    speak(sheet.data.language or ENGLISH, sheet.data.words)
    found = so_far(sheet.path)
    if found is None:
        raise CheckError(
            f"There is no notebook beside {sheet.path.name}. Keep the two in one folder, under "
            "their own names."
        )
    return _show(Shown(told_before(found, opened(namespace), typed())))


def _show(shown: Shown) -> Shown:
    if not _shows_html() and not hasattr(sys, "ps1"):
        _print(repr(shown))
    return shown


def _caller() -> dict[str, Any]:
    """The globals of whoever called `check`: in a notebook, those of its cells."""
    return sys._getframe(2).f_globals


def _shows_html() -> bool:
    """Whether what a cell returns is shown as HTML: true in a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _print(text: str) -> None:
    """Print, also where the terminal cannot write every sign."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, plain in {"✓": "ok", "✗": "x", "◐": "~", "○": "o", "→": "->", "…": "..."}.items():
            text = text.replace(sign, plain)
        text = text.encode(encoding, errors="replace").decode(encoding)
    print(text)
