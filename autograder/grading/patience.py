"""A runner that does not run into the same wall twice."""

from __future__ import annotations

from autograder.exercises.script import Call, Failure, Outcome, Runner, Script

WALLS = frozenset({"timeout", "memory", "crash", "exit", "protocol"})
"""Failures that end the process; after each the cells are run again, on the submission's time."""


class Patience:
    """After a function first hung, crashed or filled the memory, its other cases fail at once.

    Its rows are lost by the first failure already. Running into it again on every case would use up
    the time of the other rows.

    Args:
        runner: Runs the scripts.

    Attributes:
        exhausted: What failed so far, and how.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.exhausted: dict[str, Failure] = {}

    @property
    def timed_out(self) -> bool:
        """Whether anything hung."""
        return any(failure.kind == "timeout" for failure in self.exhausted.values())

    def run(self, script: Script) -> list[Outcome]:
        """Run the calls before the first one that is known to fail; one outcome per call."""
        names = [_full_name(script, call) for call in script.calls]
        wall = next((i for i, name in enumerate(names) if name in self.exhausted), None)
        if wall is None:
            outcomes = self._runner.run(script)
            for name, outcome in zip(names, outcomes, strict=True):
                if outcome.failure is not None and outcome.failure.kind in WALLS:
                    self.exhausted[name] = outcome.failure
            return outcomes
        kept = Script(script.seed, script.calls[:wall])
        done = self._runner.run(kept) if kept.calls else []
        failure = self.exhausted[names[wall]]
        skipped = Failure("skipped", f"not run, because of the call before it: {failure.message}")
        rest = [Outcome(failure=skipped) for _ in names[wall + 1 :]]
        return [*done, Outcome(failure=failure), *rest]


def _full_name(script: Script, call: Call) -> str:
    """The function's name; for a method, with that of what made its object."""
    if call.on is None:
        return call.function
    return f"{_full_name(script, script.calls[call.on.call])}.{call.function}"
