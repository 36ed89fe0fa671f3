"""Points for GitHub Classroom: what its reporter reads.

The reporter (github-education-resources/autograding-grading-reporter) decodes the environment
variable `<RUNNER>_RESULTS` from Base64 to JSON with `version`, `status` ("pass", "fail" or
"error"), `max_score`, and `tests` with `name`, `status`, `message` and `score`; their scores are
added up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from autograder.feedback import as_text, card
from autograder.grading.selfcheck import Checked
from autograder.whole import leave

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
