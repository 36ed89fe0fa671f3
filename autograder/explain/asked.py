"""What was asked about one exercise, and what came of it: all that an explanation may look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.checks.finding import RowResult
from autograder.checks.trial import Trial
from autograder.exercises.exercise import Exercise
from autograder.exercises.script import Runner
from autograder.explain.bank import Key, Known
from autograder.explain.question import Question


@dataclass(eq=False)
class Asked:
    """The questions about one exercise with their trials.

    Args:
        trials: Public ones first.
        runner: Whose namespace it is, for explanations that call a function again.
        results: The verdicts so far, of the whole notebook.
    """

    questions: Sequence[Question]
    trials: list[Trial]
    runner: Runner
    results: dict[str, RowResult] = field(default_factory=dict)
    _known: dict[bool, dict[Key, Known]] = field(default_factory=dict, repr=False)

    @property
    def exercise(self) -> Exercise:
        """The exercise."""
        return self.questions[0].exercise

    def known(self, hidden: bool) -> dict[Key, Known]:
        """(Function, name) -> the known mistake, on the public or on the hidden cases."""
        if hidden not in self._known:
            bank = (known for q in self.questions if q.hidden == hidden for known in q.bank())
            self._known[hidden] = {(known.function, known.name): known for known in bank}
        return self._known[hidden]

    def find(self, key: Key, trial: Trial) -> Known | None:
        """A known mistake as it shows on the case of a trial."""
        return self.known(trial.hidden).get(key)

    def on(self, row: str, output: str) -> list[Trial]:
        """The trials in which an output of a row was judged."""
        return [t for t in self.trials if t.case.judges(output) and row in t.observed]
