"""Grading a class: ours beside plain nbgrader, on the same notebooks in one run."""
