"""Which step to try next along a line.

Too long a step bends and meets kinks, too short a step drowns in rounding. Both have a bar of their
own (`slope`), so the longer bar tells which way to go. Every output keeps the step that suits it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from autograder.gradcheck.evaluate import Evaluator
from autograder.gradcheck.lines import Line, Point, Reading, measure, read
from autograder.gradcheck.slope import merge

LONGEST, SHORTEST = 2.0**30, 2.0**-44


def first_step(epsilon: float) -> float:
    """2⁻¹⁰ in double precision, longer where numbers are coarser."""
    return 2.0**-10 if epsilon < 1e-12 else 2.0**-3 if epsilon < 1e-5 else 2.0**-1


def refine(
    evaluator: Evaluator,
    point: Point,
    lines: Sequence[Line],
    wanted: Callable[[Line], float],
    plan: Sequence[float] = (),
    tries: int = 5,
) -> None:
    """Measure lines, and measure them again at better steps until their bars are short enough.

    Args:
        evaluator: Counts and limits the evaluations.
        point: Where the lines start.
        lines: Lines to measure; all their evaluations of one round go in one batch. A line that
            was measured before is only improved.
        wanted: The error bar to aim at; it may change with what is learnt of the precision.
        plan: Steps to begin with, in one batch; by default one good guess.
        tries: Rounds after the first.
    """
    new = [line for line in lines if not line.slopes]
    plan = list(plan) or [first_step(point.epsilon)]
    if not measure(evaluator, point, new * len(plan), [step for step in plan for _ in new]):
        return
    bars = [[_longest_bar(line, point)] for line in lines]
    for _ in range(tries):
        if any(_clearly_off(line, point) for line in lines):
            return
        moves = []
        for line, history in zip(lines, bars):
            goal = wanted(line)
            patience = 2 if on_a_kink(line, point) else 3
            stuck = len(history) >= patience and not history[-1] < 0.6 * history[-patience]
            if history[-1] > goal and not stuck and not _drowned(line, point):
                step = next_step(line, point, goal)
                if step is not None:
                    moves.append((line, step, history))
        if not moves or not measure(evaluator, point, [m[0] for m in moves], [m[1] for m in moves]):
            return
        for line, _, history in moves:
            history.append(_longest_bar(line, point))


def next_step(line: Line, point: Point, goal: float) -> float | None:
    """Propose a step that would shorten the longest bar; None when there is none left."""
    k, reading = _worst(line, point)
    upstream = point.upstreams[k]
    best, chosen = merge(line.slopes)
    with np.errstate(invalid="ignore", over="ignore"):
        weight = np.where(upstream != 0, np.abs(upstream) * best.bar, 0.0)
        bends = np.where(
            upstream != 0, np.abs(upstream) * (np.abs(best.bend) + np.abs(best.jump)), 0.0
        )
    weight = np.where(np.isfinite(weight), weight, np.finfo(float).max ** 0.25)
    per_step = [float(np.linalg.norm(weight[chosen == r])) for r in range(len(line.slopes))]
    worst = int(np.argmax(per_step))
    mine = chosen == worst
    bent = float(np.linalg.norm(bends[mine]))
    noisy = max(float(np.linalg.norm((upstream * best.rounding)[mine])), reading.rounding)
    here = line.slopes[worst].step
    goal = max(goal, 1e-300)
    excess = _longest_bar(line, point) / goal
    shorter = max((s.step for s in line.slopes if s.step < here), default=None)
    longer = min((s.step for s in line.slopes if s.step > here), default=None)
    worse = [
        float(np.linalg.norm((upstream * slope.bar)[mine & (upstream != 0)]))
        for slope in line.slopes
        if slope.step == shorter
    ]
    # Noise grows as the step shrinks; what bends or jumps does not.
    if bent <= 16.0 * noisy or any(not w < 4.0 * per_step[worst] for w in worse):
        if longer is not None and excess <= 256.0:
            return None  # more lines gain more than a better step between the two
        most = 2.0**8 if here <= first_step(point.epsilon) else 2.0**12
        factor = 2.0 ** math.ceil(math.log2(max(8.0, min(most, excess))))
        return _between(here, longer, here * factor)
    factor = 2.0**-9  # kinks: the fewer the shorter the step
    if float(
        np.linalg.norm((upstream * best.value)[bends > 1e-6 * np.abs(upstream * best.value)])
    ) > (0.5 * float(np.linalg.norm(upstream * best.value))):
        # Kinks everywhere, as in a loss: go where few lines meet one, and where rounding still
        # leaves each line something to say.
        factor = float(2.0 ** np.ceil(np.log2(np.clip(noisy / (64.0 * goal), 2.0**-18, 2.0**-6))))
    if np.isfinite(bent) and not on_a_kink(line, point):
        # The bar falls with the fourth power of the step, until rounding is as large.
        wish = max(0.5 * (goal / bent) ** 0.25, (8.0 * noisy / bent) ** 0.2)
        factor = 2.0 ** -math.ceil(math.log2(max(4.0, min(64.0, 1.0 / wish))))
    return _between(here, shorter, here * factor)


def telling_steps(line: Line) -> list[float]:
    """The steps of a line that some output was best served by."""
    _, chosen = merge(line.slopes)
    return [slope.step for r, slope in enumerate(line.slopes) if np.any(chosen == r)]


def _clearly_off(line: Line, point: Point) -> bool:
    """A gradient that is off by many bars is off at every better step too."""
    readings = [read(line, point, k) for k in range(len(point.upstreams))]
    return any(r.difference > 16.0 * r.bar for r in readings)


def _drowned(line: Line, point: Point) -> bool:
    """Whether rounding hides the whole gradient even at a long step."""
    _, reading = _worst(line, point)
    tried = max(slope.step for slope in line.slopes)
    return tried >= 0.25 and max(reading.sizes) <= reading.rounding


def on_a_kink(line: Line, point: Point) -> bool:
    """Whether kinks make up a good part of the bar."""
    _, reading = _worst(line, point)
    return reading.kinked > max(0.25 * reading.smooth, 16.0 * reading.rounding)


def _between(here: float, neighbour: float | None, wish: float) -> float | None:
    """Go to ``wish``, unless a step beyond was tried already: then half-way there."""
    if neighbour is not None:
        ratio = math.log2(neighbour / here)
        if abs(ratio) < 2.0:
            return None
        return float(here * 2.0 ** math.trunc(ratio / 2.0))
    return wish if SHORTEST <= wish <= LONGEST else None


def _worst(line: Line, point: Point) -> tuple[int, Reading]:
    """The upstream gradient whose reading has the longest bar for its size, and the reading."""
    readings = [read(line, point, k) for k in range(len(point.upstreams))]
    relative = [r.bar / (float(np.linalg.norm(r.sizes)) or 1.0) for r in readings]
    k = int(np.argmax(relative))
    return k, readings[k]


def _longest_bar(line: Line, point: Point) -> float:
    """The longest bar, scaled to what it would be with the first upstream gradient."""
    k, reading = _worst(line, point)
    if k == 0:
        return reading.bar
    first = float(np.linalg.norm(read(line, point, 0).sizes))
    return reading.bar * (first or 1.0) / (float(np.linalg.norm(reading.sizes)) or 1.0)
