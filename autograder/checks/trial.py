"""A trial: a case, what is expected on it, and what was observed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from autograder.checks.expected import Expectation
from autograder.checks.finding import Check, Finding
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Exercise, Observed


@dataclass(frozen=True, eq=False)
class Trial:
    """One case of one exercise, run in somebody's namespace.

    Args:
        observed: Row id -> what its function gave; a row that was not asked for is missing.
        hidden: Got and expected must not be shown.
        prints: Room for the fingerprints of what was observed; they live as long as the trial.
    """

    exercise: Exercise
    expectation: Expectation
    observed: dict[str, Observed]
    hidden: bool = False
    prints: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    @property
    def case(self) -> Case:
        """The case, with its upstream gradients."""
        return self.expectation.case

    def finding(self, check: Check, output: str | None = None, **what: Any) -> Finding:
        """A finding on this case."""
        return Finding(check, output, self.case.name, self.hidden, **what)
