"""Name an unknown mistake by the kind of derived slip that gives the same numbers.

Only when every slip that gives these numbers is of one kind.
"""

from collections.abc import Sequence
from typing import Any

from autograder.checks.finding import Explanation, RowResult, Source
from autograder.checks.trial import Trial
from autograder.exercises.fact import fact
from autograder.explain.keys import Seen, counts, keys_of
from autograder.explain.question import Asked, Explained, Outputs
from autograder.explain.slips import PREFIX


def derived_slip(result: RowResult, asked: Asked, outputs: Outputs) -> Explained:
    """The kind of derived slip that gives the very numbers of each output."""
    slips = next((q.slips for q in asked.questions if q.slips is not None), None)
    if slips is None:
        return {}
    public = [t for t in asked.trials if not t.hidden and t.case.name in slips.cases]
    found: Explained = {}
    for output in outputs:
        label = output and slips.label(
            result.id, output, keys_of(seen_in(result.id, output, public))
        )
        if label:
            kind, _, stage = label.partition("@")
            said = fact(f"slip.{kind}")
            if stage:
                said = fact("slip.at_stage", slip=said, stage=stage)
            found[output] = Explanation(Source.LIKE, PREFIX + kind, fact=said)
    return found


def seen_in(row: str, output: str, trials: Sequence[Trial]) -> list[Seen]:
    """What an output was on the cases that count; empty when it was missing on one of them."""
    found: list[Seen] = []
    for trial in trials:
        expected = trial.expectation.outputs.get(row, {}).get(output)
        if expected is None or not counts(trial.case, output):
            continue
        seen = trial.observed.get(row)
        if seen is None or seen.outputs is None:
            return []
        value: Any = seen.outputs[output]
        found.append((trial.case, expected, value))
    return found
