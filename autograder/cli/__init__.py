"""The `autograder` command as instructors have it: students' (`command`) and all the rest.

Thin functions over the rooms, which load when they are needed.
"""

from autograder.cli import course, grading, results  # noqa: F401  (each registers its commands)
from autograder.command import app, main

__all__ = ["app", "main"]
