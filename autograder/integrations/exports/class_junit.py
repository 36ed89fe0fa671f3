"""A class as JUnit XML: a suite for each submission, a test case for each row."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as xml

from autograder.checks.finding import Check, Finding, RowResult
from autograder.exercises.fact import fact
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.junit import document, refusal, suite


def class_junit(book: ClassBook) -> str:
    """The XML text.

    JUnit XML has no one standard; what Jenkins' and pytest's schema (`junit-10.xsd`) have in common
    is written: `testsuite` with counts and `properties`, `testcase` with `classname` and `name`, in
    it `failure`, `error` or `skipped`. GitLab lists a case under its `classname`, so that holds
    the student. Rows that wait for a person are skipped; a submission without verdicts is one case,
    which says why.
    """
    return document(_suite(paper.whole) for paper in book.all())


def _suite(paper: Paper) -> xml.Element:
    result = paper.result
    name = f"{result.assignment}/{result.student}"
    about = {"status": result.status, "score": paper.shown, "changes": paper.changes}
    if result.status != "graded":
        return refusal(name, result.message, about)
    return suite(name, name, [_verdict(line) for line in paper.lines], about)


def _verdict(line: Line) -> RowResult:
    verdict = line.verdict
    if line.by_hand or verdict.status != line.result.status:
        said = fact("hand.graded" if line.by_hand else "hand.left")
        finding = Finding(Check.BY_HAND, passed=verdict.status == "right", fact=said)
        return replace(verdict, outputs={}, findings=(finding,))
    return verdict
