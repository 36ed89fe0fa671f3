"""Checked notebooks for CI: JUnit XML, GitHub's annotations, and points for GitHub Classroom.

The reporter of GitHub Classroom (github-education-resources/autograding-grading-reporter) decodes
the environment variable `<RUNNER>_RESULTS` from Base64 to JSON with `version`, `status` ("pass",
"fail" or "error"), `max_score`, and `tests` with `name`, `status`, `message` and `score`; their
scores are added up.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

from autograder.checks.finding import RowResult, Where
from autograder.feedback import as_text, card
from autograder.feedback.blocks import plain
from autograder.feedback.say import in_full, spot
from autograder.feedback.story import headline
from autograder.grading.selfcheck import Checked
from autograder.whole import leave


def error_commands(checked: Checked, path: Path) -> str:
    """One workflow command for each row that is not right (GitHub calls it a workflow command)."""
    lines = []
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for row in checked.rows:
        first = next((f for f in row.findings if f.costs), None)
        if first is None or row.status in ("right", "manual"):
            continue
        where = first.explanation.where if first.explanation is not None else None
        at = f",line={_line(text, where)}" if where is not None else ""
        title = f"{row.id}, {spot(where)}" if where is not None else row.id
        told = _data(in_full(first, row.id))
        lines.append(f"::error file={_property(str(path))}{at},title={_property(title)}::{told}")
    return "\n".join(lines)


def _line(text: str, where: Where) -> int:
    """The line of the file: a notebook's JSON has a line for each line of its cells.

    Where the function is not found in it (JSON on a single line), the line from its `def`.
    """
    begins = re.compile(rf'\s*"(def|class) {re.escape(where.function)}\b')
    found = [i for i, line in enumerate(text.splitlines()) if begins.match(line)]
    return found[-1] + where.line if found else where.line


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_STATUS = {"right": "pass", "manual": "pass", "partial": "fail", "wrong": "fail"} | {
    "unanswered": "fail"
}
"""Waiting for a person is nobody's failure; what is not here ended in an error."""


def classroom_test(name: str, row_status: str, message: str | None, score: float) -> dict[str, Any]:
    """A row, or a notebook on whose rows there is no verdict."""
    status = _STATUS.get(row_status, "error")
    return {"name": name, "status": status, "message": message, "score": score}


def classroom_text(tests: Sequence[dict[str, Any]], most: float) -> str:
    """The JSON text.

    Args:
        most: The points that can be had.
    """
    states = {test["status"] for test in tests}
    status = next((state for state in ("error", "fail") if state in states), "pass")
    document = {"version": 1, "status": status, "max_score": most, "tests": list(tests)}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_classroom(notebooks: Iterable[Checked], path: Path) -> None:
    """Write the points of checked notebooks; what is graded later has none so far, and passes.

    Raises:
        GradingError: It cannot be written.
    """
    rows = [(one, row) for one in notebooks for row in one.rows]
    tests = [
        classroom_test(
            f"{one.assignment}: {row.id}",
            row.status,
            None if row.status in ("right", "manual") else as_text(card(row)),
            row.score,
        )
        for one, row in rows
    ]
    text = classroom_text(tests, math.fsum(row.points for _, row in rows))
    leave(path, text.encode("utf-8", "replace"), "--classroom")


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
