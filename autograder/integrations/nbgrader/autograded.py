"""Autograded notebooks: the submission in the instructor's notebook, with findings as outputs."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from autograder.errors import GradingError
from autograder.grading.result import Result
from autograder.integrations.nbgrader.rebuild import Rebuilt, findings, harmless_line, not_graded
from autograder.whole import write_whole

TIMESTAMP = "timestamp.txt"
WAITS_FOR_A_PERSON = {"autograder": {"manual": True}}
"""Metadata of a check cell that the grader leaves to a person: nbgrader has no sign for it."""

_TAIL = 1000  # the metadata stand at the end of the file, as keys are sorted
PERMISSIONS = 0o444  # nbgrader's own for what it has autograded

_BANNERS = {
    "unreadable": "This submission could not be read, so it earns no points.",
    "missing": "Nothing was handed in.",
    "unclear": "There is no score yet: this notebook does not lie under its name.",
    "overload": "There is no score yet: this submission was too much work for the grader.",
    "failed": "This submission was not graded: the grader failed.",
    "stale": "These scores are from an earlier submission: this one got none.",
}


def finished(rebuilt: Rebuilt, result: Result) -> dict[str, Any]:
    """The autograded notebook: the submission in the instructor's notebook, with its result."""
    notebook = rebuilt.notebook
    put_findings(notebook, result)
    if result.status in _BANNERS:
        notebook["cells"].insert(0, _banner(_BANNERS[result.status], result.message))
    return notebook | {"metadata": notebook["metadata"] | {"autograder": {"digest": result.digest}}}


def put_findings(notebook: dict[str, Any], result: Result) -> None:
    """Put every row's findings and score below its check cell."""
    rows = {row.id: row for row in result.rows}
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not meta.get("grade"):
            continue
        row = rows.get(meta["grade_id"])
        # Elsewhere nothing was run, and a banner says why.
        judged = result.status in ("graded", "stale")
        cell["outputs"] = findings(row) if row and judged else not_graded()
        cell["execution_count"] = 1
        if row is not None and row.status == "manual":
            cell["metadata"] = {**cell["metadata"], **WAITS_FOR_A_PERSON}


def _banner(lead: str, why: str) -> dict[str, Any]:
    text = (
        '<div class="mathjax_ignore tex2jax_ignore" style="border-left:4px solid #d9363e;'
        f'padding:.4em .9em"><b>{lead}</b> {harmless_line(why)}</div>'
    )
    return {"cell_type": "markdown", "id": "autograder-banner", "metadata": {}, "source": text}


def is_of(path: Path, digest: str) -> bool:
    """Whether an autograded notebook was written for the result that has this digest."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return bool(digest) and digest.encode() in file.read()
    except OSError:
        return False


def write_autograded(path: Path, notebook: dict[str, Any], handed_in: datetime | None) -> None:
    """Write a notebook, whole or not at all, and beside it when it was handed in (UTC).

    Raises:
        GradingError: When the file system refuses.
    """
    text = msgspec.json.format(msgspec.json.encode(notebook, order="sorted"), indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text + b"\n", mode=PERMISSIONS)
        if handed_in:
            timestamp = f"{handed_in.isoformat(' ')} UTC".encode()
            write_whole(path.with_name(TIMESTAMP), timestamp, mode=PERMISSIONS)
        else:
            path.with_name(TIMESTAMP).unlink(missing_ok=True)
    except OSError as error:
        raise GradingError(
            f"cannot write the autograded notebook {path}: {error.strerror or error}. Scores "
            "and results do not depend on it; mend that and run the same command again."
        ) from error
