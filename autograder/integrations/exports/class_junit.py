"""A class as JUnit XML: a suite for each submission, a test case for each row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from autograder.checks.finding import Finding, RowResult
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.junit import document, suite


def class_junit(book: ClassBook) -> str:
    """The XML text.

    JUnit XML has no one standard; what Jenkins' and pytest's schema (`junit-10.xsd`) have in common
    is written: `testsuite` with its counts, `testcase` with `classname` and `name`, and in it
    `failure`, `error` or `skipped`. GitLab lists a case under its `classname`, so that holds the
    student. Rows that wait for a person are skipped.
    """
    return document(
        suite(f"{_name(paper)}", f"{_name(paper)}", [_verdict(paper, line) for line in paper.lines])
        for paper in book.all()
    )


def _name(paper: Paper) -> str:
    return f"{paper.result.assignment}/{paper.result.student}"


def _verdict(paper: Paper, line: Line) -> RowResult:
    verdict = line.verdict
    if paper.grade is None:  # what stands in the rows is no grade
        finding = Finding("submission", None, paper.result.message)
        return replace(verdict, score=0.0, status="error", outputs={}, findings=(finding,))
    if line.by_hand or (verdict.status == "manual" and not line.waits):
        status: Any = line.status
        said = "graded by hand" if line.by_hand else "left as it was"
        finding = Finding("by hand", None, said, passed=status == "right")
        return replace(verdict, score=line.score, status=status, outputs={}, findings=(finding,))
    return verdict
