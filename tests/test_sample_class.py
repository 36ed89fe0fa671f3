"""The sample class, through the front door: every submission gets what its source declares.

`nbgrader autograde`, the other road, gives every row what `autograder grade` gave.
"""

import json
import shutil
import sqlite3

import pytest

from autograder.course import load_course
from autograder.course.build import generate_translated
from autograder.course.translated import translated
from tests.integrations.classroom import run
from tests.submissions.build import hand_in
from tests.submissions.roster import LAYERS, ROSTER, source

HANDED_IN = [(student, name) for student, works in ROSTER.items() for name in works]
ALIKE = {"ada", "bela", "chidi", "dana", "fatima", "goran", "hana", "ines", "karl"}
"""Whose answers show nothing of the language or of the road that another's do not."""
WORDS = [who for who in ROSTER if who not in ALIKE | {"lena", "mina", "nils"}]
"""Who shows in Chinese what words could change: right, wrong, tampered with, in no good place."""
ROADS = [who for who in ROSTER if who not in ALIKE | {"emre", "lena", "nils", "Łukasz Żółć"}]
"""Who goes down both roads; `integrations/test_commands` has a class of its own on them."""
SECONDS = 4.0  # per call on both roads: a busy machine must not take a right answer for a slow one


@pytest.fixture(scope="module")
def ours(root, course, tmp_path_factory):
    """A copy of the course with the sample class, after one `autograder grade`.

    Some hand in the same in Chinese, too: as zh-student.
    """
    folder = tmp_path_factory.mktemp("class") / "ours"
    for name in ("solutions", "assignments", "locale"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, folder / name, ignore=ignored)
    config = (root / "nbgrader_config.py").read_text()
    (folder / "nbgrader_config.py").write_text(f"{config}c.GradeInSandbox.timeout = {SECONDS}\n")
    assert hand_in(course, root / "assignments", folder / "submitted") > 30
    names = sorted({name for _, name in HANDED_IN})
    chinese = [translated(course.assignment(name), "zh") for name in names]
    apart = folder.with_name("chinese")
    generate_translated(chinese, root / "assignments", apart)
    hand_in(course, apart / "assignments", apart / "submitted", WORDS)
    for own in (apart / "submitted").iterdir():
        own.rename(folder / "submitted" / f"zh-{own.name}")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AUTOGRADER_SECRET", raising=False)
        run(folder, "autograder", "grade", "--timeout", str(SECONDS), "--no-explain")
    return folder


@pytest.fixture(scope="module")
def results(ours):
    """Student, assignment -> result file."""
    return {
        (path.stem, path.parent.name): json.loads(path.read_text(encoding="utf-8"))
        for path in (ours / "results").glob("*/*.json")
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
        statuses, score, lost = expectation(work, row)
        assert rows[row.id]["score"] == pytest.approx(score), rows[row.id]
        assert rows[row.id]["status"] in statuses, rows[row.id]
        if lost:  # which outputs, and not how many only; what gives none has lost them all
            told = {f["output"] for f in rows[row.id]["findings"] if f["severity"] == "error"}
            assert told in ([lost, {None}] if lost == set(row.outputs) else [lost]), rows[row.id]


@pytest.mark.parametrize(("student", "assignment"), [h for h in HANDED_IN if h[0] in WORDS])
def test_the_same_in_chinese_gets_the_same(results, student, assignment):
    one, other = (results[who, assignment] for who in (student, f"zh-{student}"))
    assert one["status"] == other["status"]
    for a, b in zip(one["rows"], other["rows"], strict=True):
        kept = ("id", "status", "score", "points")
        assert [a[key] for key in kept] == [b[key] for key in kept]
        # How many cases are wrong is chance where a mask is drawn: their names are compared.
        ours, theirs = ({f["mistake"] for f in row["findings"]} for row in (a, b))
        assert ours == theirs


def expectation(work, row):
    """The statuses that a row may have, its score, and the outputs that are told to be wrong."""
    if row.manual:
        return ("manual",), 0.0, set()
    if work.status != "graded":
        return ("unanswered", "error"), 0.0, set()
    said = work.expect.get(row.id)
    if isinstance(said, str):
        return (said,), 0.0, set()
    if said:
        wrong = set(row.outputs if "*" in said else (name.replace("-", " ") for name in said))
        earned = row.points * sum(row.shares[name] for name in set(row.outputs) - wrong)
        return (("partial",) if earned else ("wrong", "error")), earned, wrong
    if work.base == "starter" and not answered(work, row):
        return ("unanswered",), 0.0, set()
    return ("right",), row.points, set()


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


GRADES = """
select assignment.name, submitted_assignment.student_id, base_cell.name, grade.auto_score,
       grade.needs_manual_grade
from grade join base_cell on base_cell.id = grade.cell_id
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
join assignment on assignment.id = submitted_assignment.assignment_id
"""


def grades(root):
    """Assignment, student, row -> score, whether a person must look."""
    database = sqlite3.connect(root / "gradebook.db")
    found = {row[:3]: row[3:] for row in database.execute(GRADES)}
    database.close()
    return found


@pytest.mark.slow
def test_both_roads_agree_on_every_row(ours, results, monkeypatch):
    """Of the notebook that was handed in in every way."""
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    theirs = ours.with_name("theirs")
    others = [who for who in ROSTER if who not in ROADS]
    ignored = shutil.ignore_patterns("gradebook.db", "autograded", "results", "zh-*", *others)
    shutil.copytree(ours, theirs, ignore=ignored)
    run(theirs, "nbgrader", "autograde", LAYERS, ok=False)
    unreadable, unclear = (
        {(name, who) for (who, name), r in results.items() if r["status"] == status}
        & {(LAYERS, who) for who in ROADS}
        for status in ("unreadable", "unclear")
    )
    assert unreadable and unclear
    every, got = grades(ours), grades(theirs)
    expected = {key: value for key, value in every.items() if key[0] == LAYERS and key[1] in ROADS}
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
    assert seen == {(LAYERS, "quinn")}
    assert {value for row, value in got.items() if row[:2] in seen} == {(None, 1)}
    for result in results.values():
        place = (result["assignment"], result["student"])
        for row in result["rows"]:
            if result["status"] == "graded" and row["status"] != "manual":
                assert every[*place, row["id"]][0] == row["score"]
