"""What is wrong as GitHub's annotations, which its pages show beside the file."""

from __future__ import annotations

from pathlib import Path

from autograder.feedback.say import in_full, spot
from autograder.grading.selfcheck import Checked


def error_commands(checked: Checked, path: Path) -> str:
    """One workflow command for each row that is not right (GitHub calls it a workflow command)."""
    lines = []
    for row in checked.rows:
        first = next((f for f in row.findings if f.costs), None)
        if first is None or row.status in ("right", "manual"):
            continue
        where = first.explanation.where if first.explanation is not None else None
        at = f",line={where.line}" if where is not None else ""
        title = f"{row.id}, {spot(where)}" if where is not None else row.id
        text = _data(in_full(first, row.id))
        lines.append(f"::error file={_property(str(path))}{at},title={_property(title)}::{text}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
