"""Mistakes: fingerprints, matching, follow-through; and the one entry by which rows are graded."""

from autograder.diagnosis.examine import examine, examine_all
from autograder.diagnosis.question import Question, from_public, prepare, to_public

__all__ = ["Question", "examine", "examine_all", "from_public", "prepare", "to_public"]
