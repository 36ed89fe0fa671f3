"""A class run in one process: statuses, what is graded anew, what is kept when things break."""

import errno
import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.course import Notebook, load_course
from autograder.course.questions import further_question
from autograder.errors import CourseError, GradingError
from autograder.explain import Question
from autograder.grading import classrun, grade
from autograder.grading.classrun import grade_class
from autograder.grading.desk import Terms, grade_handin
from autograder.grading.grade import Graded
from autograder.grading.lines import Lined
from autograder.grading.result import Result
from autograder.grading.store import ClassReport, ResultSink, Store
from autograder.grading.submission import Handin

from .conftest import ASSIGNMENT, Class


class Here:
    """A pool that grades in this process, at once."""

    width = 1

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.asked: list[str] = []
        self.rows: dict[str, set[str]] = {}

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        self.asked.append(handin.student)
        future: Future[Graded | Lined] = Future()
        try:
            if self.fault is not None:
                raise self.fault
            graded = grade_handin(handin, terms)
            if isinstance(graded, Graded):
                self.rows[handin.student] = {row.id for row in graded.result.rows}
            future.set_result(graded)
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self) -> None: ...


def run(
    small: Class,
    pool: Here | None = None,
    *,
    sinks: Sequence[ResultSink] = (),
    force: bool = False,
    roster: Sequence[str] = (),
    accept: Sequence[str] = (),
    submitted: Path | None = None,
    timeout: float = 10.0,
    explain: bool = False,
) -> tuple[ClassReport, Here]:
    pool = pool or Here()
    report = grade_class(
        load_course(small.root),
        Terms(small.root, submitted or small.submitted, timeout=timeout),
        Store(small.results),
        lambda total: pool,
        roster=roster,
        accept=accept,
        force=force,
        explain=explain,
        sinks=sinks,
    )
    return report, pool


def test_the_same_code_is_looked_at_once_and_no_score_changes(small_class: Class) -> None:
    for student in ("ada", "ben"):
        small_class.hand_in(
            student, lambda text: text.replace("np.sum(dout * x)", "np.mean(dout * x)")
        )
    small_class.hand_in("eve")
    report, _ = run(small_class)
    scores = [result.score for result in report.results]
    report, pool = run(small_class, force=True, explain=True)
    assert [result.score for result in report.results] == scores
    assert pool.asked == ["ada", "ben", "eve", "ada"]
    places = []
    for student in ("ada", "ben"):
        found = [f for row in small_class.result(student)["rows"] for f in row["findings"]]
        told = [f for f in found if "where" in f]
        assert told and all(f["kind"] and not f.get("hidden") for f in told)
        places.append({tuple(f["where"].values()) for f in told})
    assert places[0] == places[1] and len(places[0]) == 1


def test_a_run_holds_scores_and_the_files_hold_what_was_found(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(Path(f"/proc/self/fd/{fd}").readlink()), fsync(fd))
    )
    monkeypatch.setattr(classrun, "BATCH", 2)
    for student in ("ada", "ben", "eve"):
        small_class.hand_in(
            student, lambda text: text.replace("np.sum(dout * x)", "np.mean(dout * x)")
        )
    report, _ = run(small_class, force=True, explain=True)
    ada, ben, _ = report.results
    assert not any(row.findings for row in ada.rows)
    assert all(one is other for one, other in zip(ada.rows, ben.rows, strict=True))
    on_file = Store(small_class.results).get(ASSIGNMENT, "ada")
    assert on_file is not None and [r.score for r in on_file.rows] == [r.score for r in ada.rows]
    assert any(row.findings for row in on_file.rows)
    # The disk is waited for, for several results at once.
    assert {p.name for p in synced} >= {"ada.json", "ben.json", "eve.json"}


