"""A runner that does not run into the same wall twice."""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from autograder.exercises.script import Call, Failure, Outcome, Script

WALLS = frozenset({"timeout", "memory", "crash", "exit", "protocol"})
"""Failures that end the process; after each the cells are run again, on the submission's time."""


LEAST_SECONDS = 0.5


class Limited(Protocol):
    """A runner on a budget, such as `sandbox.Session`."""

    @property
    def used_up(self) -> str:
        """Says so when no time is left; else `""`."""

    @property
    def seconds_left(self) -> float:
        """Wall time that is left."""

    def run(
        self, script: Script, ahead: Iterable[Script] = (), at_most: float = ...
    ) -> list[Outcome]:
        """Run a script of which no call may take more than `at_most` seconds."""


class Patience:
    """After a function first hung, crashed or filled the memory, its other cases fail at once.

    Its rows are lost by the first failure already. Running into it again on every case would use up
    the time of the other rows. No call may use up more than half of what is left.

    Args:
        runner: Runs the scripts.

    Attributes:
        exhausted: What failed so far, and how.
        seconds: What scripts took so far, by the functions that they call.
    """

    def __init__(self, runner: Limited) -> None:
        self._runner = runner
        self.exhausted: dict[str, Failure] = {}
        self.seconds: dict[tuple[str, ...], float] = {}

    @property
    def timed_out(self) -> bool:
        """Whether anything hung."""
        return any(failure.kind == "timeout" for failure in self.exhausted.values())

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        """Run the calls before the first one that is known to fail; one outcome per call."""
        names = [_full_name(script, call) for call in script.calls]
        if used_up := self._runner.used_up:
            never = Failure("unstarted", f"{used_up}{self._most_of_it()}")
            return [Outcome(failure=never) for _ in names]
        started = time.monotonic()
        try:
            return self._run(script, ahead, names)
        finally:
            key = tuple(dict.fromkeys(names))
            self.seconds[key] = self.seconds.get(key, 0.0) + time.monotonic() - started

    @property
    def _fair(self) -> float:
        return max(self._runner.seconds_left / 2, LEAST_SECONDS)

    def _most_of_it(self) -> str:
        """By whom the time was used: the scripts that took most of it, if they took half."""
        spent, by = max(((s, n) for n, s in self.seconds.items()), default=(0.0, ()))
        if spent < sum(self.seconds.values()) / 2 or spent < 1.0:
            return ""
        return f", {spent:.0f} of them by {' and '.join(by)}"

    def _run(self, script: Script, ahead: Iterable[Script], names: list[str]) -> list[Outcome]:
        wall = next((i for i, name in enumerate(names) if name in self.exhausted), None)
        if wall is None:
            outcomes = self._runner.run(script, ahead, self._fair)
            for name, outcome in zip(names, outcomes, strict=True):
                if outcome.failure is not None and outcome.failure.kind in WALLS:
                    self.exhausted[name] = outcome.failure
            return outcomes
        kept = replace(script, calls=script.calls[:wall])
        done = self._runner.run(kept, (), self._fair) if kept.calls else []
        failure = self.exhausted[names[wall]]
        skipped = Failure("skipped", f"not run, because of the call before it: {failure.message}")
        rest = [Outcome(failure=skipped) for _ in names[wall + 1 :]]
        return [*done, Outcome(failure=failure), *rest]


def _full_name(script: Script, call: Call) -> str:
    """The function's name; for a method, with that of what made its object."""
    if call.on is None:
        return call.function
    return f"{_full_name(script, script.calls[call.on.call])}.{call.function}"
