"""The sample class, through the front door: every submission gets what its source declares."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.course.build import generate_translated
from autograder.course.translated import translated
from tests.submissions.build import hand_in
from tests.submissions.roster import ROSTER, source

HANDED_IN = [(student, name) for student, works in ROSTER.items() for name in works]


@pytest.fixture(scope="module")
def results(root, course, tmp_path_factory):
    """Student, assignment -> result file, after one `autograder grade`.

    Everybody hands in the same in Chinese, too: as zh-student.
    """
    folder = tmp_path_factory.mktemp("class")
    names = sorted({name for _, name in HANDED_IN})
    chinese = [translated(course.assignment(name), "zh") for name in names]
    generate_translated(chinese, root / "assignments", folder)
    hand_in(course, root / "assignments", folder / "submitted")
    hand_in(course, folder / "assignments", folder / "in_chinese")
    for own in (folder / "in_chinese").iterdir():
        own.rename(folder / "submitted" / f"zh-{own.name}")
    autograder = Path(sys.executable).with_name("autograder")
    command = [str(autograder), "grade", "--timeout", "3"]
    command += ["--submitted", str(folder / "submitted"), "--results", str(folder / "results")]
    command += ["--gradebook", f"sqlite:///{folder / 'gradebook.db'}"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {
        (path.stem, path.parent.name): json.loads(path.read_text(encoding="utf-8"))
        for path in (folder / "results").glob("*/*.json")
    }


@pytest.fixture(scope="module")
def course(root):
    return load_course(root)


@pytest.mark.parametrize(("student", "assignment"), HANDED_IN)
def test_submission_gets_what_its_source_declares(results, course, student, assignment):
    work, result = ROSTER[student][assignment], results[student, assignment]
    rows = {row["id"]: row for row in result["rows"]}
    notebook = course.assignment(assignment)
    assert [row.id for row in notebook.rows] == list(rows)
    assert result["status"] == work.status
    assert result["points"] == sum(row.points for row in notebook.rows)
    assert result["score"] == pytest.approx(sum(row["score"] for row in rows.values()))
    for row in notebook.rows:
        statuses, score = expectation(work, row)
        assert rows[row.id]["score"] == pytest.approx(score), rows[row.id]
        assert rows[row.id]["status"] in statuses, rows[row.id]


@pytest.mark.parametrize(("student", "assignment"), HANDED_IN)
def test_the_same_in_chinese_gets_the_same(results, student, assignment):
    one, other = (results[who, assignment] for who in (student, f"zh-{student}"))
    assert one["status"] == other["status"]
    for a, b in zip(one["rows"], other["rows"], strict=True):
        kept = ("id", "status", "score", "points")
        assert [a[key] for key in kept] == [b[key] for key in kept]
        assert [f["mistake"] for f in a["findings"]] == [f["mistake"] for f in b["findings"]]


def expectation(work, row):
    """The statuses that a row may have, and its score."""
    if row.manual:
        return ("manual",), 0.0
    if work.status != "graded":
        return ("unanswered", "error"), 0.0
    said = work.expect.get(row.id)
    if isinstance(said, str):
        return (said,), 0.0
    if said is not None:
        wrong = set(row.outputs if "*" in said else said)
        earned = row.points * sum(row.shares[name] for name in set(row.outputs) - wrong)
        return (("partial",) if earned else ("wrong", "error")), earned
    if work.base == "starter" and not answered(work, row):
        return ("unanswered",), 0.0
    return ("right",), row.points


def answered(work, row):
    """Whether one of the answers defines the row's function."""
    texts = [source(name).read_text(encoding="utf-8") for name in work.answers]
    return any(f"def {row.id}(" in text or f"{row.id} = " in text for text in texts)


def test_students_without_a_submission_are_missing(results):
    absent = {
        (student, assignment)
        for student in ROSTER
        for assignment in {name for _, name in HANDED_IN}
        if assignment not in ROSTER[student]
    }
    assert absent
    for key in absent:
        assert (results[key]["status"], results[key]["score"]) == ("missing", 0)


def test_what_is_unclear_says_where_it_lies(results):
    unclear = [key for key in HANDED_IN if ROSTER[key[0]][key[1]].status == "unclear"]
    assert len(unclear) == 6
    for student, assignment in unclear:
        said = f"but there is {ROSTER[student][assignment].place}. "
        assert said in results[student, assignment]["message"]
    assert "layers-final.ipynb that lies beside it" in results["sven", "02_layers"]["message"]


def test_the_class_is_worth_grading(results):
    graded = [result for result in results.values() if result["status"] == "graded"]
    assert len(HANDED_IN) >= 30
    assert all(result["isolation"] in ("full", "kernel") for result in graded)
    mistakes = {f.get("mistake") for r in graded for row in r["rows"] for f in row["findings"]}
    assert len(mistakes - {None, ""}) >= 8
