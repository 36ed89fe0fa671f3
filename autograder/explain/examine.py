"""Ask the questions of a notebook in somebody's namespace, and say what became of every row."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from time import monotonic

import numpy as np

from autograder.checks.finding import RowResult
from autograder.checks.fitting import fitted
from autograder.checks.trial import Trial
from autograder.checks.verdict import judge
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.script import Outcome, Runner
from autograder.explain.asked import Asked
from autograder.explain.explanations import explained, noted
from autograder.explain.follow import followed
from autograder.explain.known import known_mistake
from autograder.explain.question import Question


def examine_all(
    notebook: Sequence[Sequence[Question]],
    runner: Runner,
    rows: Collection[str] | None = None,
    share: float | None = None,
) -> list[RowResult]:
    """Grade a notebook.

    Args:
        notebook: For each exercise its questions: public ones, hidden ones, or both. Rows that
            call others come after them.
        rows: Only these rows; None for all.
        share: Seconds after which an exercise waits until the others had as much; None: no limit.

    Returns:
        One result per row, in the order of the notebook.
    """
    with np.errstate(all="ignore"):  # in a kernel a student's np.seterr(all="raise") reaches us
        asked = _ask_all(notebook, runner, rows, share)
        results: dict[str, RowResult] = {}
        of_row: dict[str, Asked] = {}
        for one in asked:
            one.results = results
            for row in one.exercise.rows:
                if rows is None or row.id in rows:
                    of_row[row.id] = one
                    # A name comes first: what a row builds on may be a known mistake of another.
                    results[row.id] = explained(judge(row, one.trials), one, [known_mistake])
        for id, one in of_row.items():
            results[id] = followed(results[id], one)
        for id, one in of_row.items():
            results[id] = noted(explained(results[id], one), one)
        return list(results.values())


def examine(
    questions: Sequence[Question], runner: Runner, rows: Collection[str] | None = None
) -> list[RowResult]:
    """Grade one exercise: questions about the same exercise on different sets of cases."""
    return examine_all([questions], runner, rows)


def _ask_all(
    notebook: Sequence[Sequence[Question]],
    runner: Runner,
    rows: Collection[str] | None,
    share: float | None,
) -> list[Asked]:
    """Ask every exercise: answers, which cost nothing, first; who is slow lets the others by."""
    asked = [
        Asked(questions, [], runner)
        for questions in notebook
        if any(rows is None or row.id in rows for row in questions[0].exercise.rows)
    ]
    first = sorted(asked, key=lambda one: not isinstance(one.exercise, Answer))
    waiting = deque((one, _steps(one, rows)) for one in first)
    while waiting:
        one, steps = waiting.popleft()
        started = monotonic()
        for _ in steps:
            if share is not None and waiting and monotonic() - started > share:
                waiting.append((one, steps))
                break
    return asked


def _steps(one: Asked, rows: Collection[str] | None) -> Iterator[None]:
    """Run the cases of an exercise one by one; a row that hangs is not asked again."""
    questions, exercise, trials = one.questions, one.exercise, one.trials
    left = {row.id for row in exercise.rows if rows is None or row.id in rows}
    given_up = set[str]()
    for question in questions:
        for expectation in question.expectations:
            if not left:
                break
            script = exercise.script(expectation.case, sorted(left))
            outcomes = one.runner.run(script)
            observed = exercise.observe(expectation.case, outcomes)
            # A row that is not asked for stays: the mask of a forward judges its backward.
            observed = {
                row: fitted(row, seen, expectation)
                for row, seen in observed.items()
                if row not in given_up
            }
            trials.append(Trial(exercise, expectation, observed, question.hidden))
            if _hung(outcomes):
                given_up |= {row for row, seen in observed.items() if seen.failure is not None}
                left -= given_up
            yield


def _hung(outcomes: Sequence[Outcome]) -> bool:
    kinds = ("timeout", "unstarted")
    return any(o.failure is not None and o.failure.kind in kinds for o in outcomes)
