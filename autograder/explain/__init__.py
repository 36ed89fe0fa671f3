"""The one entry by which rows are graded, and what a wrong answer looks like."""

from autograder.explain.examine import Examined, examine, examine_all, examined
from autograder.explain.question import Question, from_public, prepare, to_public

__all__ = [
    "Examined",
    "Question",
    "examine",
    "examine_all",
    "examined",
    "from_public",
    "prepare",
    "to_public",
]
