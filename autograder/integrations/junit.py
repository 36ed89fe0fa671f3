"""JUnit XML of checked notebooks: one test case for each row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as xml

from autograder.checks.finding import RowResult
from autograder.feedback import as_text, card
from autograder.feedback.say import in_full, spot
from autograder.feedback.story import headline
from autograder.feedback.text import plain
from autograder.grading.selfcheck import Checked
from autograder.whole import leave

_ERRORS = frozenset({"timeout", "memory", "crash", "exit", "error", "protocol"})
"""Statuses of rows that did not come to a wrong answer, because they came to none."""


def junit(notebooks: Iterable[Checked]) -> str:
    """The XML text: a suite for each notebook."""
    return document(
        suite(f"{one.assignment}/{one.notebook}", one.assignment, one.rows) for one in notebooks
    )


def document(suites: Iterable[xml.Element]) -> str:
    """The XML text of suites."""
    root = xml.Element("testsuites")
    root.extend(suites)
    xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + xml.tostring(root, "unicode") + "\n"


def suite(
    name: str, group: str, rows: Sequence[RowResult], about: Mapping[str, str] = {}
) -> xml.Element:
    """The verdicts on a notebook.

    Args:
        group: What stands before the names of the rows where a viewer lists them.
    """
    failed = [row for row in rows if row.status not in ("right", "manual")]
    broken = sum(row.status in _ERRORS for row in failed)
    waiting = sum(row.status == "manual" for row in rows)
    made = _suite(name, (len(rows), len(failed) - broken, broken, waiting), about)
    for row in rows:
        _case(made, group, row)
    return made


def refusal(name: str, why: str, about: Mapping[str, str]) -> xml.Element:
    """A notebook on which there are no verdicts: one case, which says why."""
    made = _suite(name, (1, 0, 1, 0), about)
    case = xml.SubElement(made, "testcase", classname=_legal(name), name="submission")
    xml.SubElement(case, "error", type=about["status"], message=_legal(why))
    return made


def _suite(name: str, counts: tuple[int, ...], about: Mapping[str, str]) -> xml.Element:
    numbers = zip(("tests", "failures", "errors", "skipped"), map(str, counts))
    made = xml.Element("testsuite", {"name": _legal(name), **dict(numbers)})
    if about:
        listed = xml.SubElement(made, "properties")
        for key, value in about.items():
            xml.SubElement(listed, "property", name=key, value=_legal(value))
    return made


def write_junit(notebooks: Iterable[Checked], path: Path) -> None:
    """Write the XML file.

    Raises:
        GradingError: It cannot be written.
    """
    leave(path, junit(notebooks).encode(), "--junit")


def _case(suite: xml.Element, group: str, row: RowResult) -> None:
    case = xml.SubElement(suite, "testcase", classname=_legal(group), name=_legal(row.id))
    if row.status == "manual":
        xml.SubElement(case, "skipped", message=_legal(headline(row)))
    elif row.status != "right":
        kind = "error" if row.status in _ERRORS else "failure"
        costly = [f for f in row.findings if f.costs]
        message = in_full(costly[0], row.id) if costly else headline(row)
        told = (f.explanation.where for f in costly if f.explanation is not None)
        where = next((w for w in told if w is not None), None)
        if where is not None:
            case.set("line", str(where.line))
            message = f"{spot(where)}: {message}"
        detail = xml.SubElement(case, kind, type=row.status, message=_legal(message))
        detail.text = _legal(as_text(card(row)))


def _legal(text: str) -> str:
    """The text without what XML cannot hold, not even escaped."""
    return re.sub("[\ufffe\uffff]", "\N{REPLACEMENT CHARACTER}", plain(text))
