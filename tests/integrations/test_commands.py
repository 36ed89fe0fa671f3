"""Two roads to a grade: `autograder grade` and nbgrader's own commands."""

import copy
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from autograder.course.folder import ASSIGNMENTS
from autograder.course.release import release
from autograder.integrations.nbgrader.gradebook import open_gradebook
from tests.integrations import classroom
from tests.integrations.classroom import ASSIGNMENT, NAME, Document, changed, hand_in, run
from tests.integrations.conftest import comments, grades, opened
from tests.integrations.test_sink import Desk, result

pytestmark = pytest.mark.slow

BROKEN = "this is not a notebook"
SHARE = 2.5 / 2  # of two outputs of scale_backward one is right
NUMERICALLY = """f = lambda x: np.sum(a * x * dout)
    dx = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-5
        dx[i] = (f(x + step) - f(x - step)) / 2e-5"""
EXPECTED = {
    "right": 9.5,
    "starter": 0.0,
    "averaged": 9.5 - SHARE,
    "tampered starter": 0.0,
    "tampered": 9.5,
    "without ids": 9.5,
    "without answers": 0.0,
    "twice over": 9.5,
    "backwards": 9.5,
    "Zoë Ωmega": 9.5,
    "raises first": 9.5,
    "endless": 7.5,
    "exits": 6.5,
    "forges a score": 8.0,  # its counter still counts
    "upgraded": 9.5,
    "differentiates": 7.0,  # until a person has decided about scale_backward
}


def the_class(root: Path) -> dict[str, Document | str]:
    """Student -> what is handed in."""
    notebook = classroom.small_notebook(root)
    right, starter = classroom.solved(notebook), classroom.starter(notebook)
    stray = copy.deepcopy(right)
    stray["cells"].insert(3, classroom.code_cell("1 / 0"))
    forging = "from IPython.display import display\n        display(3.0)\n        return 3.0"
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
    old["worksheets"][0]["cells"] = [  # type: ignore[index]
        {"cell_type": "code", "input": cell["source"], "language": "python", "outputs": []}
        for cell in right["cells"]
        if cell["cell_type"] == "code"
    ]
    return {
        "right": right,
        "starter": starter,
        "averaged": changed(right, "scale_backward_code", "np.sum(", "np.mean("),
        "tampered starter": classroom.tampered(starter),
        "tampered": classroom.tampered(right),
        "without ids": classroom.without_ids(right),
        "without answers": {**starter, "cells": []},
        "twice over": classroom.twice_over(right),
        "backwards": classroom.backwards(right),
        "Zoë Ωmega": right,
        "raises first": stray,
        "endless": changed(right, "twice_code", "return helper(out)", "while True: pass"),
        "exits": changed(right, "Counter_code", "self.value += by", "import os; os._exit(0)"),
        "forges a score": changed(right, "Counter_code", "return self.value", forging),
        "upgraded": old,
        "differentiates": changed(right, "scale_backward_code", "dx = a * dout", NUMERICALLY),
        "broken": BROKEN,
    }


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The same course with the same class and secret, graded by ours and by nbgrader's command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AUTOGRADER_SECRET", raising=False)
        ours = classroom.make_course(tmp_path_factory.mktemp("ours") / "course")
        for student, document in the_class(ours).items():
            hand_in(ours, student, document)
        (ours / "submitted" / "empty folder" / ASSIGNMENT).mkdir(parents=True)
        path = hand_in(ours, "renamed", classroom.solved(classroom.small_notebook(ours)))
        path.rename(path.with_name("small (1).ipynb"))
        said = run(ours, "autograder", "grade", "--timeout", "1", ok=False)
        theirs = ours.parent / "theirs"
        ignored = shutil.ignore_patterns("gradebook.db", "autograded", "results")
        shutil.copytree(ours, theirs, ignore=ignored)
        (ours / "said.txt").write_text(said)
        said = run(theirs, "nbgrader", "autograde", ASSIGNMENT, ok=False)
        (theirs / "said.txt").write_text(said)
        yield ours, theirs


