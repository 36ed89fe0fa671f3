"""Kink detection: what the even part of a function along a line gives away.

Along a line t -> y(x + t·v), the even part E(h) = (y(h) + y(-h) - 2·y(0)) / h of a smooth function
vanishes as h shrinks. Across a kink at 0 it does not: it tends to the jump of the slope. A central
difference alone cannot see this: at ReLU(0) it returns 1/2, calmly, at every step.
"""

from __future__ import annotations

import numpy as np

from autograder.gradcheck.arguments import Array


def slope_jump(base: Array, plus: Array, minus: Array, step: float) -> Array:
    """Estimate, per output, by how much the slope jumps between one side of 0 and the other.

    A smooth even part is E(h) = a1·h + a3·h³ + a5·h⁵ + ...; three steps remove a1 and a3, what is
    left is the limit for h -> 0.

    Args:
        base: Values at 0, shape (n,).
        plus: Values at step, step/2 and step/4, shape (3, n).
        minus: Values at the same distances on the other side, shape (3, n).
        step: The largest of the three steps.

    Returns:
        The jump, shape (n,): D₊ - D₋, up to the order h⁵.

    Example:
        >>> t = np.array([[1.0], [0.5], [0.25]])
        >>> slope_jump(np.zeros(1), np.maximum(t, 0), np.maximum(-t, 0), 1.0)
        array([1.])
    """
    steps = step * np.array([[1.0], [0.5], [0.25]])
    even = ((plus - base) + (minus - base)) / steps
    return np.asarray((even[0] - 10.0 * even[1] + 16.0 * even[2]) / 7.0)
