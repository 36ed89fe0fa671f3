"""Which step to try next along a line.

Too long a step bends and meets kinks, too short a step drowns in rounding. Both have a bar of their
own (`slope`), so the longer bar tells which way to go. Every output keeps the step that suits it.
"""

from __future__ import annotations

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
    history = [_worst(probe)[2]]
    for _ in range(tries):
        k, line, bar = _worst(probe)
        size = np.maximum(probe.total, np.abs(probe.value))
        if (probe.residual > np.maximum(16.0 * probe.bar, 16.0 * tolerance * size)).any():
            break  # a gradient that is off by many bars is off at every better step too
        patience = 2 if on_a_kink(probe, k, line) else 3
        stuck = len(history) >= patience and not history[-1] < 0.6 * history[-patience]
        if bar <= goal or (probe.bar <= enough).all() or stuck or _drowned(probe, k, line):
            break
        better = next_power(probe, k, line, goal)
        if better is None or not probe.measure(evaluator, better):
            break
        history.append(_worst(probe)[2])
    return True


def next_power(probe: Probe, k: int, line: int, goal: float) -> int | None:
    """Propose a step that would shorten the longest bar; None when there is none left."""
    chosen = probe.chosen[line]
    value, bend, jump, rounding = np.abs(probe.terms[k, :, line])
    weight = bend + jump + rounding
    bends = bend + jump
    weight = np.where(np.isfinite(weight), weight, 1e75)
    per_step = [_norm(weight[chosen == r]) for r in range(len(probe.slopes))]
    worst = int(np.argmax(per_step))
    mine = chosen == worst
    bent = _norm(bends[mine])
    noisy = max(_norm(rounding[mine]), float(probe.rounding[k, line]))
    here = probe.slopes[worst].power
    powers = [slope.power for slope in probe.slopes]
    shorter = max((p for p in powers if p < here), default=None)
    longer = min((p for p in powers if p > here), default=None)
    excess = _worst(probe)[2] / goal
    aim = goal * _telling(probe, k)
    loud = np.abs(probe.point.weights[k])
    worse = [
        _norm(loud[mine] * slope.bar[line, mine])
        for slope in probe.slopes
        if slope.power == shorter
    ]
    # Noise grows as the step shrinks; what bends or jumps does not.
    if bent <= 16.0 * noisy or any(not w < 4.0 * per_step[worst] for w in worse):
        if longer is not None and excess <= 256.0:
            return None  # more lines gain more than a better step between the two
        most = 2.0**8 if here <= first_power(probe.point.epsilon) else 2.0**12
        return _between(here, longer, here + _log2(max(8.0, min(most, excess))))
    change = -9  # kinks: the fewer the shorter the step
    if _norm(value[bends > 1e-6 * value]) > 0.5 * _norm(value):
        # Kinks everywhere, as in a loss: go where few lines meet one, and where rounding still
        # leaves each line something to say.
        change = int(np.clip(_log2(noisy / (64.0 * aim)), -18, -6)) if noisy and aim else -9
    if np.isfinite(bent) and not on_a_kink(probe, k, line):
        # The bar falls with the fourth power of the step, until rounding is as large.
        wish = max(0.5 * (aim / bent) ** 0.25, (8.0 * noisy / bent) ** 0.2, 1e-9)
        change = -_log2(max(4.0, min(64.0, 1.0 / wish)))
    return _between(here, shorter, here + change)


def on_a_kink(probe: Probe, k: int, line: int) -> bool:
    """Whether kinks make up a good part of the bar."""
    jump, bend = 2.0 * probe.jump[k, line], probe.smooth[k, line]
    return bool(jump > max(0.25 * bend, 16.0 * probe.rounding[k, line]))


def _drowned(probe: Probe, k: int, line: int) -> bool:
    """Whether rounding hides the whole gradient even at a long step."""
    tried = max(slope.power for slope in probe.slopes)
    return bool(tried >= -2 and probe.sizes[k].max() <= probe.rounding[k, line])


def _between(here: int, neighbour: int | None, wish: int) -> int | None:
    """Go to ``wish``, unless a step beyond was tried already: then half-way there."""
    if neighbour is not None:
        ratio = neighbour - here
        return here + int(ratio / 2.0) if abs(ratio) >= 2 else None
    return wish if SHORTEST <= wish <= LONGEST else None


def _telling(probe: Probe, k: int) -> float:
    """The smallest gradient that need not be looked at without the large ones."""
    sizes = probe.sizes[k]
    telling = sizes[sizes > sizes.max() * 2.0**-4]
    return float(telling.min()) if telling.size else UNSEEN


def _worst(probe: Probe) -> tuple[int, int, float]:
    """The upstream and the line with the longest bar for its size, and that ratio."""
    telling = np.array([_telling(probe, k) for k in range(len(probe.sizes))])
    relative = probe.bar / telling[:, None]
    k, line = divmod(int(np.argmax(relative)), probe.lines)
    return k, line, float(relative[k, line])


def _log2(ratio: float) -> int:
    return math.ceil(math.log2(ratio))


def _norm(values: np.ndarray) -> float:
    return float(np.sqrt(values @ values))
