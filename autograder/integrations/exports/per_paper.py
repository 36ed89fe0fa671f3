"""Each submission by itself: for Gradescope, GitHub Classroom, and in a class's JUnit XML."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as xml

from autograder.checks.finding import Check, Finding, RowResult
from autograder.exercises.fact import fact
from autograder.feedback import as_text, card
from autograder.feedback.blocks import plain
from autograder.feedback.story import headline
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.junit import classroom_test, classroom_text, document, refusal, suite


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


def gradescope_json(paper: Paper) -> str:
    """A submission as Gradescope's `results.json`.

    The format is that of gradescope-autograders.readthedocs.io, "Autograder Specifications":
    `score` in all (it replaces the sum of the tests), `tests` with `score`, `max_score`, `status`
    ("passed" or "failed"), `name`, `output`; with `output_format` "text" nothing in it is markup;
    with `visibility` "visible" the student sees the test.
    """
    document = {
        "score": paper.score,
        "output": plain(_about(paper)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "student": paper.result.student,
            "assignment": paper.result.assignment,
            "status": paper.result.status,
            "isolation": paper.result.isolation,
            "by_hand": paper.by_hand,
            "late_penalty": paper.penalty,
        },
        "tests": [_gradescope_test(i, paper, line) for i, line in enumerate(paper.lines, start=1)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _gradescope_test(number: int, paper: Paper, line: Line) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": line.result.id,
        "number": str(number),
        "score": line.score,
        "max_score": line.result.points,
        "output": _said(paper, line),
        "output_format": "text",
        "visibility": "visible",
    }
    if line.result.id not in paper.waits:
        test["status"] = "passed" if line.status == "right" else "failed"
    return test


def classroom_json(paper: Paper) -> str:
    """A submission as the result of a GitHub Classroom autograder.

    The scores of its tests are added up, so a late penalty is one more, with a negative score.
    """
    if paper.result.status == "graded":
        tests = [_classroom_test(paper, line) for line in paper.lines]
        taken = paper.score - sum(line.score for line in paper.lines)
        if paper.penalty:
            tests.append(classroom_test("late", "wrong", "handed in late", taken))
    else:
        message = plain(paper.result.message)
        tests = [classroom_test("submission", paper.result.status, message, paper.score)]
    return classroom_text(tests, paper.result.points)


def _classroom_test(paper: Paper, line: Line) -> dict[str, Any]:
    quiet = line.status == "right" and not line.notes
    status = "manual" if line.waits else line.status
    return classroom_test(line.result.id, status, None if quiet else _said(paper, line), line.score)


def _said(paper: Paper, line: Line) -> str:
    """The verdict in words, with what a person decided; nothing where nothing was run."""
    if paper.result.status != "graded":
        return plain("\n".join(line.notes)) if line.by_hand or line.comment else ""
    if line.waits:
        return plain("\n\n".join((f"{line.result.id}: {headline(line.verdict)}", *line.notes)))
    return as_text(card(line.verdict, notes=line.notes))


def _about(paper: Paper) -> str:
    said = [paper.result.message] if paper.result.message else []
    if paper.penalty:
        said.append("Points were taken off because it was late.")
    if paper.waits:
        said.append(f"Still to be graded by hand: {', '.join(paper.waits)}.")
    said += [f"Comment on {cell}: {comment}" for cell, comment in paper.comments.items()]
    if paper.result.isolation == "none":
        said.append("Graded WITHOUT ISOLATION (--unsafe-no-isolation).")
    return "\n".join(said)
