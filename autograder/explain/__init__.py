"""The one entry by which rows are graded, and what a wrong answer looks like."""

from autograder.explain.examine import examine, examine_all
from autograder.explain.question import Question, from_public, prepare, to_public

__all__ = ["Question", "examine", "examine_all", "from_public", "prepare", "to_public"]
