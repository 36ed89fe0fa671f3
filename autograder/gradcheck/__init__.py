"""Is a backward pass right? A verdict with stated certainty, from a few dozen forward evaluations.

Read the files in this order, each is one idea:

- `directions`   random lines to look along
- `kinks`        what the even part of a function tells
- `slope`        a slope with an error bar
- `steps`        which step to take
- `certainty`    how sure a few lines make us
- `evidence`     what the lines say together
- `objection`    when an objection is believed
- `verdict`      pass, fail, or inconclusive, at one input
- `inquiry`      the contract, and other inputs where that one cannot decide
- `localise`     where the error is
- `check`        the two questions one can ask
- `elementwise`  the numerical gradient of one entry after the other

``arguments``, ``evaluate``, ``contract``, ``upstreams``, ``lines``, ``summary`` and ``report``
carry things from one to the next. The article is docs/gradcheck.md.
"""

from autograder.gradcheck.check import check_backward, check_gradient
from autograder.gradcheck.elementwise import numerical_gradient
from autograder.gradcheck.report import ArrayReport, GradcheckError, GradientReport

__all__ = [
    "ArrayReport",
    "GradcheckError",
    "GradientReport",
    "check_backward",
    "check_gradient",
    "numerical_gradient",
]
