"""A trial: a case, what is expected on it, and what was observed."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.checks.expected import Expectation
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise, Observed


@dataclass(frozen=True, eq=False)
class Trial:
    """One case of one exercise, run in somebody's namespace.

    Args:
        observed: Row id -> what its function gave; a row that was not asked for is missing.
        hidden: Got and expected must not be shown.
    """

    exercise: Exercise
    expectation: Expectation
    observed: dict[str, Observed]
    hidden: bool = False

    @property
    def case(self) -> Case:
        """The case, with its upstream gradients."""
        return self.expectation.case
