"""Derived slips, as data: small slips that the course made in its own answers, automatically.

It keeps of each a key of what comes out (`keys.py`), with its kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.explain.keys import split

PREFIX = "slip:"

KINDS = (
    "sign", "lost_term", "lost_factor", "inverse", "power", "number", "factor", "mean_for_sum",
    "sum_for_mean", "lost_sum", "axis", "transpose", "wrong_name", "comparison", "function",
    "assignment_for_accumulation", "lost_statement", "lost_part", "order", "off_by_one",
)  # fmt: skip
"""The kinds of slip; `feedback.say` has a sentence for each, under `slip.<kind>`."""

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
        cases: Names of the cases on which the keys were taken: others say nothing of them.
        made_from: A digest of that from which they were derived, the cases apart.
    """

    rows: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    cases: frozenset[str] = frozenset()
    made_from: str = ""

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
