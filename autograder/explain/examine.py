"""Ask the questions of a notebook in somebody's namespace, and say what became of every row."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from autograder.checks.finding import RowResult
from autograder.checks.trial import Trial, fitted, script_for
from autograder.checks.verdict import judge
from autograder.exercises.interpreter import undisturbed_randomness
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.script import Outcome, Runner
from autograder.explain.explanations import explained, noted
from autograder.explain.follow import followed
from autograder.explain.known import NEVER_RAN, by_case, known_mistake, small_slip
from autograder.explain.question import Asked, Question

Notebook = Sequence[Sequence[Question]]
Rows = Collection[str] | None
Share = float | None
PROMPT_SECONDS = 0.05
"""Where a case takes no longer than that, those that follow are sent at once."""


@dataclass(frozen=True)
class Examined:
    """What came of a notebook.

    Args:
        results: Row -> verdict, in the order of the notebook.
        asked: Row -> what was asked about its exercise.
    """

    results: dict[str, RowResult]
    asked: dict[str, Asked]

    def trials(self, row: str) -> Sequence[Trial]:
        """The cases on which a row was judged."""
        return self.asked[row].trials


def examined(
    notebook: Notebook,
    runner: Runner,
    rows: Rows = None,
    share: Share = None,
    notes: bool = True,
) -> Examined:
    """Grade a notebook.

    Args:
        notebook: For each exercise its questions: public ones, hidden ones, or both. Rows that
            call others come after them.
        rows: Only these rows; None for all.
        share: Seconds after which an exercise waits until the others had as much; None: no limit.
        notes: Whether it is noted, too, what is true of a whole row beside its name.
    """
    results: dict[str, RowResult] = {}
    asked: dict[str, Asked] = {}
    # In a kernel a student's np.seterr(all="raise") reaches us.
    with undisturbed_randomness(), np.errstate(all="ignore"):
        for one in _ask_all(notebook, runner, rows, share):
            one.results = results
            asked |= {r.id: one for r in one.exercise.rows if rows is None or r.id in rows}
        for id, one in asked.items():
            row = next(row for row in one.exercise.rows if row.id == id)
            results[id] = judge(row, one.trials)
        wrong = [id for id, result in results.items() if any(f.costs for f in result.findings)]
        for id in wrong:  # names come first: what a row builds on may be a known mistake of another
            result = explained(results[id], asked[id], [known_mistake])
            results[id] = small_slip(result, asked[id])
        for id in wrong:
            results[id] = followed(results[id], asked[id])
        for id in wrong:
            told = explained(by_case(results[id], asked[id]), asked[id])
            results[id] = noted(told, asked[id]) if notes else told
    return Examined(results, asked)


def examine_all(
    notebook: Notebook,
    runner: Runner,
    rows: Rows = None,
    share: Share = None,
    notes: bool = True,
) -> list[RowResult]:
    """The verdicts alone."""
    return list(examined(notebook, runner, rows, share, notes).results.values())


def examine(questions: Sequence[Question], runner: Runner, rows: Rows = None) -> list[RowResult]:
    """Grade one exercise: questions about the same exercise on different sets of cases."""
    return examine_all([questions], runner, rows)


def may_be_repaired(result: RowResult) -> bool:
    """Whether a line is worth looking for."""
    asked = result.status not in ("right", "manual", "unanswered", "memory", "crash", "exit")
    ran = not any(f.failure is not None and f.failure.kind == "skipped" for f in result.findings)
    return asked and ran and any(f.costs_visibly for f in result.findings)


def _ask_all(notebook: Notebook, runner: Runner, rows: Rows, share: Share) -> list[Asked]:
    """Ask every exercise: answers, which cost nothing, first; who is slow lets the others by."""
    asked = [
        Asked(questions[0].exercise, questions, [], runner)
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


def _steps(one: Asked, rows: Rows) -> Iterator[None]:
    """Run the cases one by one; a row that hangs or is not written is not asked again."""
    exercise, trials = one.exercise, one.trials
    left = {row.id for row in exercise.rows if rows is None or row.id in rows}
    given_up = set[str]()
    slow = set[tuple[str, ...]]()
    asked = deque((expectation, q.hidden) for q in one.questions for expectation in q.expectations)
    prompt = False
    while left and asked:
        expectation, hidden = asked.popleft()
        judged = expectation.case.judged
        if judged in slow:
            continue
        # The first case goes alone: it tells which rows are not written. Hidden ones go by
        # themselves: in what is sent together points are counted up to the first that shows none.
        sent = prompt
        alike = (later for later, of in asked if sent and of is hidden)
        ahead = (script_for(exercise, later, left) for later in alike)
        started = monotonic()
        outcomes = one.runner.run(script_for(exercise, expectation, left), ahead)
        prompt = monotonic() - started < PROMPT_SECONDS
        observed = exercise.observe(expectation.case, outcomes)
        # A row that is not asked for stays: the mask of a forward judges its backward.
        observed = {
            row: fitted(row, seen, expectation)
            for row, seen in observed.items()
            if row not in given_up
        }
        trials.append(Trial(exercise, expectation, observed, hidden))
        if _hung(outcomes) and judged is not None:
            slow.add(judged)  # what only these outputs need; the others are asked for on
        elif _hung(outcomes):
            given_up |= {row for row, seen in observed.items() if seen.failure is not None}
        elif all(o.failure is None or o.failure.kind in NEVER_RAN for o in outcomes):
            # What is not written is lost by the first case; the others would say the same.
            given_up |= {row for row, seen in observed.items() if seen.failure is not None}
        left -= given_up
        if not (sent and prompt):  # what was sent ahead is waited for, unless it takes long
            yield


def _hung(outcomes: Sequence[Outcome]) -> bool:
    kinds = ("timeout", "unstarted")
    return any(o.failure is not None and o.failure.kind in kinds for o in outcomes)
