"""INSTRUCTOR: the class on one page, and a page for every student."""

from autograder.reports.write import leave_report, write_report

__all__ = ["leave_report", "write_report"]
