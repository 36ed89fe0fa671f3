"""INSTRUCTOR: from submissions to grades: reading, grading, results, class runs."""
