"""Runs student code where it can do no harm: trusted host, protocol, zygote and locked child."""

from autograder.errors import IsolationError
from autograder.sandbox.limits import Cell, CellOutcome, Limits
from autograder.sandbox.measure import Attempt, Measured
from autograder.sandbox.sandbox import Sandbox, measure_isolation
from autograder.sandbox.session import Session

__all__ = [
    "Attempt",
    "Cell",
    "CellOutcome",
    "IsolationError",
    "Limits",
    "Measured",
    "Sandbox",
    "Session",
    "measure_isolation",
]
