"""The one entry by which rows are graded, and what a wrong answer looks like."""

from autograder.explain.examine import examine, examine_all, examined, may_be_repaired
from autograder.explain.question import Keep, Question, from_public, prepare, to_public

__all__ = [
    "Keep",
    "Question",
    "examine",
    "examine_all",
    "examined",
    "from_public",
    "may_be_repaired",
    "prepare",
    "to_public",
]
