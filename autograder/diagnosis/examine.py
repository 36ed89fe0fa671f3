"""Ask the questions of an exercise, or of a whole notebook, in somebody's namespace."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from autograder.checks.finding import RowResult
from autograder.checks.fitting import fitted
from autograder.checks.trial import Trial
from autograder.checks.verdict import judge
from autograder.diagnosis.bank import Known
from autograder.diagnosis.follow import follow_calls, follow_forward
from autograder.diagnosis.hypotheses import hypothesised
from autograder.diagnosis.matching import named
from autograder.diagnosis.own_forward import explained
from autograder.diagnosis.question import Question
from autograder.diagnosis.slips import Slips, slipped
from autograder.diagnosis.stages import staged
from autograder.exercises.script import Outcome, Runner

Asked = tuple[list[Trial], list[Sequence[Known]]]


def examine(
    questions: Sequence[Question], runner: Runner, rows: Collection[str] | None = None
) -> list[RowResult]:
    """Grade one exercise: questions about the same exercise on different sets of cases.

    Args:
        questions: Public ones, hidden ones, or both.
        rows: Only these rows; None for all.

    Returns:
        One result per row, in the order of the exercise.
    """
    return examine_all([questions], runner, rows)


def examine_all(
    notebook: Sequence[Sequence[Question]], runner: Runner, rows: Collection[str] | None = None
) -> list[RowResult]:
    """Grade a notebook: for each exercise its questions; rows that call others come after them."""
    with np.errstate(all="ignore"):  # in a kernel a student's np.seterr(all="raise") reaches us
        return _examine(notebook, runner, rows)


def _examine(
    notebook: Sequence[Sequence[Question]], runner: Runner, rows: Collection[str] | None
) -> list[RowResult]:
    asked: list[tuple[Sequence[Question], Asked]] = []
    results: dict[str, RowResult] = {}
    for questions in notebook:
        exercise = questions[0].exercise
        wanted = [row for row in exercise.rows if rows is None or row.id in rows]
        if not wanted:
            continue
        trials, banks = _ask(questions, runner, {row.id for row in wanted})
        asked.append((questions, (trials, banks)))
        for row in wanted:
            result = named(judge(row, trials), trials, banks)
            results[row.id] = staged(hypothesised(result, trials), trials)
    for questions, (trials, banks) in asked:
        exercise = questions[0].exercise
        forward = results.get(getattr(exercise, "forward", ""))
        for row in exercise.rows:
            if row.id not in results:
                continue
            result = results[row.id]
            if forward is not None and row.id != forward.id:
                result = follow_forward(result, forward, trials, banks)
                if not result.follow_through:
                    result = explained(result, forward, trials, runner)
            results[row.id] = follow_calls(result, results, trials, banks, questions[0].compose)
    for questions, (trials, _) in asked:  # last of all: the name of a slip changes no score
        for row in questions[0].exercise.rows:
            if row.id in results:
                results[row.id] = slipped(results[row.id], trials, _slips(questions))
    return list(results.values())


def _slips(questions: Sequence[Question]) -> Slips | None:
    return next((question.slips for question in questions if question.slips is not None), None)


def _ask(questions: Sequence[Question], runner: Runner, rows: set[str]) -> Asked:
    """Run the cases; a row that hangs is not asked again, after one repetition."""
    trials: list[Trial] = []
    banks: list[Sequence[Known]] = []
    left, given_up = set(rows), set[str]()
    for question in questions:
        exercise = question.exercise
        for expectation in question.expectations:
            if not left:
                break
            script = exercise.script(expectation.case, sorted(left))
            outcomes = runner.run(script)
            if _hung(outcomes):
                outcomes = runner.run(script)
            observed = exercise.observe(expectation.case, outcomes)
            # A row that is not asked for stays: the mask of a forward judges its backward.
            observed = {
                row: fitted(row, seen, expectation)
                for row, seen in observed.items()
                if row not in given_up
            }
            trials.append(Trial(exercise, expectation, observed, question.hidden))
            banks.append(question.bank)
            if _hung(outcomes):
                given_up |= {row for row, seen in observed.items() if seen.failure is not None}
                left -= given_up
    return trials, banks


def _hung(outcomes: Sequence[Outcome]) -> bool:
    return any(o.failure is not None and o.failure.kind == "timeout" for o in outcomes)
