"""Is a backward pass right? A verdict with stated certainty, from a few dozen forward evaluations.

Read the files in this order, each is one idea:

- `directions`   random lines to look along
- `slope`        directional derivatives with an error bar
- `probe`        lines that were measured, and the gradient's projection on them
- `steps`        which step to take
- `certainty`    how sure a few lines make us
- `judge`        pass, fail, or inconclusive, at one input
- `inquiry`      the contract, and other inputs where that one cannot decide
- `localise`     where the error is
- `check`        the questions one can ask, and the numerical gradient of one entry after the other

``evaluate``, ``contract`` and ``report`` carry things from one to the next. The article is
docs/gradcheck.md.
"""

from autograder.numerical.check import (
    Measured,
    check_backward,
    check_gradient,
    numerical_gradient,
    numerical_gradients,
)
from autograder.numerical.report import ArrayReport, GradcheckError, GradientReport

__all__ = [
    "ArrayReport",
    "GradcheckError",
    "GradientReport",
    "Measured",
    "check_backward",
    "check_gradient",
    "numerical_gradient",
    "numerical_gradients",
]
