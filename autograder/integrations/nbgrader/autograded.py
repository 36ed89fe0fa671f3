"""Autograded notebooks: the submission in the instructor's notebook, with findings as outputs."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import GradingError
from autograder.grading.result import Result, to_row
from autograder.grading.submission import SubmittedCell
from autograder.integrations.nbgrader.outputs import findings, not_graded
from autograder.integrations.nbgrader.rebuild import Rebuilt, rebuild
from autograder.integrations.nbgrader.released import ReleasedNotebook
from autograder.integrations.nbgrader.untrusted import harmless_line

TIMESTAMP = "timestamp.txt"
PERMISSIONS = 0o444  # nbgrader's own for what it has autograded

_BANNERS = {
    "unreadable": "This submission could not be read, so it earns no points.",
    "missing": "Nothing was handed in.",
    "failed": "This submission was not graded: the grader failed.",
    "stale": "These scores are from an earlier submission: grading this one failed.",
}


def compose(
    released: ReleasedNotebook, submitted: Sequence[SubmittedCell], result: Result
) -> Rebuilt:
    """The autograded notebook of a result.

    Args:
        submitted: The cells as handed in; none where they cannot be read.
    """
    rebuilt = rebuild(released, submitted)
    put_findings(rebuilt.notebook, result)
    if result.status in _BANNERS:
        rebuilt.notebook["cells"].insert(0, _banner(_BANNERS[result.status], result.message))
    return rebuilt


def put_findings(notebook: dict[str, Any], result: Result) -> None:
    """Put every row's findings and score below its check cell."""
    rows = {row.id: row for row in result.rows}
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not meta.get("grade"):
            continue
        row = rows.get(meta["grade_id"])
        graded = row is not None and row.status != "manual" and result.status != "failed"
        cell["outputs"] = findings(to_row(row)) if row and graded else not_graded()
        cell["execution_count"] = 1


def _banner(lead: str, why: str) -> dict[str, Any]:
    text = (
        '<div class="mathjax_ignore tex2jax_ignore" style="border-left:4px solid #d9363e;'
        f'padding:.4em .9em"><b>{lead}</b> {harmless_line(why)}</div>'
    )
    return {"cell_type": "markdown", "id": "autograder-banner", "metadata": {}, "source": text}


@dataclass(frozen=True)
class AutogradedFolder:
    """The folder that nbgrader's feedback and the formgrader read."""

    folder: Path

    def path(self, student: str, released: ReleasedNotebook) -> Path:
        """Where a student's autograded notebook lies."""
        return self.folder / student / released.assignment / f"{released.name}.ipynb"

    def write(self, path: Path, notebook: dict[str, Any], timestamp: str = "") -> None:
        """Write a notebook, whole or not at all, and beside it when it was handed in.

        Raises:
            GradingError: When the file system refuses.
        """
        text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text)
            if timestamp:
                _replace(path.with_name(TIMESTAMP), timestamp)
            else:
                path.with_name(TIMESTAMP).unlink(missing_ok=True)
        except OSError as error:
            raise GradingError(
                f"cannot write the autograded notebook {path}: {error.strerror or error}. Scores "
                "and results do not depend on it; mend that and run the same command again."
            ) from error


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(beside, PERMISSIONS)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
