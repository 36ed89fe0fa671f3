"""What is wrong as GitHub's annotations, which its pages show beside the file."""

from __future__ import annotations

import re
from pathlib import Path

from autograder.checks.finding import Where
from autograder.feedback.say import in_full, spot
from autograder.grading.selfcheck import Checked


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