def results(root: Path) -> dict[str, Document]:
    found = {}
    for path in (root / "results" / ASSIGNMENT).glob("*.json"):
        found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("student", EXPECTED)
def test_both_roads_give_the_same_scores(both: tuple[Path, Path], student: str) -> None:
    ours, theirs = both
    result = results(ours)[student]
    assert result["score"] == pytest.approx(EXPECTED[student], abs=1e-12)
    found = grades(ours, student)
    assert found == grades(theirs, student)
    assert comments(ours, student) == comments(theirs, student)
    machine = {row["id"]: row["score"] for row in result["rows"] if row["status"] != "manual"}
    assert machine == {row: found[row][0] for row in machine}


def test_a_file_that_nbgrader_cannot_open_is_its_error_and_our_zero(
    both: tuple[Path, Path],
) -> None:
    ours, theirs = both
    assert results(ours)["broken"]["status"] == "unreadable"
    assert {score for score, _, _ in grades(ours, "broken").values()} == {0.0}
    said = (theirs / "said.txt").read_text()
    assert f"error processing assignment '{ASSIGNMENT}' for student 'broken'" in said
    assert said.count("There was an error processing assignment '") == 2  # and of the next test
    assert set(grades(theirs, "broken").values()) == {(None, None, True)}


def test_a_notebook_under_another_name_waits_for_a_person_on_both_roads(
    both: tuple[Path, Path],
) -> None:
    ours, theirs = both
    reason = results(ours)["renamed"]["message"]
    assert "there is small (1).ipynb" in reason.replace(f"{ASSIGNMENT}/", "")
    with opened(ours) as gradebook:
        known = {one.student_id for one in gradebook.assignment_submissions(ASSIGNMENT)}
    assert "right" in known and "renamed" not in known
    assert set(grades(theirs, "renamed").values()) == {(None, None, True)}
    assert set(comments(theirs, "renamed").values()) == {f"Not graded: {reason}"}
    assert f"renamed, {ASSIGNMENT}: Not graded: {reason}" in (theirs / "said.txt").read_text()


def test_the_run_says_how_it_went(both: tuple[Path, Path]) -> None:
    ours, _ = both
    assert results(ours)["empty folder"]["status"] == "missing"
    assert "broken" in (ours / "said.txt").read_text()
    assert {r["isolation"] for r in results(ours).values() if r["status"] == "graded"} <= {
        "full",
        "kernel",
    }


def cells(root: Path, student: str) -> list[Document]:
    path = root / "autograded" / student / ASSIGNMENT / f"{NAME}.ipynb"
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    return [{**cell, "source": "".join(cell["source"])} for cell in document["cells"]]


@pytest.mark.parametrize("student", EXPECTED)
def test_both_roads_leave_the_same_autograded_notebook(
    both: tuple[Path, Path], student: str
) -> None:
    def comparable(root: Path) -> list[tuple[object, ...]]:
        return [
            (cell["id"], cell["source"], cell["metadata"], bool(cell.get("outputs")))
            for cell in cells(root, student)
        ]

    assert comparable(both[0]) == comparable(both[1])


