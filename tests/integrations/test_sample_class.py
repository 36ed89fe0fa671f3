"""The sample class: `nbgrader autograde` gives every row what `autograder grade` gave."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.integrations.classroom import run
from tests.submissions.build import build

pytestmark = pytest.mark.slow

SECONDS = 4.0  # per call on both roads: a busy machine must not take a right answer for a slow one

_GRADES = """
select assignment.name, submitted_assignment.student_id, base_cell.name, grade.auto_score,
       grade.needs_manual_grade
from grade join base_cell on base_cell.id = grade.cell_id
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join assignment on assignment.id = submitted_assignment.assignment_id
"""


def grades(root: Path) -> dict[tuple[str, str, str], tuple[float | None, int]]:
    database = sqlite3.connect(root / "gradebook.db")
    try:
        return {row[:3]: row[3:] for row in database.execute(_GRADES)}
    finally:
        database.close()


def test_both_roads_agree_on_every_row_of_the_sample_class(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in ("solutions", "assignments"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, ours / folder, ignore=ignored)
    config = (root / "nbgrader_config.py").read_text()
    (ours / "nbgrader_config.py").write_text(f"{config}c.GradeInSandbox.timeout = {SECONDS}\n")
    assert build(ours, ours / "submitted") > 30
    run(ours, "autograder", "grade", "--timeout", str(SECONDS))
    results = [json.loads(p.read_text("utf-8")) for p in (ours / "results").rglob("*.json")]
    unreadable, unclear = (
        {(r["assignment"], r["student"]) for r in results if r["status"] == status}
        for status in ("unreadable", "unclear")
    )
    assert unreadable and unclear
    ignored = shutil.ignore_patterns("gradebook.db", "autograded", "results")
    shutil.copytree(ours, theirs, ignore=ignored)
    for assignment in sorted({r["assignment"] for r in results}):
        run(theirs, "nbgrader", "autograde", assignment, ok=False)
    expected, got = grades(ours), grades(theirs)
    apart = unreadable | unclear
    assert {key: value for key, value in got.items() if key[:2] not in apart} == {
        key: value for key, value in expected.items() if key[:2] not in apart
    }
    for key in unreadable:
        assert {value[0] for row, value in expected.items() if row[:2] == key} == {0.0}
        assert {value for row, value in got.items() if row[:2] == key} == {(None, 1)}
    # A notebook under another name waits for a person on both roads, without a number on either.
    # nbgrader makes a submission wherever it sees some *.ipynb, and does not see the others.
    assert not [row for row in expected if row[:2] in unclear]
    seen = {row[:2] for row in got if row[:2] in unclear}
    assert seen == {("02_layers", "quinn")}
    assert {value for row, value in got.items() if row[:2] in seen} == {(None, 1)}
    for result in results:
        place = (result["assignment"], result["student"])
        for row in result["rows"]:
            if result["status"] == "graded" and row["status"] != "manual":
                assert expected[*place, row["id"]][0] == row["score"]
