"""Ask the questions of a notebook in somebody's namespace, and say what became of every row."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from autograder.checks.finding import RowResult
from autograder.checks.fitting import fitted
from autograder.checks.trial import Trial
from autograder.checks.verdict import judge
from autograder.exercises.script import Outcome, Runner
from autograder.explain.asked import Asked
from autograder.explain.explanations import explained, noted
from autograder.explain.follow import followed
from autograder.explain.known import known_mistake
from autograder.explain.question import Question


def examine_all(
    notebook: Sequence[Sequence[Question]], runner: Runner, rows: Collection[str] | None = None
) -> list[RowResult]:
    """Grade a notebook.

    Args:
        notebook: For each exercise its questions: public ones, hidden ones, or both. Rows that
            call others come after them.
        rows: Only these rows; None for all.

    Returns:
        One result per row, in the order of the notebook.
    """
    with np.errstate(all="ignore"):  # in a kernel a student's np.seterr(all="raise") reaches us
        asked = [a for questions in notebook if (a := _ask(questions, runner, rows)) is not None]
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


def _ask(
    questions: Sequence[Question], runner: Runner, rows: Collection[str] | None
) -> Asked | None:
    """Run the cases; a row that hangs is not asked again."""
    exercise = questions[0].exercise
    left = {row.id for row in exercise.rows if rows is None or row.id in rows}
    if not left:
        return None
    trials: list[Trial] = []
    given_up = set[str]()
    for question in questions:
        for expectation in question.expectations:
            if not left:
                break
            script = exercise.script(expectation.case, sorted(left))
            outcomes = runner.run(script)
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
    return Asked(questions, trials, runner)


def _hung(outcomes: Sequence[Outcome]) -> bool:
    return any(o.failure is not None and o.failure.kind == "timeout" for o in outcomes)
