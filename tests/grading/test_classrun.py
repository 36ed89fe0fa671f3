"""A class run in one process: statuses, what is graded anew, what is kept when things break."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from autograder.course import load_course
from autograder.errors import CourseError, GradingError
from autograder.grading.classrun import ClassReport, ResultSink, grade_class
from autograder.grading.grade import Graded
from autograder.grading.result import Result
from autograder.grading.store import Store
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms, grade_handin

from .conftest import ASSIGNMENT, Class


class Here:
    """A pool that grades in this process, at once."""

    width = 1

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.asked: list[str] = []

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded]:
        self.asked.append(handin.student)
        future: Future[Graded] = Future()
        try:
            if self.fault is not None:
                raise self.fault
            future.set_result(grade_handin(handin, terms))
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
    timeout: float = 10.0,
) -> tuple[ClassReport, Here]:
    pool = pool or Here()
    report = grade_class(
        load_course(small.root),
        Terms(small.root, small.submitted, timeout=timeout),
        Store(small.results),
        lambda total: pool,
        roster=roster,
        force=force,
        sinks=sinks,
    )
    return report, pool


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


def test_a_cell_that_does_not_run_is_blamed(small_class: Class) -> None:
    small_class.hand_in(
        "ada", lambda text: text.replace("def twice(x):", "def twice(x:") + "\nsurplus = 1"
    )
    run(small_class)
    row = next(r for r in small_class.result("ada")["rows"] if r["id"] == "twice")
    assert row["status"] == "error"
    assert "SyntaxError" in row["findings"][0]["message"]
    assert small_class.rows("ada")["scale_forward"] == "right"


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


def test_a_changed_exercise_is_graded_anew(small_class: Class) -> None:
    small_class.hand_in("ada")
    run(small_class)
    source = small_class.notebook.path
    source.write_text(source.read_text() + "\n# a comment\n")
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
    import autograder.grading.workplace as workplace

    true = workplace.grade

    def grade(handin: Handin, *arguments: Any) -> Graded:
        if handin.student == "bob":
            raise ZeroDivisionError("a mistake of ours")
        return true(handin, *arguments)

    monkeypatch.setattr(workplace, "grade", grade)
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


def test_a_full_disk_keeps_what_is_written(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    written: list[str] = []
    put = Store.put

    def fills_up(self: Store, result: Result, student: str | None = None) -> Path:
        if written:
            raise GradingError("cannot write: No space left on device")
        written.append(result.student)
        return put(self, result, student)

    monkeypatch.setattr(Store, "put", fills_up)
    with pytest.raises(GradingError, match="No space left"):
        run(small_class)
    assert small_class.result(written[0])["status"] == "graded"
    monkeypatch.setattr(Store, "put", put)
    assert set(run(small_class)[1].asked) == {"ada", "bob", "eve"} - set(written)


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

    class Interrupted(Here):
        def submit(self, handin: Handin, terms: Terms) -> Future[Graded]:
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().submit(handin, terms)

    report, _ = run(small_class, Interrupted(), sinks=[sink])
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
