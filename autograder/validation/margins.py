"""Margins: how far the reference itself stays below every tolerance, over many seeds.

Each seed's cases are compared with the same computation after last-bit noise of the input, which is
about what another correct implementation, another BLAS or another processor may differ by.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from autograder.checks.compare import Expected, difference
from autograder.checks.expected import Expectation, expect, noisy
from autograder.exercises.cases import make_cases
from autograder.exercises.exercise import Exercise, Observed
from autograder.exercises.inputs import Array
from autograder.exercises.script import Runner

STEPS = (10.0, 100.0, 1000.0, 1e4, 1e5)


def headroom(exercise: Exercise, reference: Runner, seeds: int) -> float:
    """By what power of ten every tolerance could shrink before the reference failed itself.

    Returns:
        The largest of 1, 10, 100 … 1e5 at which no output of any case would fail; 1 means that
        there is no margin at all. Random exercises have no such margin and give infinity.
    """
    if exercise.random or not exercise.functions:
        return math.inf
    reached = STEPS[-1]
    if not any(isinstance(declared, Array) for declared in exercise.inputs.values()):
        return reached  # numbers that are given move nothing
    for seed in range(seeds):
        for case in make_cases(exercise, f"margin {seed}")[:-1]:
            if case.tie:
                continue
            expectation = expect(exercise, case, reference, noises=())
            moved = noisy(exercise, expectation.case, 7)
            script = exercise.script(moved).unwatched()
            observed = exercise.observe(moved, reference.run(script))
            pairs = _pairs(exercise, expectation, observed)
            if any(difference(*pair, strictness=reached) is not None for pair in pairs):
                expectation = expect(exercise, case, reference)  # with slack, for two runs more
                reaches = (_reach(*pair) for pair in _pairs(exercise, expectation, observed))
                reached = min(reached, *reaches)
    return reached


def _pairs(
    exercise: Exercise, expectation: Expectation, observed: Mapping[str, Observed]
) -> Iterator[tuple[object, Expected]]:
    """Of every output that is no random number: what was seen, and what is expected."""
    for row, outputs in expectation.outputs.items():
        seen = observed[row].outputs or {}
        for name in outputs.keys() - exercise.drawn:
            yield seen[name], outputs[name]


def _reach(got: object, expected: Expected) -> float:
    """The largest factor by which the tolerance can shrink and still accept `got`.

    The slack is no tolerance but measured noise times a safety, and most of what there is in
    float32 and after cancellation: of it, half must do for noise that it was not measured on.
    """
    for step in reversed(STEPS):  # what holds at one, holds at all below
        halved = replace(expected, slack=expected.slack * step / 2)
        if difference(got, halved, strictness=step) is None:
            return step
    return 1.0