@pytest.mark.parametrize("again", [True, False])
def test_a_result_that_the_disk_refuses_late_is_written_anew_and_nobody_else_is_blamed(
    small_class: Class, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    def refusing(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        if name == "ada.json" or (name.endswith(".tmp") and not again):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(classrun, "BATCH", 2)
    for student in ("ada", "ben", "eve"):
        small_class.hand_in(student)
    monkeypatch.setattr(os, "fsync", refusing)
    report, _ = run(small_class)
    assert [(r.student, r.status) for r in report.results] == [
        (student, "graded") for student in ("ada", "ben", "eve")
    ]
    assert (report.fresh, report.ok) == (3, again)
    assert all("ada.json" in problem for problem in report.problems)
    assert small_class.result("ada")["status"] == small_class.result("ben")["status"] == "graded"


def test_a_line_that_other_cases_do_not_confirm_is_not_told(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubled(notebook: Notebook, name: str) -> Question:
        question = further_question(notebook, name)
        changed = [
            replace(e, outputs={
                row: {name: replace(x, value=np.multiply(2, x.value)) for name, x in of.items()}
                for row, of in e.outputs.items()
            })
            for e in question.expectations
        ]  # fmt: skip
        return replace(question, expectations=tuple(changed))

    small_class.hand_in("ada", lambda text: text.replace("np.sum(dout * x)", "np.mean(dout * x)"))
    for further, told in ((further_question, True), (doubled, False)):
        monkeypatch.setattr(grade, "further_question", further)
        run(small_class, force=True, explain=True)
        found = [f for row in small_class.result("ada")["rows"] for f in row["findings"]]
        assert any("where" in f for f in found) == told


def test_right_starter_missing_and_unreadable(small_class: Class) -> None:
    small_class.hand_in("ada")
    small_class.hand_in("starter", solved=False)
    small_class.write("garbage", "{not json")
    (small_class.submitted / "empty" / ASSIGNMENT).mkdir(parents=True)
    report, _ = run(small_class, roster=["on the roster"])
    assert report.ok
    found = {r.student: (r.status, r.score) for r in report.results}
    top = sum(row.points for row in small_class.notebook.rows if not row.manual)
    assert found == {
        "ada": ("graded", top),
        "starter": ("graded", 0),
        "garbage": ("unreadable", 0),
        "empty": ("missing", 0),
        "on the roster": ("missing", 0),
    }
    ids = [row.id for row in small_class.notebook.rows]
    for student in found:
        body = small_class.result(student)
        assert [row["id"] for row in body["rows"]] == ids  # every row is listed
        assert body["points"] == small_class.notebook.points
        assert body["score"] == sum(row["score"] for row in body["rows"])
    assert "not JSON" in small_class.result("garbage")["message"]
    assert set(small_class.rows("ada").values()) == {"right", "manual"}


def test_the_notebook_of_another_assignment_is_pointed_out(small_class: Class) -> None:
    cell = {"cell_type": "code", "metadata": {}, "source": "def rnn_forward(x):\n    return x"}
    small_class.write("lost", {"nbformat": 4, "nbformat_minor": 5, "cells": [cell]})
    small_class.hand_in("starter", solved=False)
    run(small_class)
    lost, starter = small_class.result("lost"), small_class.result("starter")
    assert (lost["status"], lost["score"]) == ("graded", 0)
    assert "notebook of another assignment?" in lost["message"]
    assert "message" not in starter


def test_forged_cells_change_nothing(small_class: Class) -> None:
    path = small_class.hand_in("eve", lambda text: text.replace("np.sum(dout * x)", "0.0"))
    body = json.loads(path.read_text())
    for cell in body["cells"]:
        cell["metadata"] = {"nbgrader": {"points": 1000, "grade": True, "grade_id": "x"}}
    forged = {"grade": True, "grade_id": "scale_backward", "points": 99, "locked": False}
    body["cells"] += [
        {"cell_type": "code", "source": "5.0", "metadata": {"nbgrader": forged}},
        {"cell_type": "code", "source": "check = lambda f: 5.0", "metadata": {}},
    ]
    small_class.write("eve", body)
    run(small_class)
    result = small_class.result("eve")
    assert small_class.rows("eve")["scale_backward"] == "partial"
    assert result["points"] == small_class.notebook.points
    assert result["score"] < result["points"]


HEADS = {
    "def twice(x:": "",
    "\ufeffdef twice(x):": "U+FEFF",
    "\u200bdef twice(x):": "U+200B",
    "def\u00a0twice(x):": "U+00A0",
    "def twi\u00adce(x):": "U+00AD",
    "def twice(x):\n\x85": "U+0085",
    "async def twice(x)\uff1a": "U+FF1A",
    "def twice(x):  # \0": "U+0000",
}


def test_a_cell_that_does_not_run_is_blamed(small_class: Class) -> None:
    for number, head in enumerate(HEADS):
        edit = lambda text, head=head: text.replace("def twice(x):", head) + "\nsurplus = 1"  # noqa: E731
        small_class.hand_in(f"s{number}", edit)
    run(small_class)
    for number, code in enumerate(HEADS.values()):
        row = next(r for r in small_class.result(f"s{number}")["rows"] if r["id"] == "twice")
        assert row["status"] == "error"
        assert "SyntaxError" in row["findings"][0]["message"]
        said = row["findings"][0].get("explanation")
        assert (said["fact"]["values"]["code"] if said else "") == code
        assert small_class.rows(f"s{number}")["scale_forward"] == "right"


def test_a_hang_costs_its_own_rows(small_class: Class) -> None:
    loop = "def twice(x):\n    while True: pass"
    small_class.hand_in("ada", lambda text: text.replace("def twice(x):", loop))
    report, pool = run(small_class, timeout=0.5)
    assert pool.asked == ["ada", "ada"]  # repeated once
    rows = small_class.rows("ada")
    assert rows.pop("twice") == "timeout"
    assert set(rows.values()) == {"right", "manual"}
    assert report.ok


def test_what_did_not_change_is_not_graded_again(small_class: Class) -> None:
    small_class.hand_in("ada")
    small_class.hand_in("bob")
    assert set(run(small_class)[1].asked) == {"ada", "bob"}
    report, pool = run(small_class)
    assert pool.asked == [] and report.fresh == 0 and len(report.results) == 2
    small_class.hand_in("bob", lambda text: text + "\n# one more thought")
    assert run(small_class)[1].asked == ["bob"]
    assert set(run(small_class, force=True)[1].asked) == {"ada", "bob"}


SCALE = "scale_forward scale_backward"
ALL = f"{SCALE} twice Counter answer_small text_why"


PROSE = {
    "# %% [markdown]\n": "# %% [markdown]\n# A typo mended.\n#\n",
    "    ### BEGIN SOLUTION\n": "    ### BEGIN SOLUTION\n    # a comment\n",
    '"""Send the gradient back.': '"""Send it back.',
    "# A function that calls another.": "# One that calls another.",
    '"A product.", ': '"It is a product.", ',
    "plt.plot(np.arange(3))": "plt.plot(np.arange(4))",
    'says="The sign of one."': 'says="A sign."',
    "cache = (x, a)": "cache = x, (a)",
    "def wrong_backward": "def wrongly_backward",  # a function that is no exercise's
    "scale_backward, wrong_backward": "scale_backward, wrongly_backward",
}


@pytest.mark.parametrize(
    ("changes", "right", "wrong"),
    [
        (PROSE, "", ""),
        ({"is averaged; it": "is averaged, and it"}, "", "scale_backward"),
        ({'says="Twice too big.", follow=True': 'says="Too big."'}, "", "scale_backward"),
        ({'points={"forward": 1,': 'points={"forward": 2,'}, SCALE, SCALE),
        ({"dx = a * dout": "dx = dout * a"}, SCALE, SCALE),
        ({"cache = (x, a)": "cache = (x, +a)"}, f"{SCALE} twice", f"{SCALE} twice"),
        ({"return helper(out)": "return helper(1 * out)"}, "twice", "twice"),
        ({"points=2, rubric": "points=3, rubric"}, "text_why", "text_why"),
        ({"return 2 * x": "return x * 2"}, ALL, ALL),  # a student may call it from anywhere
        ({"import numpy as np\n": "import math\nimport numpy as np\n"}, ALL, ALL),
    ],
    ids=lambda value: "prose" if value is PROSE else None,
)
def test_only_the_rows_on_which_a_change_bears_are_graded_anew(
    small_class: Class, changes: dict[str, str], right: str, wrong: str
) -> None:
    small_class.hand_in("right")
    small_class.hand_in("wrong", lambda text: text.replace("np.sum(dout * x)", "np.mean(dout * x)"))
    assert run(small_class)[1].rows == {s: set(ALL.split()) for s in ("right", "wrong")}
    before = {student: small_class.result(student) for student in ("right", "wrong")}
    source = small_class.notebook.path
    text = source.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    source.write_text(text)
    report, pool = run(small_class)
    anew = {"right": set(right.split()), "wrong": set(wrong.split())}
    assert pool.rows == {student: rows for student, rows in anew.items() if rows}
    assert report.ok and report.fresh == len(pool.rows)
    for student, rows in anew.items():
        after = small_class.result(student)
        assert [r["id"] for r in after["rows"]] == ALL.split()
        kept = [r for r in after["rows"] if r["id"] not in rows]
        assert kept == [r for r in before[student]["rows"] if r["id"] not in rows]
        assert after["score"] == sum(r["score"] for r in after["rows"])
        assert after["points"] == sum(r["points"] for r in after["rows"])
    assert run(small_class)[1].asked == []
    # What was put together is what grading all of it gives.
    put_together = {student: small_class.result(student) for student in anew}
    assert set(run(small_class, force=True)[1].asked) == set(anew)
    for student, one in put_together.items():
        assert small_class.result(student) | {"seconds": one["seconds"]} == one


def test_rows_that_come_go_and_move(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    source = small_class.notebook.path
    text = source.read_text()
    answer = text[text.index("small = Answer(") : text.index("why = Text(")]
    without = text.replace(answer, "")
    for state, graded in (
        (
            text.replace(answer, "").replace("twice_exercise = ", answer + "twice_exercise = "),
            set(),
        ),
        (without, set()),
        (text, {"answer_small"}),
    ):
        source.write_text(state)
        assert run(small_class)[1].rows == ({"ada": graded} if graded else {})
    notebook = load_course(small_class.root).assignment(ASSIGNMENT)
    body = small_class.result("ada")
    assert [row["id"] for row in body["rows"]] == [row.id for row in notebook.rows]
    assert body["points"] == notebook.points


def test_a_change_while_rows_are_graded_anew_costs_no_grade(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    score = small_class.result("ada")["score"]
    source = small_class.notebook.path
    source.write_text(source.read_text().replace("dx = a * dout", "dx = dout * a"))

    class Meanwhile(Here):
        def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
            small_class.hand_in("ada", lambda text: text + "\n#")
            return super().submit(handin, terms)

    report, pool = run(small_class, Meanwhile())
    assert pool.rows == {"ada": set(ALL.split())} and report.ok  # another notebook: all of it
    result = Store(small_class.results).path(ASSIGNMENT, "ada")
    source.write_text(source.read_text().replace("dx = dout * a", "dx = a * dout"))

    class Removing(Here):
        def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
            result.unlink()
            return super().submit(handin, terms)

    report, pool = run(small_class, Removing())
    assert pool.rows == {"ada": set(SCALE.split())}
    assert not report.ok and "Run the same command again" in small_class.result("ada")["message"]
    assert run(small_class)[0].ok and small_class.result("ada")["score"] == score


def test_data_beside_the_notebook_bear_on_a_grade_and_prose_does_not(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    (small_class.notebook.path.parent / "notes.md").write_text("for the lecture")
    assert run(small_class)[1].asked == []
    (small_class.notebook.path.parent / "words.csv").write_text("1")
    assert run(small_class)[1].asked == ["ada"]


def test_another_secret_is_graded_anew(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    before = small_class.result("ada")["digest"]
    (small_class.root / ".secret" / "course.seed").write_text("0" * 64)
    assert run(small_class)[1].asked == ["ada"]
    assert small_class.result("ada")["digest"] != before


def test_handing_in_late_replaces_missing(small_class: Class) -> None:
    (small_class.submitted / "ada" / ASSIGNMENT).mkdir(parents=True)
    run(small_class)
    small_class.hand_in("ada")
    run(small_class)
    assert small_class.result("ada")["status"] == "graded"


def test_the_graders_own_fault_is_failed_and_tried_again(small_class: Class) -> None:
    small_class.hand_in("ada")
    report, _ = run(small_class, Here(GradingError("the sandbox broke")))
    assert not report.ok
    body = small_class.result("ada")
    assert (body["status"], body["score"], body["digest"]) == ("failed", 0, "")
    assert body["message"] == "the sandbox broke"
    assert run(small_class)[1].asked == ["ada"]
    assert small_class.result("ada")["status"] == "graded"


def test_an_old_score_is_stale_after_a_failed_regrade(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    score = small_class.result("ada")["score"]
    small_class.hand_in("ada", lambda text: text + "\n#")
    for _ in range(2):
        report, _ = run(small_class, Here(GradingError("the sandbox broke")))
        body = small_class.result("ada")
        assert (body["status"], body["score"]) == ("stale", score)
        assert not report.ok
    run(small_class)
    assert small_class.result("ada")["status"] == "graded"


def test_a_fault_in_the_grader_costs_one_submission(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.grading import desk

    true = desk.grade

    def grade(handin: Handin, *arguments: Any) -> Graded:
        if handin.student == "bob":
            raise ZeroDivisionError("a mistake of ours")
        return true(handin, *arguments)

    monkeypatch.setattr(desk, "grade", grade)
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    report, _ = run(small_class)
    assert {r.student: r.status for r in report.results} == {
        "ada": "graded",
        "bob": "failed",
        "eve": "graded",
    }
    assert "ZeroDivisionError" in small_class.result("bob")["message"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_we_may_not_read_is_failed(small_class: Class) -> None:
    small_class.hand_in("ada").chmod(0)
    report, _ = run(small_class)
    assert [r.status for r in report.results] == ["failed"]


def refusing(monkeypatch: pytest.MonkeyPatch, students: str, number: int) -> None:
    """Let the file system refuse the results of some students."""
    import autograder.grading.store as store

    true = store.write_whole

    def write_whole(path: Path, content: bytes, **how: Any) -> None:
        if path.stem in students.split():
            raise OSError(number, os.strerror(number))
        true(path, content, **how)

    monkeypatch.setattr(store, "write_whole", write_whole)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_result_that_cannot_be_written_costs_that_one(
    small_class: Class, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    small_class.write("garbage", "{not json")
    sink = Gradebook()
    with monkeypatch.context() as patch:
        refusing(patch, "bob nobody", number)
        report, _ = run(small_class, sinks=[sink], roster=["nobody"])
    assert not report.ok and report.remaining == 0
    found = {r.student: r.status for r in report.results}
    assert found == {
        "ada": "graded", "bob": "failed", "eve": "graded", "garbage": "unreadable",
        "nobody": "failed",
    }  # fmt: skip
    assert len(sink.written) == 5
    (why,) = (r.message for r in report.results if r.student == "bob")
    assert os.strerror(number) in why and ("free" in why) == (number == errno.ENOSPC)
    assert run(small_class, roster=["nobody"])[1].asked == ["bob"]


class Gone(Here):
    """Somebody removes a folder when a student is about to be graded."""

    def __init__(self, folder: Path, student: str = "bob") -> None:
        super().__init__()
        self.folder, self.student = folder, student

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        if handin.student == self.student:
            shutil.rmtree(self.folder)
        return super().submit(handin, terms)


def test_results_that_vanish_during_a_run_are_written_again(small_class: Class) -> None:
    small_class.hand_in("abe")
    run(small_class)
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    report, _ = run(small_class, Gone(small_class.results, "eve"))
    assert [r.status for r in report.results] == 4 * ["graded"]
    (who,) = (who for text, who in report.notes.items() if "written again" in text)
    assert who == [f"{ASSIGNMENT}, {student}" for student in ("abe", "ada", "bob")]
    assert run(small_class)[1].asked == []


@pytest.mark.parametrize("whole", [False, True])
def test_a_folder_that_vanishes_during_a_run_costs_no_grade(
    small_class: Class, tmp_path: Path, whole: bool
) -> None:
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    run(small_class)
    scores = {student: small_class.result(student)["score"] for student in ("bob", "eve")}
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student, lambda text: text + "\n#")
    kept = shutil.copytree(small_class.submitted, tmp_path / "kept")
    gone = small_class.submitted if whole else small_class.submitted / "bob"
    report, _ = run(small_class, Gone(gone))
    lost = {"bob", "eve"} if whole else {"bob"}
    found = {r.student: r.status for r in report.results}
    assert found == {s: "stale" if s in lost else "graded" for s in ("ada", "bob", "eve")}
    for student in lost:
        body = small_class.result(student)
        assert body["score"] == scores[student] and "No such file" in body["message"]
        assert "\n" not in body["message"]
    if whole:
        with pytest.raises(CourseError, match="is no folder"):
            run(small_class)
    shutil.copytree(kept, small_class.submitted, dirs_exist_ok=True)
    report, pool = run(small_class)
    assert set(pool.asked) == lost and report.ok


def test_a_clock_that_jumps_changes_nothing(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the wall clock nor the dates of files say what is new: the contents do."""
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    jumps = iter(range(10**9))
    monkeypatch.setattr("time.time", lambda: (-1) ** next(jumps) * 1e9 + 1.7e9)
    report, _ = run(small_class)
    assert {r.status for r in report.results} == {"graded"}
    for moment in (0, 4e9):
        for path in [*small_class.submitted.rglob("*"), *small_class.results.rglob("*")]:
            os.utime(path, (moment, moment))
        assert run(small_class)[1].asked == []
    path = small_class.hand_in("bob", lambda text: text + "\n#")
    os.utime(path, (0, 0))
    assert run(small_class)[1].asked == ["bob"]


def test_a_folder_in_the_place_of_a_result_is_moved_aside(small_class: Class) -> None:
    for student in ("ada", "bob"):
        small_class.hand_in(student)
    (small_class.results / ASSIGNMENT / "bob.json").mkdir(parents=True)
    report, _ = run(small_class)
    assert {r.student: r.status for r in report.results} == {"ada": "graded", "bob": "graded"}
    assert (small_class.results / ASSIGNMENT / "bob.json.damaged").is_dir()


def test_where_nothing_can_be_written_the_run_ends(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    probe = Store.probe
    probed: list[str] = []

    def full(self: Store) -> None:
        probed.append("")
        if len(probed) > 1:
            raise GradingError("cannot write: No space left on device")
        probe(self)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "probe", full)
        refusing(patch, "bob", errno.ENOSPC)
        with pytest.raises(GradingError, match="No space left"):
            run(small_class)
    assert small_class.result("ada")["status"] == "graded"
    assert set(run(small_class)[1].asked) == {"bob", "eve"}


def test_any_name_of_a_folder_is_graded(small_class: Class) -> None:
    odd = ["a\nb", "caf\udce9", "%41", "CON", "-rf", "a b;c", "{0}", "~"]
    for name in ("x" * 252, "é" * 126, *odd, "ada"):
        small_class.hand_in(name)
    assert [r.status for r in run(small_class)[0].results] == ["graded"] * 11
    assert run(small_class)[1].asked == []


@pytest.mark.parametrize("damage", ["", "{", '{"schema": 1}', "older"])
def test_a_damaged_result_is_kept_aside_and_said(small_class: Class, damage: str) -> None:
    small_class.hand_in("ada")
    run(small_class)
    path = small_class.results / ASSIGNMENT / "ada.json"
    text = path.read_text().replace('"schema": 1', '"schema": 0') if damage == "older" else damage
    path.write_text(text)
    report, pool = run(small_class)
    assert pool.asked == ["ada"] and report.ok
    assert path.with_name("ada.json.damaged").read_text() == text
    ((note, whose),) = report.notes.items()
    assert "cannot be read" in note and whose == [f"{ASSIGNMENT}, ada"]
    path.write_text(text)
    small_class.path("ada").unlink()
    small_class.hand_in("bob")
    for _ in range(2):  # what was in it is not taken for nothing
        report, _ = run(small_class, roster=["ada"])
        (result,) = (result for result in report.results if result.student == "ada")
        assert result.status == "failed" and "nothing is there to be graded" in result.message


class Gradebook:
    """A sink that may break."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.written: list[tuple[str, bool]] = []
        self.closed = 0

    def write(self, handin: Handin, result: Result, fresh: bool) -> None:
        if self.fault is not None:
            raise self.fault
        self.written.append((result.student, fresh))

    def close(self) -> None:
        self.closed += 1


def test_sinks_get_every_result_and_are_told_what_is_new(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    small_class.hand_in("bob")
    sink = Gradebook()
    run(small_class, sinks=[sink])
    assert sorted(sink.written) == [("ada", False), ("bob", True)]
    assert sink.closed == 1


@pytest.mark.parametrize("fault", [GradingError("the gradebook is locked"), KeyError("what")])
def test_a_broken_gradebook_does_not_stop_the_grading(small_class: Class, fault: Exception) -> None:
    for student in ("ada", "bob"):
        small_class.hand_in(student)
    broken, whole = Gradebook(fault), Gradebook()
    report, _ = run(small_class, sinks=[broken, whole])
    assert [r.status for r in report.results] == ["graded", "graded"]
    assert len(whole.written) == 2 and broken.closed == 1
    assert not report.ok and len(report.problems) == 1


def test_an_interruption_keeps_what_is_done(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    sink = Gradebook()
    report, _ = run(small_class, StopsAfter(), sinks=[sink])
    assert report.stopped and not report.ok
    assert sink.closed == 1
    done = {r.student for r in report.results}
    assert done and report.remaining == 3 - len(done) > 0
    _, pool = run(small_class)
    assert set(pool.asked) == {"ada", "bob", "eve"} - done


def test_an_unknown_assignment(small_class: Class) -> None:
    with pytest.raises(CourseError, match="99_none"):
        grade_class(
            load_course(small_class.root),
            Terms(small_class.root, small_class.submitted),
            Store(small_class.results),
            lambda total: Here(),
            assignments=["99_none"],
        )


def test_a_late_batch_takes_no_grade_away(small_class: Class, tmp_path: Path) -> None:
    late = tmp_path / "late"
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    small_class.write("garbage", "{not json")
    (small_class.submitted / "nobody").mkdir()
    (small_class.submitted / "mia" / ASSIGNMENT).mkdir(parents=True)
    (small_class.submitted / "mia" / ASSIGNMENT / "small.zip").write_text("PK")
    run(small_class)
    names = ("ada", "bob", "eve", "garbage", "mia")
    before = {name: small_class.result(name) for name in names}
    for student in ("new", "bob"):
        path = small_class.hand_in(student, lambda text: text.replace("np.sum(dout * x)", "0.0"))
        (late / student / ASSIGNMENT).mkdir(parents=True)
        shutil.copy(path, late / student / ASSIGNMENT)
    (late / "eve" / ASSIGNMENT).mkdir(parents=True)  # an empty folder is an absence, too
    sink = Gradebook()
    # ada is known to the gradebook, garbage only by the result on file
    report, pool = run(
        small_class, submitted=late, roster=["ada", "bob", "mia", "nobody"], sinks=[sink]
    )
    assert sorted(pool.asked) == ["bob", "new"] and report.ok
    assert sorted(r.student for r in report.kept) == ["ada", "eve", "garbage"]
    assert {name: small_class.result(name) for name in names if name != "bob"} == {
        name: found for name, found in before.items() if name != "bob"
    }
    assert small_class.result("bob")["score"] < before["bob"]["score"]
    assert small_class.result("nobody")["status"] == "missing"
    assert sorted(sink.written) == [
        ("ada", False), ("bob", True), ("eve", False), ("garbage", False), ("mia", False),
        ("new", True), ("nobody", False),
    ]  # fmt: skip
    assert run(small_class, submitted=late, force=True)[1].asked == ["bob", "new"]
    assert small_class.result("ada") == before["ada"]


@pytest.mark.parametrize("what", ["unreadable", "unclear"])
def test_a_score_yields_to_nothing_but_a_score(small_class: Class, what: str) -> None:
    path = small_class.hand_in("ada")
    run(small_class)
    score = small_class.result("ada")["score"]
    whole = path.read_text()
    if what == "unreadable":
        path.write_text(whole[:200])
    else:
        path.rename(path.with_name("small-final.ipynb"))
    for fresh in (1, 0):  # once; then it is known
        report, _ = run(small_class)
        assert report.ok and report.fresh == fresh
        body = small_class.result("ada")
        assert (body["status"], body["score"]) == ("stale", score)
        assert "What lies there now has no score" in body["message"]
    path.write_text(whole)
    run(small_class)
    assert small_class.result("ada")["status"] == "graded"


def test_what_lies_under_another_name_is_unclear_until_it_is_accepted(small_class: Class) -> None:
    path = small_class.hand_in("ada")
    other = path.rename(path.with_name("small (1).ipynb"))
    report, pool = run(small_class)
    assert report.ok and pool.asked == []
    body = small_class.result("ada")
    assert (body["status"], body["score"], body["digest"] != "") == ("unclear", 0, True)
    assert f"there is {ASSIGNMENT}/small (1).ipynb" in body["message"]
    assert run(small_class)[0].fresh == 0
    assert run(small_class, accept=["small (1).ipynb"])[1].asked == ["ada"]
    body = small_class.result("ada")
    assert (body["status"], body["file"]) == ("graded", f"{ASSIGNMENT}/small (1).ipynb")
    assert run(small_class)[1].asked == []  # what was accepted stays accepted
    assert small_class.result("ada")["status"] == "graded"
    other.write_text(other.read_text() + " ")
    assert run(small_class)[1].asked == ["ada"]
    small_class.hand_in("ada")
    run(small_class)
    body = small_class.result("ada")
    assert "file" not in body and "small (1).ipynb that lies beside it" in body["message"]


def test_a_first_handin_that_fails_leaves_no_old_score(small_class: Class) -> None:
    (small_class.submitted / "ada" / ASSIGNMENT).mkdir(parents=True)
    run(small_class)
    small_class.hand_in("ada")
    run(small_class, Here(GradingError("the sandbox broke")))
    assert small_class.result("ada")["status"] == "failed"  # and not an old 0 for nothing


class StopsAfter(Here):
    """A pool during which somebody presses Ctrl-C."""

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        if len(self.asked) == 2:
            raise KeyboardInterrupt
        return super().submit(handin, terms)


def test_a_forced_run_goes_on_where_it_was_stopped(small_class: Class) -> None:
    students = {"ada", "bob", "eve", "mia"}
    for student in students:
        small_class.hand_in(student)
    run(small_class)
    report, _ = run(small_class, StopsAfter(), force=True)
    done = {r.student for r in report.results}
    assert report.stopped and done and report.remaining == len(students - done) > 0
    assert all(small_class.result(s)["status"] == "graded" for s in students)
    assert set(run(small_class, force=True)[1].asked) == students - done
    assert set(run(small_class, force=True)[1].asked) == students  # the next one is a new one


def test_a_stop_while_looking_counts_what_waits(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    import autograder.grading.classrun as classrun

    for i in range(7):
        small_class.hand_in(f"s{i}")
    true = classrun.submission.fingerprint

    def fingerprint(path: Path, folder: Path) -> str:
        if "s3" in path.parts:
            raise KeyboardInterrupt
        return true(path, folder)

    monkeypatch.setattr(classrun.submission, "fingerprint", fingerprint)
    report, pool = run(small_class)
    assert report.stopped and report.remaining == 7 and not pool.asked

    def discover(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(classrun, "discover", discover)
    report, _ = run(small_class)
    assert report.stopped and report.remaining is None
