"""The grader's proof: mistakes, mutants and margins of every exercise."""

from autograder.validation.table import PAGE, prove_course

__all__ = ["PAGE", "prove_course"]
