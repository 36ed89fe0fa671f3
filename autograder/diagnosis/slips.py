"""Derived slips: name an unknown mistake by the kind of slip that gives the same numbers.

The course makes small slips in its own answers, automatically, and keeps of each a key of what
comes out (`keys.py`) with its kind. They are asked last: only for an output for which neither a
known mistake nor a general hypothesis was found, and only when every slip that gives these numbers
is of one kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.diagnosis.keys import Seen, counts, keys_of, split

PREFIX = "slip:"

_SAME = "On the public cases the numbers are exactly what comes out when "

KINDS: dict[str, str] = {
    "sign": "one sign on the way is the wrong one: a + for a -, a minus that is lost or too many. "
    "Go through the signs one by one.",
    "lost_term": "one term of a sum is left out. Count the paths that lead here: each of them "
    "adds a term.",
    "lost_factor": "one factor on the way is left out. By the chain rule each step multiplies by "
    "its own derivative: which one is not there?",
    "inverse": "it is multiplied somewhere where it should be divided, or the other way round.",
    "power": "a power on the way is another one: a square or a root that is lost or too many, or "
    "an exponent that is off.",
    "number": "a number on the way is another one: a 2 or a half that is lost, counted twice, or "
    "not the right constant.",
    "factor": "one factor on the way is wrong: it is left out, is there twice, divides where it "
    "should multiply, or is another number.",
    "mean_for_sum": "the mean is taken somewhere where a sum belongs: a division by the number of "
    "examples (or entries) too many.",
    "sum_for_mean": "a sum is taken somewhere where the mean belongs: a division by the number of "
    "examples (or entries) is missing.",
    "lost_sum": "one sum is left out. What was broadcast on the way forward is summed on the way "
    "back.",
    "axis": "a sum, a mean or a maximum runs along another axis. Write the shapes beside each "
    "line.",
    "transpose": "a matrix on the way is transposed, or the two sides of an @ have changed places. "
    "Write the shapes beside each line.",
    "wrong_name": "one variable stands where another belongs: two that have changed places, or "
    "one that was taken for its neighbour.",
    "comparison": "one comparison is the other way round, or a True stands where a False belongs.",
    "function": "one function on the way is left out, or another one stands in its place.",
    "assignment_for_accumulation": "a = stands where a += belongs, so that only the last "
    "contribution is left.",
    "lost_statement": "one statement, or one argument of a call, is left out.",
    "lost_part": "one contribution is left out: a term of a sum, a += that became a =, or a "
    "whole line.",
    "order": "a loop runs in the other direction.",
    "off_by_one": "an index, or the end of a loop, is off by one. Try it by hand with two steps.",
}
"""Kind of slip -> what is said of it, after "exactly what comes out when"."""

_UNIONS: tuple[tuple[str, frozenset[str]], ...] = (
    ("factor", frozenset({"lost_factor", "inverse", "power", "number", "factor"})),
    ("lost_part", frozenset({"lost_term", "assignment_for_accumulation", "lost_statement"})),
)


def common(kinds: Iterable[str]) -> str | None:
    """The one kind that is true of all slips that give the same numbers; None when there is none.

    Example:
        >>> common({"sign"}), common({"inverse", "power"}), common({"axis", "order"})
        ('sign', 'factor', None)
    """
    found = frozenset(kinds)
    if len(found) == 1:
        return next(iter(found))
    return next((name for name, parts in _UNIONS if found <= parts), None)


@dataclass(frozen=True)
class Slips:
    """The derived slips of one exercise, as keys.

    Args:
        rows: Row id -> output -> label -> keys, one after the other. A label is a kind, or
            `kind@variable` where all slips with the key lie in the computation of that stage.
    """

    rows: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def label(self, row: str, output: str, keys: Sequence[str]) -> str | None:
        """The label of an output that may have these keys; None when there is not exactly one."""
        known = self._labels.get((row, output), {})
        found = {known[key] for key in keys if key in known}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def _labels(self) -> dict[tuple[str, str], dict[str, str]]:
        return {
            (row, output): {key: label for label, keys in labels.items() for key in split(keys)}
            for row, outputs in self.rows.items()
            for output, labels in outputs.items()
        }


def slipped(result: RowResult, trials: Sequence[Trial], slips: Slips | None) -> RowResult:
    """Name the slip that explains an output for which nothing else was found."""
    nameless = {
        f.output for f in result.findings if f.costs and f.output is not None and not f.mistake
    }
    if slips is None or not nameless:
        return result
    public = [trial for trial in trials if not trial.hidden]
    labels = {
        output: slips.label(result.id, output, keys_of(seen_in(result.id, output, public)))
        for output in nameless
    }

    def told(finding: Finding) -> Finding:
        label = labels.get(finding.output or "") if finding.costs and not finding.mistake else None
        if label is None or finding.advice:
            return finding
        kind, _, stage = label.partition("@")
        where = f" It lies where {stage} is computed." if stage else ""
        advice = f"{_SAME}{KINDS[kind]}{where}"
        return replace(finding, mistake=PREFIX + kind, advice=advice)

    return result.with_findings(tuple(told(finding) for finding in result.findings))


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
