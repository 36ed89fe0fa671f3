"""The grader's proof: mistakes, mutants and margins of every exercise."""

from autograder.validation.proof import ExerciseProof, prove
from autograder.validation.table import PAGE, CourseProof, prove_course

__all__ = ["PAGE", "CourseProof", "ExerciseProof", "prove", "prove_course"]
