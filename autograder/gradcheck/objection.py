"""A line objects: is the gradient wrong, or did the line mislead?

An error bar can be too short where a function has structure much finer than the step. So nobody
is blamed before the objection has come again at a much shorter step, on fresh lines that move one
array each, and on a line with steps in proportion to each entry (or, for entries next to nothing,
on a line that moves these alone). The gradient's own rounding errors are allowed for, and a
gradient that consists of nothing else is not judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from autograder.gradcheck.directions import entry_scale, tiny_scale
from autograder.gradcheck.evidence import Evidence
from autograder.gradcheck.lines import Line, measure
from autograder.gradcheck.steps import first_step, refine, telling_steps

SHORTEST = 2.0**-26
ROUGH = 2.0**-13


@dataclass
class Accusation:
    """The outcome.

    Attributes:
        guilty: Arrays whose gradients are wrong, each with a line of its own that objects.
        suspected: Arrays that remain under suspicion.
        kinked: The lines crossed kinks, where correct backwards may differ.
        gross: The error is so large that rough slopes show it.
    """

    guilty: dict[int, Line] = field(default_factory=dict)
    suspected: set[int] = field(default_factory=set)
    kinked: bool = False
    gross: bool = False


def examine(
    evidence: Evidence, rng: np.random.Generator, lines: Sequence[Line]
) -> Accusation | None:
    """Look again, array by array.

    Args:
        evidence: Everything measured at this point.
        rng: Where fresh directions come from.
        lines: The lines just measured, of which some object.

    Returns:
        None when the objection is explained by rounding errors in the gradient.
    """
    evaluator, point = evidence.evaluator, evidence.point
    if not any(evidence.certainly_objects(line) for line in lines):
        if evidence.moved is None and evidence.tremble is not None and evidence.affords_tremble():
            evidence.moved = evidence.tremble(1.0)
        lines = [line for line in lines if evidence.objects(line)]
        if not lines:
            return None
    first = max((line for line in lines if evidence.objects(line)), key=evidence.difference)
    plan = telling_steps(first)
    arrays = [i for i in evidence.every if first.moves(i)]
    readings = [r for r in evidence.readings(first) if r.objects()]
    kinked = any(r.kinked > max(1e-3 * r.difference, 16.0 * r.rounding) for r in readings)
    size = max(float(np.linalg.norm(evidence.readings(first)[0].sizes)), 1e-300)
    result = Accusation({}, set(arrays), kinked, evidence.difference(first) > 1e-3 * size)
    if not evidence.shake():
        return result
    arrays = [i for i in arrays if not evidence.noisy(i)]
    short = _short_step(evidence, first)
    if (
        not arrays
        or not measure(evaluator, point, [first], [short], rough=True)
        or not evidence.objects(first)
    ):
        return result
    own = _own_lines(evidence, rng, arrays, plan, result.gross, evidence.difference(first))
    guilty = [i for i in arrays if own[i].slopes and evidence.objects(own[i])]
    if not guilty and result.gross:
        result.gross = False
        own = _own_lines(evidence, rng, arrays, plan, False, evidence.difference(first))
        guilty = [i for i in arrays if own[i].slopes and evidence.objects(own[i])]
    if not guilty:
        return result
    enough = max(evidence.difference(own[i]) for i in guilty) / 32.0
    for scaling, steps in ((entry_scale, plan), (tiny_scale, ())):
        again = Line.random(rng, point.arrays, guilty, scaling)
        if any(again.moves(i) for i in guilty):
            refine(evaluator, point, [again], lambda line: enough, steps, tries=3)
        if again.slopes and evidence.objects(again):
            break
    if again.slopes and evidence.objects(again):
        result.guilty = {i: own[i] for i in guilty}
        result.suspected -= set(arrays)
    else:
        result.suspected = {i for i in result.suspected if i in guilty or i not in arrays}
    return result


def _own_lines(
    evidence: Evidence,
    rng: np.random.Generator,
    arrays: Sequence[int],
    plan: Sequence[float],
    gross: bool,
    difference: float,
) -> dict[int, Line]:
    """A fresh line for each array, measured roughly when the error is gross."""
    evaluator, point = evidence.evaluator, evidence.point
    own = {i: Line.random(rng, point.arrays, [i]) for i in arrays}
    lines = list(own.values())
    if gross and len(arrays) > 1:
        step = min(min(plan), ROUGH * first_step(point.epsilon) / first_step(0.0))
        measure(evaluator, point, lines, [step] * len(lines), rough=True)
    else:
        refine(evaluator, point, lines, lambda line: difference / 32.0, plan, tries=2)
    return own


def _short_step(evidence: Evidence, line: Line) -> float:
    """The shortest step at which rounding would still leave the objection standing."""
    reading = max(evidence.readings(line), key=lambda r: r.difference / (r.bar or 1e-300))
    step = min(s.step for s in line.slopes)
    if not np.isfinite(reading.rounding) or reading.difference == 0:
        return step
    shortest = 64.0 * reading.rounding * step / reading.difference
    if shortest == 0 or not np.isfinite(shortest):
        return max(SHORTEST, step * 2.0**-12)
    return float(np.clip(2.0 ** math.ceil(math.log2(shortest)), min(SHORTEST, step), step))
