"""The catalogue of checks: case, expected, observed -> findings; and the verdict on a row."""

from autograder.checks.compare import Difference, Expected, difference
from autograder.checks.expected import Expectation, expect
from autograder.checks.finding import Finding, RowResult, Status
from autograder.checks.trial import Trial
from autograder.checks.verdict import judge, rescored

__all__ = [
    "Difference",
    "Expectation",
    "Expected",
    "Finding",
    "RowResult",
    "Status",
    "Trial",
    "difference",
    "expect",
    "judge",
    "rescored",
]