def test_feedback_is_made_from_both(both: tuple[Path, Path]) -> None:
    for root in both:
        run(root, "nbgrader", "generate_feedback", ASSIGNMENT, "--student=[abt]*")
        page = root / "feedback" / "averaged" / ASSIGNMENT / f"{NAME}.html"
        text = page.read_text(encoding="utf-8")
        assert f"{EXPECTED['averaged']} of {classroom.POINTS} points" in text
        assert '<html lang="en">' in text and "<script" not in text and 'src="http' not in text
        rows = text.partition('<table id="rows">')[2].partition("</table>")[0]
        assert rows.index("scale_backward") < rows.index("scale_forward")
        signs = {row: sign for sign, row in re.findall(r"(.) <a href=\"#(\w+)\"", rows)}
        assert signs["scale_backward"] == "✗" and signs["scale_forward"] == "✓"
        assert signs["text_why"] == "○" and "a person grades this" in rows
        assert "Model answer" not in text
        assert "da is averaged; it is a sum." in text
        assert (
            "500"
            not in (root / "feedback" / "tampered starter" / ASSIGNMENT)
            .joinpath(f"{NAME}.html")
            .read_text(encoding="utf-8")
            .partition("</style>")[2]
            .partition("<style")[0]
        )
    ours = both[0] / "feedback" / "broken" / ASSIGNMENT / f"{NAME}.html"
    assert "could not be read" in ours.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which one student was graded and has a score by hand."""
    course = classroom.make_course(tmp_path_factory.mktemp("graded") / "course")
    hand_in(course, "ada", classroom.solved(classroom.small_notebook(course)))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AUTOGRADER_SECRET", raising=False)
        run(course, "nbgrader", "autograde", ASSIGNMENT)
    with opened(course) as gradebook:
        gradebook.find_grade("text_why", NAME, ASSIGNMENT, "ada").manual_score = 1.5
        gradebook.db.commit()
    return course


@pytest.fixture
def graded(graded_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that course, to do with as a test likes."""
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    return Path(shutil.copytree(graded_once, tmp_path / "graded"))


def test_the_roads_can_be_changed_in_the_middle_and_scores_by_hand_stay(graded: Path) -> None:
    wrong = changed(classroom.solved(classroom.small_notebook(graded)), "twice_code", "2.0", "3.0")
    hand_in(graded, "ada", wrong)
    run(graded, "autograder", "grade")
    assert grades(graded, "ada")["twice"] == (0.0, None, False)
    assert grades(graded, "ada")["text_why"] == (None, 1.5, False)
    hand_in(graded, "ada", classroom.solved(classroom.small_notebook(graded)))
    run(graded, "nbgrader", "autograde", ASSIGNMENT, "--force")
    assert grades(graded, "ada")["twice"] == (2.0, None, False)
    assert grades(graded, "ada")["text_why"] == (None, 1.5, False)
    document = classroom.solved(classroom.small_notebook(graded))
    classroom.find(document, "text_why")["source"] = "Something else."
    hand_in(graded, "ada", document)
    run(graded, "nbgrader", "autograde", ASSIGNMENT, "--force")
    assert grades(graded, "ada")["text_why"] == (None, 1.5, True)
    run(graded, "autograder", "grade", "--force")
    assert grades(graded, "ada")["text_why"] == (None, 1.5, True)


def test_when_nbgrader_fails_on_a_regrade_the_old_score_is_marked(graded: Path) -> None:
    hand_in(graded, "ada", BROKEN)
    run(graded, "nbgrader", "autograde", ASSIGNMENT, "--force", ok=False)
    assert grades(graded, "ada")["twice"] == (2.0, None, True)
    assert all("Not up to date" in (text or "") for text in comments(graded, "ada").values())


def test_nbgrader_says_so_when_a_row_was_taken_away(graded: Path) -> None:
    with opened(graded) as gradebook:
        gradebook.add_grade_cell("gone", NAME, ASSIGNMENT, max_score=1, cell_type="code")
        gradebook.add_source_cell("gone", NAME, ASSIGNMENT, cell_type="code", source="check()")
    said = run(graded, "nbgrader", "autograde", ASSIGNMENT, "--force", ok=False)
    assert "has scores for gone in 01_small, rows that the assignment has no longer" in said
    assert grades(graded, "ada")["twice"] == (2.0, None, True)


