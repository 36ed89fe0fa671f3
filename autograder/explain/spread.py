"""Random weights whose deviation is another one: the formula in the sizes that gives it."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np

from autograder.checks.finding import Check, Explanation, RowResult, Source
from autograder.checks.moments import DEVIATIONS
from autograder.exercises.arrays import as_array
from autograder.exercises.fact import fact
from autograder.explain.question import Asked


def other_spread(
    result: RowResult, asked: Asked, outputs: Set[str | None]
) -> dict[str | None, Explanation]:
    """The one formula that gives the deviation of what is drawn, in every case."""
    wrong = {f.output for f in result.findings if f.check is Check.MOMENTS} & outputs
    told: dict[str | None, Explanation] = {}
    for name in wrong & set(asked.exercise.drawn):
        fitting: set[str] | None = None
        for trial in asked.on(result.id, name or ""):
            seen = trial.observed[result.id].outputs
            got = as_array(seen[name]) if seen is not None and name else None
            sizes = {n: v for n, v in trial.case.inputs.items() if type(v) is int}
            if got is None or not sizes or got.size < 2:
                fitting = set()
                break
            spread, room = float(got.std()), DEVIATIONS / np.sqrt(2 * got.size)
            formulas = _formulas(sizes).items()
            here = {text for text, value in formulas if abs(spread - value) <= room * value}
            fitting = here if fitting is None else fitting & here
        if fitting and len(fitting) == 1:
            said = fact("like.spread", formula=fitting.pop())
            told[name] = Explanation(Source.LIKE, "spread", fact=said)
    return told


def _formulas(sizes: Mapping[str, int]) -> dict[str, float]:
    """What may have been written for the deviation.

    Example:
        >>> sorted(_formulas({"n": 4}))
        ['1', '1/n', '2/n', '√(1/n)', '√(2/n)']
    """
    counts: dict[str, int] = dict(sizes)
    if len(sizes) > 1:
        counts[f"({' + '.join(sizes)})"] = sum(sizes.values())
    found = {"1": 1.0}
    for name, size in counts.items():
        for above in (1, 2):
            found[f"{above}/{name}"] = above / size
            found[f"√({above}/{name})"] = (above / size) ** 0.5
    return found
