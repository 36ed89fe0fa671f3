"""INSTRUCTOR: the class on one page, and a page for every student."""

from autograder.reports.write import Written, write_report

__all__ = ["Written", "write_report"]