@pytest.fixture(scope="module")
def released_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A course that nbgrader's own command has released once more; the notebook as it was before.

    The command makes the gradebook.
    """
    course = classroom.make_course(tmp_path_factory.mktemp("released") / "course")
    assert release(course).ok
    before = (course / ASSIGNMENTS / ASSIGNMENT / f"{NAME}.ipynb").read_bytes()
    run(course, "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    return course, before


def test_nbgraders_own_command_makes_the_same_release(released_once: tuple[Path, bytes]) -> None:
    course, before = released_once
    assert (course / ASSIGNMENTS / ASSIGNMENT / f"{NAME}.ipynb").read_bytes() == before
    with opened(course) as gradebook:
        cells = gradebook.find_notebook(NAME, ASSIGNMENT).grade_cells
        assert {cell.name: cell.max_score for cell in cells} == {
            row.id: row.points for row in classroom.small_notebook(course).rows
        }


def test_a_release_of_nbgraders_own_and_grading_share_a_gradebook(
    released_once: tuple[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    course = Path(shutil.copytree(released_once[0], tmp_path / "course"))
    hand_in(course, "ada", classroom.solved(classroom.small_notebook(course)))
    run(course, "autograder", "grade")
    run(course, "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    assert grades(course, "ada")["twice"] == (2.0, None, False)


def test_the_gradebook_is_the_one_that_nbgrader_makes(
    course: Path, released_once: tuple[Path, bytes]
) -> None:
    """The same tables, version and cells as `nbgrader generate_assignment` leaves."""
    desk = Desk(course)
    desk.hand_in("ada")
    desk.write(result("ada"))

    def cells(root: Path) -> set[tuple[object, ...]]:
        with sqlite3.connect(root / "gradebook.db") as database:
            found = database.execute(
                "select s.name, s.cell_type, s.locked, s.source, s.checksum, b.type, g.max_score"
                " from source_cell s left join base_cell b on b.name = s.name"
                " left join grade_cells g on g.id = b.id"
            )
            rows = set(found.fetchall())
            (version,) = database.execute("select version_num from alembic_version").fetchone()
            notebook = database.execute("select name, kernelspec from notebook").fetchall()
        database.close()
        return rows | {(version,)} | set(notebook)

    assert cells(desk.root) == cells(released_once[0])


def test_a_locked_gradebook_costs_no_result(graded: Path) -> None:
    shutil.rmtree(graded / "autograded")
    other = sqlite3.connect(graded / "gradebook.db")
    other.execute("begin exclusive")
    try:
        impatient = f"sqlite:///{graded / 'gradebook.db'}?timeout=0.2"
        said = run(graded, "autograder", "grade", "--gradebook", impatient, ok=False)
    finally:
        other.close()
    assert "locked" in said and "Traceback" not in said
    assert results(graded)["ada"]["score"] == 9.5
    said = run(graded, "autograder", "grade")
    assert "0 graded now, 1 stood already" in said
    assert (graded / "autograded" / "ada" / ASSIGNMENT / f"{NAME}.ipynb").exists()


LATE = classroom.CONFIG + 'c.LateSubmissionPlugin.penalty_method = "zero"\n'


def test_penalties_for_being_late_are_the_same_on_both_roads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    penalties = []
    for road in (["autograder", "grade", "--force"], ["nbgrader", "autograde", ASSIGNMENT]):
        course = classroom.make_course(tmp_path / road[0], LATE)
        notebook = classroom.small_notebook(course)
        with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "backprop") as gradebook:
            gradebook.add_assignment(ASSIGNMENT, duedate=datetime(2026, 11, 1))
        for student, day in (("early", "2026-10-31"), ("late", "2026-11-02")):
            path = hand_in(course, student, classroom.solved(notebook))
            path.with_name("timestamp.txt").write_text(f"{day} 12:00:00 UTC")
        run(course, *road)
        with opened(course) as gradebook:
            penalties.append(
                {
                    student: gradebook.find_submission(ASSIGNMENT, student).late_submission_penalty
                    for student in ("early", "late")
                }
            )
    assert penalties == [{"early": 0.0, "late": 9.5}] * 2


def test_a_row_that_waits_for_a_person_says_why(both: tuple[Path, Path]) -> None:
    for root in both:
        assert grades(root, "differentiates")["scale_backward"] == (None, None, True)
        shown = classroom.find({"cells": cells(root, "differentiates")}, "scale_backward")
        assert "differentiate numerically" in json.dumps(shown["outputs"])
