"""Which step to try next along a line.

Too long a step bends and meets kinks, too short a step drowns in rounding. Both have a bar of their
own (`slope`), so the longer bar tells which way to go. Every output keeps the step that suits it.
"""

import math
from collections.abc import Sequence

import numpy as np

from autograder.numerical.evaluate import Evaluator
from autograder.numerical.probe import Probe

LONGEST, SHORTEST = 30, -44
UNSEEN = 2.0**-30  # a gradient of zeros is looked at as closely as one of this size


def first_power(epsilon: float) -> int:
    """2⁻¹⁰ in double precision, longer where numbers are coarser."""
    return -10 if epsilon < 1e-12 else -3 if epsilon < 1e-5 else -1


def refine(
    evaluator: Evaluator,
    probe: Probe,
    goal: float,
    tolerance: float,
    plan: Sequence[int] = (),
    tries: int = 5,
    enough: np.ndarray | float = 0.0,
) -> bool:
    """Measure a probe, and measure it again at better steps until its bars are short enough.

    Args:
        evaluator: Counts and limits the evaluations.
        probe: The lines.
        goal: The relative error bar to aim at.
        tolerance: An error clearly above this needs no shorter bar.
        plan: Steps to begin with, as powers of two; by default one good guess.
        tries: Rounds after the first.
        enough: Error bars, shape (k, 1), that are short enough in any case.

    Returns:
        Whether anything was measured.
    """
    for power in plan or [first_power(probe.point.epsilon)]:
        if not probe.measure(evaluator, power):
            break
    if not probe.slopes:
        return False
    history: list[float] = []
    for _ in range(tries):
        k, line, bar = _worst(probe)
        history.append(bar)
        size = np.maximum(probe.total, np.abs(probe.value))
        if (probe.residual > np.maximum(16.0 * probe.bar, 16.0 * tolerance * size)).any():
            break  # a gradient that is off by many bars is off at every better step too
        patience = 2 if on_a_kink(probe, k, line) else 3
        stuck = len(history) >= patience and not history[-1] < 0.6 * history[-patience]
        drowned = probe.sizes[k].max() <= probe.rounding[k, line]
        hidden = drowned and max(slope.power for slope in probe.slopes) >= -2
        if bar <= goal or (probe.bar <= enough).all() or stuck or hidden:
            break
        better = _next_power(probe, k, line, bar / goal)
        if better is None or not probe.measure(evaluator, better):
            break
    return True


def _next_power(probe: Probe, k: int, line: int, excess: float) -> int | None:
    """Propose a step that would shorten the longest bar; None when there is none left."""
    bends = np.abs(probe.terms[k, 1, line]) + np.abs(probe.terms[k, 2, line])
    rounding = np.abs(probe.terms[k, 3, line])
    weight = np.where(np.isfinite(bends), bends, 1e75) + rounding
    chosen = probe.chosen[line]
    worst = int(np.argmax([_norm(weight[chosen == r]) for r in range(len(probe.slopes))]))
    mine = chosen == worst
    noisy = max(_norm(rounding[mine]), float(probe.rounding[k, line]))
    here, powers = probe.slopes[worst].power, [slope.power for slope in probe.slopes]
    if _norm(bends[mine]) <= 16.0 * noisy:  # noise grows as the step shrinks; the rest doesn't
        tried = min((power for power in powers if power > here), default=None)
        if tried is not None:
            return _between(here, tried) if excess > 256.0 else None
        longer = here + math.ceil(math.log2(max(8.0, min(2.0**8, excess))))
        return longer if longer <= LONGEST else None
    # Kinks: the fewer the shorter the step. A smooth bar falls with the fourth power of the step.
    smooth = np.isfinite(bends[mine]).all() and not on_a_kink(probe, k, line)
    tried = max((power for power in powers if power < here), default=None)
    if tried is not None:
        return _between(here, tried)
    shorter = here - (3 if smooth else 9)
    return shorter if shorter >= SHORTEST else None


def _between(here: int, tried: int) -> int | None:
    return (here + tried) // 2 if abs(here - tried) >= 2 else None


def on_a_kink(probe: Probe, k: int, line: int) -> bool:
    """Whether kinks make up a good part of the bar."""
    jump, bend = 2.0 * probe.jump[k, line], probe.smooth[k, line]
    return bool(jump > max(0.25 * bend, 16.0 * probe.rounding[k, line]))


def _worst(probe: Probe) -> tuple[int, int, float]:
    """The upstream and the line with the longest bar for its size, and that ratio.

    The size is that of the smallest gradient that need not be looked at without the large ones.
    """
    sizes = probe.sizes
    telling = (sizes > sizes.max(axis=1, keepdims=True) * 2.0**-4) & (sizes > 0.0)
    smallest = np.where(telling, sizes, np.inf).min(axis=1, keepdims=True)
    relative = probe.bar / np.where(np.isfinite(smallest), smallest, UNSEEN)
    k, line = divmod(int(np.argmax(relative)), probe.lines)
    return k, line, float(relative[k, line])


def _norm(values: np.ndarray) -> float:
    return float(np.sqrt(values @ values))
