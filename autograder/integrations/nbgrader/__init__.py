"""nbgrader: its gradebook, its autograded notebooks, and its own `nbgrader autograde`.

nbgrader takes seconds to import, so nothing here loads it before it is needed.
"""

from autograder.integrations.nbgrader.config import configure
from autograder.integrations.nbgrader.sink import GradebookSink

__all__ = ["GradebookSink", "configure"]
