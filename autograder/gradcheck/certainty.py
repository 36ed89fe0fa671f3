"""How sure a few lines make us: a small-ball bound.

Let e be the error of a gradient, and v a direction whose entries are independent with a density of
at most 1/2 each (`directions`). The density of the projection ⟨v, e⟩ is then at most √2 · 1/2 / ‖e‖
(Rogozin: uniform entries are the worst case; Ball: the largest section of a cube is √2), so

    P(|⟨v, e⟩| ≤ t) ≤ √2 · t / ‖e‖.

An error of relative size τ that went unseen on several independent lines was unlucky on each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

MARGINS = (2.0, 8.0)


class Agreement(NamedTuple):
    """What one line says about one gradient.

    Attributes:
        difference: |numerical slope - ⟨v, G⟩|.
        bar: Error bar of the numerical slope, rounding of G included.
        size: Size ‖s∘G‖ of the gradient of the array in question along such lines.
    """

    difference: float
    bar: float
    size: float


def miss_probability(agreements: Sequence[Agreement], tolerance: float) -> float:
    """Bound the chance that all lines agree although the relative error is ``tolerance`` or more.

    Thresholds are 2 or 8 error bars, the same on all lines; as the better of the two is taken, its
    probability counts twice.

    Example:
        >>> miss_probability([Agreement(1e-13, 1e-12, 1.0)] * 2, tolerance=1e-6) < 1e-10
        True
    """
    return min((p for p, _ in _products(agreements, tolerance)), default=1.0)


def certified_error(agreements: Sequence[Agreement], probability: float) -> float:
    """The smallest relative error that is excluded up to ``probability``; inf if none is."""
    low, high = -40.0, 3.0  # exponents of two bracket the answer: certify from above
    if miss_probability(agreements, 2.0**high) > probability:
        return math.inf
    if miss_probability(agreements, 2.0**low) <= probability:
        return 2.0**low
    for _ in range(30):
        middle = (low + high) / 2.0
        if miss_probability(agreements, 2.0**middle) <= probability:
            high = middle
        else:
            low = middle
    return float(2.0**high)


def _products(agreements: Sequence[Agreement], tolerance: float) -> list[tuple[float, float]]:
    found = []
    for margin in MARGINS:
        if not agreements or any(not a.difference <= margin * a.bar for a in agreements):
            continue
        product = 2.0
        for a in agreements:
            room = (margin + 1.0) * a.bar  # the slope itself may be off by a bar
            error = tolerance * a.size
            product *= min(1.0, math.sqrt(2.0) * room / error) if error > 0 else float(room > 0)
        found.append((product, margin))
    return found
