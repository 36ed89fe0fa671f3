"""A runner that does not wait twice for the same function."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.exercises.script import Call, Failure, Outcome, Runner, Script


class Patience:
    """After a function's first timeout its other cases are not run; they time out at once.

    Args:
        runner: Runs the scripts.

    Attributes:
        exhausted: What timed out so far.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.exhausted: set[str] = set()

    def run(self, script: Script) -> list[Outcome]:
        """Run the calls before the first one that is known to hang; one outcome per call."""
        names = [_full_name(script, call) for call in script.calls]
        stuck = next((i for i, name in enumerate(names) if name in self.exhausted), None)
        if stuck is not None:
            kept = Script(script.seed, script.calls[:stuck])
            done = self._runner.run(kept) if kept.calls else []
            return [*done, *_not_run(names[stuck], len(names) - stuck)]
        outcomes = self._runner.run(script)
        for name, outcome in zip(names, outcomes, strict=True):
            if outcome.failure is not None and outcome.failure.kind == "timeout":
                self.exhausted.add(name)
        return outcomes


def _full_name(script: Script, call: Call) -> str:
    """The function's name; for a method, with that of what made its object."""
    if call.on is None:
        return call.function
    return f"{_full_name(script, script.calls[call.on.call])}.{call.function}"


def _not_run(name: str, count: int) -> Iterator[Outcome]:
    why = f"not run: {name} ran out of time on an earlier case"
    yield Outcome(failure=Failure("timeout", why))
    for _ in range(count - 1):
        yield Outcome(failure=Failure("skipped", why))
