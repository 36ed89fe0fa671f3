"""The V-curve: the error of a difference quotient against its step.

To the right the function bends, to the left rounding grows; in the valley between them a right
gradient agrees. A wrong one has no valley.
"""

from __future__ import annotations

import numpy as np

from autograder.numerical.arguments import Array
from autograder.numerical.evaluate import Evaluator
from autograder.numerical.probe import Point, Probe

POWERS = range(-46, 3, 2)


def v_curve(
    evaluator: Evaluator, point: Point, names: list[str], seed: int
) -> tuple[Array, dict[str, Array]]:
    """Compare central differences along one line per array with the gradients.

    Returns:
        steps: Relative to the size of the arrays.
        errors: Per array the relative difference at each step; NaN where nothing can be said.
    """
    rng, errors = np.random.default_rng(seed), {}
    evaluator.share = evaluator.evaluations + 2 * len(POWERS) * len(names)
    with np.errstate(all="ignore"):
        for i, name in enumerate(names):
            probe = Probe.random(point, rng, [i], 1)
            outputs = probe.outputs(
                evaluator, [(power, side) for power in POWERS for side in (1, -1)]
            )
            above, below = outputs[::2, 0], outputs[1::2, 0]
            steps = 2.0 ** np.array(POWERS)
            slopes = ((above - below) @ point.weights[0]) / (2.0 * steps)
            size = max(float(probe.sizes[0, i]), float(np.nanmedian(np.abs(slopes))))
            errors[name] = np.abs(slopes - probe.projection[0, 0]) / (size or np.nan)
    return 2.0 ** np.array(POWERS), errors
