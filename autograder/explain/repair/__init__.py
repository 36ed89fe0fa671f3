"""The line: change one place of the student's own code until it is right, and say which.

A name compares *results* with those of mistakes in the reference. A repair turns that round: it
changes the student's function, in its own style, so it works where the code raises, too, and it
knows the line. `units` finds the code, `expressions` and `missing` change it, `search` judges the
changes, `fits` says what they have in common and adds it to a verdict. Never to its score.
"""

from autograder.explain.repair.fits import LOOKS, Repair, Repairs, told
from autograder.explain.repair.search import SECONDS, repairs_of

__all__ = ["LOOKS", "SECONDS", "Repair", "Repairs", "repairs_of", "told"]
