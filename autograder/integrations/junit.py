"""JUnit XML of a checked notebook: one test case for each row."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from xml.etree import ElementTree as xml

from autograder.checks.finding import RowResult
from autograder.errors import GradingError
from autograder.feedback.story import headline
from autograder.feedback.text import render_text
from autograder.grading.selfcheck import Checked

_ERRORS = frozenset({"timeout", "memory", "crash", "exit", "error", "protocol"})
"""Statuses of rows that did not come to a wrong answer, because they came to none."""


def junit(checked: Checked) -> str:
    """The XML text."""
    failed = [row for row in checked.rows if row.status not in ("right", "manual")]
    broken = [row for row in failed if row.status in _ERRORS]
    suite = xml.Element(
        "testsuite",
        name=_legal(f"{checked.assignment}/{checked.notebook}"),
        tests=str(len(checked.rows)),
        failures=str(len(failed) - len(broken)),
        errors=str(len(broken)),
        skipped=str(sum(row.status == "manual" for row in checked.rows)),
    )
    for row in checked.rows:
        _case(suite, checked, row)
    suites = xml.Element("testsuites")
    suites.append(suite)
    xml.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(suites, "unicode") + "\n"


def write_junit(checked: Checked, path: Path) -> None:
    """Write the XML file.

    Raises:
        GradingError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(junit(checked), encoding="utf-8")
    except OSError as error:
        raise GradingError(
            f"cannot write {path}: {error.strerror}. Give another --junit."
        ) from error


def _case(suite: xml.Element, checked: Checked, row: RowResult) -> None:
    case = xml.SubElement(
        suite, "testcase", classname=_legal(checked.assignment), name=_legal(row.id)
    )
    if row.status == "manual":
        xml.SubElement(case, "skipped", message=_legal(headline(row)))
    elif row.status != "right":
        kind = "error" if row.status in _ERRORS else "failure"
        message = next((f.message for f in row.findings if f.costs), headline(row))
        detail = xml.SubElement(case, kind, type=row.status, message=_legal(message))
        detail.text = _legal(render_text(row))


def _legal(text: str) -> str:
    """The text without what XML cannot hold, not even escaped."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t") or c in "\ufffe\uffff"
        else c
        for c in text
    )
