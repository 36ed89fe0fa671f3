"""What a class run did, and who is told while it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from autograder.grading.result import Result
from autograder.grading.submission import Handin


class ResultSink(Protocol):
    """Somewhere else that results go, such as a gradebook; only ever called from one thread."""

    def write(self, handin: Handin, result: Result, fresh: bool) -> None:
        """Take one result.

        Args:
            fresh: It was made in this run; otherwise it stood already and only must be there.
        """

    def close(self) -> None:
        """Write what is still held back; called once, also after an interruption."""


class Watcher(Protocol):
    """Whoever looks on."""

    def begin(self, total: int) -> None:
        """So many submissions have to be graded."""

    def graded(self, handin: Handin, result: Result) -> None:
        """One more is done."""


@dataclass
class ClassReport:
    """What a class run did."""

    # Of every submission, by assignment and student; those that stood included. In short (`brief`):
    # what was found stands on file.
    results: list[Result] = field(default_factory=list)
    # grades that stand though nothing is there now, which no absence takes away
    kept: list[Result] = field(default_factory=list)
    fresh: int = 0  # how many of the results were made in this run
    # what lies among the submissions and belongs to no assignment, with the students whose folders
    # have it
    strange: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # what a person should know of single submissions -> the submissions
    notes: dict[str, list[str]] = field(default_factory=dict)
    # what went wrong beside the grading, such as a locked gradebook
    problems: list[str] = field(default_factory=list)
    # how many submissions were not dealt with, because the run was stopped; None where it was
    # stopped before they were counted
    remaining: int | None = None
    stopped: bool = False

    @property
    def ok(self) -> bool:
        """Whether all is graded, or left to a person, and every place has it."""
        settled = all(r.is_settled and r.status != "overload" for r in self.results)
        return settled and not (self.stopped or self.problems)
