"""Scores in the gradebook and autograded notebooks, for results of every kind."""

import json
import logging
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, event

from autograder.checks.finding import Check, Finding, RowResult, Status
from autograder.course import Notebook, load_course
from autograder.errors import GradingError
from autograder.exercises.fact import fact
from autograder.grading.result import SCHEMA, Result, SubmissionStatus, from_row
from autograder.grading.submission import Handin
from autograder.integrations.collected import Collected, Taken, write_collected
from autograder.integrations.nbgrader import GradebookSink, sink
from autograder.integrations.nbgrader.gradebook import (
    PATIENCE_SECONDS,
    GradebookError,
    open_gradebook,
)
from autograder.integrations.nbgrader.rebuild import rebuild
from autograder.integrations.nbgrader.timestamps import parse_timestamp, read_timestamp
from tests.integrations import classroom
from tests.integrations.classroom import ASSIGNMENT, NAME, changed, find, hand_in
from tests.integrations.conftest import comments, grades, opened

POINTS = dict(zip(classroom.ROWS, (1.0, 2.5, 2.0, 3.0, 1.0, 2.0), strict=True))


def result(
    student: str,
    scores: dict[str, float] | None = None,
    status: SubmissionStatus = "graded",
    message: str = "",
) -> Result:
    """A result with these scores; the rows that are not named are right."""
    rows = []
    for row, points in POINTS.items():
        earned = (scores or {}).get(row, points)
        verdict: Status = "right" if earned == points else "wrong"
        findings = (
            ()
            if earned == points
            else (Finding(Check.VALUE, "out", fact=fact("moments.no_array", name=f"<b>{row}</b>")),)
        )
        if row == "text_why":
            earned, verdict, findings = 0.0, "manual", ()
        elif status != "graded" and status != "stale":
            earned, verdict = 0.0, "error"
        rows.append(RowResult(row, earned, points, verdict, {"out": False}, findings))
    return Result(
        schema=SCHEMA,
        student=student,
        assignment=ASSIGNMENT,
        status=status,
        score=sum(row.score for row in rows),
        points=sum(POINTS.values()),
        rows=tuple(map(from_row, rows)),
        isolation="full",
        seconds=0.1,
        digest="" if status in ("failed", "stale") else f"sha256:{student}{scores}{status}",
        message=message,
    )


class Desk:
    """A course whose results are written without grading anything."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.course = load_course(root)

    def write(
        self,
        *results: Result,
        fresh: bool = True,
        gradebook: str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        folder = self.root / "submitted"
        sink = GradebookSink(self.course, folder, gradebook, patience=patience)
        try:
            for one in results:
                path = self.root / "submitted" / one.student / ASSIGNMENT / f"{NAME}.ipynb"
                handin = Handin(one.student, ASSIGNMENT, path if path.exists() else None)
                sink.write(handin, one, fresh)
        finally:
            sink.close()

    def hand_in(self, student: str) -> Path:
        return hand_in(self.root, student, classroom.solved(self.notebook))

    @property
    def notebook(self) -> Notebook:
        return self.course.assignment(ASSIGNMENT)

    def autograded(self, student: str) -> Path:
        return self.root / "autograded" / student / ASSIGNMENT / f"{NAME}.ipynb"

    def by_hand(self, student: str, row: str, score: float) -> None:
        """Give a score as the formgrader does."""
        with opened(self.root) as gradebook:
            grade = gradebook.find_grade(row, NAME, ASSIGNMENT, student)
            grade.manual_score = score
            grade.needs_manual_grade = False
            gradebook.db.commit()


@pytest.fixture
def desk(course: Path) -> Desk:
    classroom.publish(course)
    return Desk(course)


def test_a_new_gradebook_gets_the_assignment_and_the_scores(desk: Desk) -> None:
    third = 2.5 / 3
    desk.hand_in("ada")
    desk.hand_in("Zoë Ω")
    desk.write(result("ada", {"scale_backward": third, "twice": 0.0}), result("Zoë Ω"))
    assert grades(desk.root, "ada") == {
        "scale_forward": (1.0, None, False),
        "scale_backward": (third, None, False),
        "twice": (0.0, None, False),
        "Counter": (3.0, None, False),
        "answer_small": (1.0, None, False),
        "text_why": (None, None, True),
    }
    with opened(desk.root) as gradebook:
        assignment = gradebook.find_assignment(ASSIGNMENT)
        assert (assignment.course_id, assignment.max_score) == ("backprop", classroom.POINTS)
        assert gradebook.find_submission(ASSIGNMENT, "Zoë Ω").score == 9.5
        assert {s.id for s in gradebook.students} == {"ada", "Zoë Ω"}


Change = Callable[[Desk, Result], Result]


def _again(desk: Desk, before: Result) -> Result:
    return msgspec.structs.replace(before, digest="sha256:of another kit", seconds=0.7)


def _prose(desk: Desk, before: Result) -> Result:
    """A typo outside every exercise, mended; the released notebook is another one then."""
    source = desk.course.sources[ASSIGNMENT]
    before_it, heading, after = source.read_text().partition("# %% [markdown]\n# ")
    assert heading
    source.write_text(f"{before_it}{heading}Note. {after}")
    desk.course = load_course(desk.root)
    return _again(desk, before)


def _other_answer(desk: Desk, before: Result) -> Result:
    """One cell of another exercise, and a cell that is nobody's."""
    document = changed(classroom.solved(desk.notebook), "Counter_code", "self.value += by", "pass")
    document["cells"].append(classroom.code_cell("1 + 1"))
    hand_in(desk.root, "ada", document)
    return result("ada", {"twice": 0.0, "Counter": 1.0})


def _text(desk: Desk, before: Result) -> Result:
    document = classroom.solved(desk.notebook)
    find(document, "text_why")["source"] = "Something else."
    hand_in(desk.root, "ada", document)
    return _again(desk, before)


def _code(desk: Desk, before: Result) -> Result:
    document = changed(classroom.solved(desk.notebook), "twice_code", "2.0", "2.5")
    hand_in(desk.root, "ada", document)
    return _again(desk, before)


def _score(desk: Desk, before: Result) -> Result:
    return result("ada", {"twice": 0.5})


def _row(before: Result, **new: object) -> Result:
    rows = tuple(
        msgspec.structs.replace(row, **new) if row.id == "twice" else row for row in before.rows
    )
    return msgspec.structs.replace(before, rows=rows, digest="sha256:new")


BY_HAND: list[tuple[Change, set[str]]] = [
    (_again, set()),
    (_prose, set()),
    (_other_answer, set()),
    (_text, {"text_why"}),
    (_code, {"twice"}),
    (_score, {"twice"}),
    (lambda desk, before: _row(before, status="timeout"), {"twice"}),
    (lambda desk, before: _row(before, points=4.0), {"twice"}),
]


@pytest.mark.parametrize(("change", "asked"), BY_HAND)
def test_a_score_by_hand_stays_and_is_questioned_only_where_what_it_was_given_for_changed(
    desk: Desk, change: Change, asked: set[str]
) -> None:
    """Also after a failure in between, and back at what it was given for nothing is asked."""
    desk.hand_in("ada")
    first = result("ada", {"twice": 0.0})
    desk.write(first)
    desk.by_hand("ada", "text_why", 1.5)
    desk.by_hand("ada", "twice", 1.0)
    second = change(desk, first)
    for _ in range(2):
        desk.write(second)
    assert {row for row, (_, _, look) in grades(desk.root, "ada").items() if look} == asked
    for status in ("stale", "failed"):
        desk.write(result("ada", {"twice": 0.0}, status, "no sandbox"))
        assert grades(desk.root, "ada")["text_why"][1:] == (1.5, True)
    desk.write(second, fresh=False)
    found = grades(desk.root, "ada")
    assert {row for row, (_, _, look) in found.items() if look} == asked
    assert (found["text_why"][1], found["twice"][1]) == (1.5, 1.0)
    desk.hand_in("ada")
    desk.write(first)
    assert not any(look for _, _, look in grades(desk.root, "ada").values())


def test_whoever_enters_a_score_again_has_answered_the_question(desk: Desk) -> None:
    """The same number too; until then the question stands."""
    desk.hand_in("ada")
    first = result("ada", {"twice": 0.0})
    desk.write(first)
    desk.by_hand("ada", "twice", 1.0)
    for machine, score in ((0.25, 1.0), (0.5, 1.5)):
        other = result("ada", {"twice": machine})
        for _ in range(2):
            desk.write(other)
            assert grades(desk.root, "ada")["twice"] == (machine, 1.0, True)
        desk.by_hand("ada", "twice", score)
        desk.write(_again(desk, other))
        assert grades(desk.root, "ada")["twice"] == (machine, score, False)
    desk.write(first)
    assert grades(desk.root, "ada")["twice"] == (0.0, 1.5, True)


def test_a_gradebook_from_before_asks_once(desk: Desk) -> None:
    """What stood already is what the score was given for; what is graded anew may be anything."""
    for student in ("ada", "bob"):
        desk.hand_in(student)
        desk.write(result(student))
        desk.by_hand(student, "text_why", 1.5)
    with sqlite3.connect(desk.root / "gradebook.db") as database:
        database.execute("drop table autograder_judged")
    database.close()
    desk.write(result("ada"), fresh=False)
    desk.write(result("bob"))
    assert grades(desk.root, "ada")["text_why"] == (None, 1.5, False)
    assert grades(desk.root, "bob")["text_why"] == (None, 1.5, True)


def test_a_class_of_scores_by_hand_is_not_questioned_for_a_typo(desk: Desk) -> None:
    students = [f"s{number}" for number in range(300)]
    document = json.dumps(classroom.solved(desk.notebook))
    for student in students:
        hand_in(desk.root, student, document)
    desk.write(*map(result, students))
    with opened(desk.root) as gradebook:
        for submission in gradebook.notebook_submissions(NAME, ASSIGNMENT):
            for grade in submission.grades:
                if grade.name in ("text_why", "twice", "Counter"):
                    grade.manual_score, grade.needs_manual_grade = 1.0, False
        gradebook.db.commit()
    desk.write(*(_prose(desk, result(student)) for student in students[:1]))
    desk.write(*(_again(desk, result(student)) for student in students[1:]))
    with sqlite3.connect(desk.root / "gradebook.db") as database:
        asked = database.execute("select count(*) from grade where needs_manual_grade").fetchone()
        given = database.execute("select count(*) from grade where manual_score = 1").fetchone()
    database.close()
    assert (asked, given) == ((0,), (900,))


def test_a_result_that_stood_already_leaves_the_notebook_as_it_is(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada"))
    stamp = desk.autograded("ada").stat().st_mtime_ns
    desk.write(result("ada"), fresh=False)
    assert desk.autograded("ada").stat().st_mtime_ns == stamp


def test_a_lost_gradebook_and_lost_notebooks_are_made_again_from_known_results(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada", {"twice": 0.0}))
    (desk.root / "gradebook.db").unlink()
    desk.autograded("ada").unlink()
    desk.write(result("ada", {"twice": 0.0}), fresh=False)
    assert grades(desk.root, "ada")["twice"] == (0.0, None, False)
    assert desk.autograded("ada").exists()


def test_a_run_that_was_killed_before_the_gradebook_had_the_scores_is_made_good(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada", {"twice": 0.0}))
    desk.write(result("ada", {"twice": 1.0}), fresh=False)
    assert grades(desk.root, "ada")["twice"] == (1.0, None, False)
    assert "1.0" in _outputs(desk, "ada", "twice")[1]["data"]["text/plain"]


def _outputs(desk: Desk, student: str, row: str) -> list[classroom.Document]:
    document = json.loads(desk.autograded(student).read_text(encoding="utf-8"))
    return find(document, row)["outputs"]


def test_findings_stand_escaped_below_their_check_cell_and_the_score_last(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada", {"scale_backward": 1.25}))
    shown, score = _outputs(desk, "ada", "scale_backward")
    assert shown["output_type"] == "display_data"
    assert "&lt;b&gt;scale_backward&lt;/b&gt; is not an array" in shown["data"]["text/html"]
    assert "<b>scale_backward</b> is not an array" in shown["data"]["text/plain"]
    assert (score["output_type"], score["data"]) == ("execute_result", {"text/plain": "1.25"})


def test_nbgrader_reads_the_same_scores_from_the_autograded_notebook(desk: Desk) -> None:
    import nbformat
    from nbgrader.utils import determine_grade

    desk.hand_in("ada")
    scores = {"scale_forward": 1 / 3, "scale_backward": 1e-9, "twice": 0.0, "Counter": 2.0}
    desk.write(result("ada", scores))
    document = nbformat.read(desk.autograded("ada"), as_version=4)
    nbformat.validate(document)
    read = {
        row: determine_grade(find(document, row), logging.getLogger())[0] for row in classroom.ROWS
    }
    assert read == {**scores, "answer_small": 1.0, "text_why": None}


def test_a_starter_answers_nothing(desk: Desk) -> None:
    hand_in(desk.root, "ada", classroom.starter(desk.notebook))
    desk.write(result("ada", dict.fromkeys(classroom.ROWS, 0.0)))
    assert grades(desk.root, "ada")["text_why"] == (0.0, None, False)
    assert set(comments(desk.root, "ada").values()) == {"No response."}


def test_a_submission_that_cannot_be_read_has_zero_and_a_notebook_that_says_why(desk: Desk) -> None:
    hand_in(desk.root, "eve", "<not json>")
    desk.write(result("eve", status="unreadable", message="the file is not JSON: <script>"))
    assert {(score, manual) for score, _, manual in grades(desk.root, "eve").values()} == {
        (0.0, False)
    }
    document = json.loads(desk.autograded("eve").read_text(encoding="utf-8"))
    assert "could not be read" in document["cells"][0]["source"]
    assert "the file is not JSON: &lt;script&gt;" in document["cells"][0]["source"]
    assert json.dumps(document).count("the file is not JSON") == 1
    assert _outputs(desk, "eve", "twice")[1]["data"]["text/plain"] == "0.0"


def test_who_handed_in_nothing_is_a_student_without_a_submission(desk: Desk) -> None:
    desk.write(result("tim", status="missing", message="nothing was handed in"))
    with opened(desk.root) as gradebook:
        assert [s.id for s in gradebook.students] == ["tim"]
        assert gradebook.assignment_submissions(ASSIGNMENT) == []
    assert not desk.autograded("tim").exists()


def test_who_takes_the_submission_back_loses_the_score(desk: Desk) -> None:
    path = desk.hand_in("tim")
    desk.write(result("tim"))
    path.unlink()
    desk.write(result("tim", status="missing", message="nothing was handed in"))
    assert {score for score, _, _ in grades(desk.root, "tim").values()} == {0.0}
    assert "Nothing was handed in" in desk.autograded("tim").read_text(encoding="utf-8")


def test_an_old_score_after_a_failed_regrade_is_marked_until_it_is_graded(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada"))
    desk.write(result("ada", status="stale", message="no sandbox"))
    assert {manual for _, _, manual in grades(desk.root, "ada").values()} == {True}
    assert all("no sandbox" in (text or "") for text in comments(desk.root, "ada").values())
    text = desk.autograded("ada").read_text(encoding="utf-8")
    assert "from an earlier submission" in text and "no sandbox" in text
    desk.write(result("ada"))
    assert grades(desk.root, "ada")["twice"] == (2.0, None, False)
    assert set(comments(desk.root, "ada").values()) == {None}
    assert "earlier submission" not in desk.autograded("ada").read_text(encoding="utf-8")


def test_a_failure_of_the_grader_gives_no_points_and_asks_a_person(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada", status="failed", message="no sandbox"))
    assert set(grades(desk.root, "ada").values()) == {(None, None, True)}
    assert _outputs(desk, "ada", "twice")[1]["data"]["text/plain"] == "0.0"


def test_the_time_of_handing_in_reaches_the_gradebook(desk: Desk) -> None:
    path = desk.hand_in("ada")
    stamp = path.with_name("timestamp.txt")
    stamp.write_text("2026-11-20 12:00:00 UTC\n")
    desk.write(result("ada"))
    with opened(desk.root) as gradebook:
        found = gradebook.find_submission(ASSIGNMENT, "ada").timestamp
        assert found.isoformat() == "2026-11-20T12:00:00"
    beside = desk.autograded("ada").with_name("timestamp.txt")
    assert beside.read_text() == "2026-11-20 12:00:00 UTC"


def test_the_deadline_and_the_slip_days_of_collecting_reach_the_gradebook(desk: Desk) -> None:
    stamp = desk.hand_in("ada").with_name("timestamp.txt")
    stamp.write_text("2026-11-20 12:00:00 UTC\n")
    for slip, late in ((1, 0.0), (0, 43_200.0)):
        taken = {"ada": Taken("x.ipynb", "canvas", "", slip=slip)}
        write_collected(desk.root, ASSIGNMENT, Collected(taken, due="2026-11-20T00:00:00"))
        desk.write(result("ada"))
        with opened(desk.root) as gradebook:
            assert gradebook.find_submission(ASSIGNMENT, "ada").total_seconds_late == late


NOON = "2026-11-20T12:00:00"


@pytest.mark.parametrize(
    "raw",
    [
        "2026-11-20 12:00:00 UTC",
        "\ufeff2026-11-20 12:00:00 UTC\r\n",
        "2026-11-20 12:00:00 UTC".encode("utf-16"),
        "2026-11-20 12:00:00 UTC\n".encode("utf-16-le"),
        "2026-11-20 12:00",  # as nbgrader takes it
        "2026-11-20 13:00:00.000 CET",
        "2026-11-20 04:00:00 America/Los_Angeles",
        "Fri Nov 20 21:00:00 JST 2026",
        "Friday, 20 November 2026, 2:00 PM +0200",
        "Fri Nov 20 2026 14:00:00 GMT+0200 (Eastern European Standard Time)",
        "20/11/2026 12:00",
        "2026-11-20T12:00:00Z",
        "1795176000",
        "1795176000000",
    ],
)
def test_a_timestamp_is_read_where_it_is_sure(raw: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "timestamp.txt"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    found = read_timestamp(path)
    assert found is not None and found.isoformat() == NOON


@pytest.mark.parametrize(
    ("text", "zone", "means"),
    [
        ("2026-07-20 12:00 CEST", "UTC", "2026-07-20T10:00:00"),
        ("2026-11-20 12:00 CST", "America/Chicago", "2026-11-20T18:00:00"),
        ("2026-11-20 12:00 CST", "Asia/Shanghai", "2026-11-20T04:00:00"),
        ("2026-10-25 02:30 CEST", "Europe/Berlin", "2026-10-25T00:30:00"),  # an hour that
        ("2026-10-25 02:30 CET", "Europe/Berlin", "2026-10-25T01:30:00"),  # comes twice
    ],
)
def test_a_short_name_of_a_zone_means_what_it_means_there(text: str, zone: str, means: str) -> None:
    assert parse_timestamp(text, zone).isoformat() == means


UNSURE = [
    ("", "empty"),
    ("soon", "in words"),
    ("42", "more than one way"),
    ("2026-02-30 10:00", "no such date"),
    ("2026-11-20", "a part of it is missing"),
    ("Monday 10:00", "missing"),
    ("05/06/2026 10:00", "more than one way"),
    ("1. Mai 2026, 10:00", "missing|in words"),
    ("2026年5月1日 10:00", "in words"),
    ("2026-11-20 12:00 CST", "CST is more than one zone"),
    ("2026-01-20 12:00 CEST", "CEST is no zone that was in use then"),
    ("2026-11-20 12:00 XYZ", "XYZ is no zone"),
    ("2026-11-20 12:00 UTC+2", r"write \+02:00"),
    ("2026-11-20 12:00 CEST UTC", "more than one zone"),
    ("9999-12-31 23:59:59 -1200", "no such day"),
    ("1111-11-11 11:11 UTC", "1111 is not a year"),
    ("\0\1\2", "in words|no text"),
    ("x" * 2000, "too long"),
]


@pytest.mark.parametrize(("text", "why"), UNSURE)
def test_what_is_not_sure_is_no_time(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "timestamp.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=why):
        read_timestamp(path)


def test_whose_lateness_cannot_be_told_is_told(desk: Desk) -> None:
    sink = GradebookSink(desk.course, desk.root / "submitted")
    for student, text in (("ada", "soon"), ("bob", "soon"), ("carl", ""), ("dora", None)):
        path = desk.hand_in(student)
        if text is not None:
            path.with_name("timestamp.txt").write_text(text)
        sink.write(Handin(student, ASSIGNMENT, path), result(student), True)
    sink.close()
    soon, empty = sink.notes
    assert "timestamp.txt of ada/01_small and bob/01_small is not read" in soon
    assert "carl" in empty and "dora" not in soon + empty
    assert not desk.autograded("ada").with_name("timestamp.txt").exists()


@pytest.mark.parametrize("status", ["unclear", "overload"])
def test_what_a_person_must_look_at_has_no_score(desk: Desk, status: SubmissionStatus) -> None:
    desk.write(result("kim", status=status, message="the folder holds small (1).ipynb"))
    with opened(desk.root) as gradebook:
        there = gradebook.assignment_submissions(ASSIGNMENT)
    assert len(there) == (0 if status == "unclear" else 1)
    desk.hand_in("ada")
    desk.write(result("ada", {"twice": 0.5}))
    desk.write(result("ada", status=status, message="look"))
    assert grades(desk.root, "ada")["twice"] == (0.5, None, True)
    assert all(
        "Not up to date: look" in (text or "") for text in comments(desk.root, "ada").values()
    )


def test_whoever_grades_an_overload_by_hand_is_not_asked_again(desk: Desk) -> None:
    found = result("kim", status="overload", message="look")
    desk.write(found)
    desk.by_hand("kim", "twice", 1.0)
    desk.write(found, fresh=False)
    assert grades(desk.root, "kim")["twice"] == (None, 1.0, False)
    assert grades(desk.root, "kim")["Counter"] == (None, None, True)
    desk.write(found)  # somebody handed in something else, which is no better
    assert grades(desk.root, "kim")["twice"] == (None, 1.0, True)


def test_many_results_are_written_in_batches(desk: Desk) -> None:
    sink = GradebookSink(desk.course, desk.root / "submitted", batch=3)
    for number in range(7):
        student = f"s{number}"
        sink.write(Handin(student, ASSIGNMENT, desk.hand_in(student)), result(student), True)
    with opened(desk.root) as gradebook:
        assert len(gradebook.assignment_submissions(ASSIGNMENT)) == 6
    sink.close()
    with opened(desk.root) as gradebook:
        assert len(gradebook.assignment_submissions(ASSIGNMENT)) == 7


def test_a_new_row_and_new_points_reach_a_gradebook_with_submissions(desk: Desk) -> None:
    source = desk.root / "solutions" / ASSIGNMENT / f"{NAME}.py"
    whole = source.read_text()
    source.write_text(
        whole.replace("small = Answer(", "small = 0 and Answer(").replace(
            'form="integer", hints=("Count.",)', 'form="integer"'
        )
    )
    less = Desk(desk.root)
    assert "answer_small" not in {row.id for row in less.notebook.rows}
    less.hand_in("ada")
    without = result("ada")
    less.write(
        msgspec.structs.replace(
            without, rows=tuple(r for r in without.rows if r.id != "answer_small")
        )
    )
    less.by_hand("ada", "text_why", 2.0)
    source.write_text(whole.replace("points=3,", "points=4,"))
    Desk(desk.root).write(result("ada"))
    found = grades(desk.root, "ada")
    assert found["answer_small"] == (1.0, None, False)
    assert found["text_why"][1] == 2.0
    with opened(desk.root) as gradebook:
        assert gradebook.find_grade_cell("Counter", NAME, ASSIGNMENT).max_score == 4.0


def test_a_row_that_was_taken_away_is_named_before_anything_changes(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada"))
    with opened(desk.root) as gradebook:
        gradebook.add_grade_cell("gone_row", NAME, ASSIGNMENT, max_score=1, cell_type="code")
        gradebook.add_source_cell("gone_row", NAME, ASSIGNMENT, cell_type="code", source="check()")
    before = grades(desk.root, "ada")
    with pytest.raises(GradebookError, match="gone_row"):
        desk.write(result("ada", {"twice": 0.0}))
    assert grades(desk.root, "ada") == before


def test_a_renamed_notebook_does_not_count_twice(desk: Desk) -> None:
    url = f"sqlite:///{desk.root / 'gradebook.db'}"
    with open_gradebook(url, "backprop") as gradebook:
        gradebook.add_assignment(ASSIGNMENT)
        gradebook.add_notebook("old_name", ASSIGNMENT)
        gradebook.add_grade_cell("twice", "old_name", ASSIGNMENT, max_score=5, cell_type="code")
    desk.hand_in("ada")
    desk.write(result("ada"))
    with opened(desk.root) as gradebook:
        assert gradebook.find_assignment(ASSIGNMENT).max_score == classroom.POINTS
        gradebook.add_notebook("other", ASSIGNMENT)
        gradebook.add_student("bob")
        gradebook.add_submission(ASSIGNMENT, "bob")
    with pytest.raises(GradebookError, match="the notebook other of"):
        desk.write(result("ada"))


def test_a_folder_that_cannot_take_notebooks_is_a_clear_error(desk: Desk) -> None:
    desk.hand_in("ada")
    (desk.root / "autograded").write_text("a file")
    with pytest.raises(GradingError, match=r"cannot write the autograded notebook .*ada"):
        desk.write(result("ada"))
    (desk.root / "autograded").unlink()
    desk.write(result("ada"), fresh=False)
    assert desk.autograded("ada").exists()


def test_the_gradebook_of_another_course_is_left_alone(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada"))
    database = sqlite3.connect(desk.root / "gradebook.db")
    with database:
        database.execute("insert into course (id) values ('vision')")
        database.execute("update assignment set course_id = 'vision'")
    database.close()
    with pytest.raises(GradebookError, match=r"'vision', this one is 'backprop'"):
        desk.write(result("ada", {"twice": 0.0}))


def _text_file(path: Path) -> None:
    path.write_text("These are no tables. " * 100)


def _other_tables(path: Path) -> None:
    database = sqlite3.connect(path)
    with database:
        database.execute("create table cats (name text)")
    database.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [(_text_file, "not a database"), (_other_tables, "no gradebook of nbgrader.*cats")],
)
def test_what_is_no_gradebook_is_left_as_it_is(
    desk: Desk, make: Callable[[Path], None], says: str
) -> None:
    desk.hand_in("ada")
    path = desk.root / "gradebook.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(GradebookError, match=says):
        desk.write(result("ada"))
    assert path.read_bytes() == before


def test_a_locked_gradebook_is_a_clear_error_and_the_next_run_makes_it_good(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada"))
    other = sqlite3.connect(desk.root / "gradebook.db", check_same_thread=False)
    other.execute("begin exclusive")
    patience: list[int] = []

    def note(made: sqlite3.Connection, _: object) -> None:
        patience.extend(*made.execute("pragma busy_timeout"))

    event.listen(Engine, "connect", note)
    try:
        with pytest.raises(GradebookError, match=r"locked.*close the formgrader"):
            desk.write(result("ada", {"twice": 0.0}), patience=0.1)
        late = threading.Timer(1.0, other.close)
        late.start()
        patience.clear()
        desk.write(result("ada", {"twice": 1.0}))
        late.join()
    finally:
        event.remove(Engine, "connect", note)
        other.close()
    assert patience and min(patience) >= 30_000  # milliseconds that SQLite waits for the lock
    assert grades(desk.root, "ada")["twice"][0] == 1.0
    desk.write(result("ada", {"twice": 0.0}), fresh=False)
    assert grades(desk.root, "ada")["twice"][0] == 0.0


def test_a_gradebook_that_may_only_be_read_is_a_clear_error(desk: Desk) -> None:
    desk.hand_in("ada")
    desk.write(result("ada"))
    url = f"sqlite:///file:{desk.root / 'gradebook.db'}?mode=ro&uri=true"
    with pytest.raises(GradebookError, match=r"readonly.*permissions"):
        desk.write(result("ada", {"twice": 0.0}), gradebook=url)


def test_a_gradebook_in_no_folder_is_a_clear_error(desk: Desk) -> None:
    desk.hand_in("ada")
    with pytest.raises(GradebookError, match=r"folder exists"):
        desk.write(result("ada"), gradebook="nowhere/gradebook.db")


def test_what_is_written_already_is_not_put_together_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuilt: list[object] = []
    monkeypatch.setattr(sink, "rebuild", lambda *of: rebuilt.append(of) or rebuild(*of))
    desk.hand_in("ada")
    desk.write(result("ada", {"twice": 0.0}))
    shutil.copy(desk.root / "gradebook.db", desk.root / "older.db")
    desk.write(result("ada"))
    del rebuilt[:]
    desk.write(result("ada"), fresh=False)
    assert not rebuilt
    desk.write(result("ada"), fresh=False, gradebook="older.db")  # which knows another result
    assert len(rebuilt) == 1
    desk.autograded("ada").unlink()
    desk.write(result("ada"), fresh=False)
    assert len(rebuilt) == 2 and desk.autograded("ada").exists()


def test_nbgrader_is_loaded_for_the_first_result_only(desk: Desk) -> None:
    program = (
        "import sys; from autograder.integrations.nbgrader import GradebookSink;"
        "print(sorted({'nbgrader', 'sqlalchemy', 'nbconvert'} & sys.modules.keys()))"
    )
    assert classroom.run(desk.root, "python", "-c", program).strip() == "[]"


def test_nbgrader_is_loaded_without_its_server_extensions_until_they_are_asked_for(
    desk: Desk,
) -> None:
    program = (
        "import sys; from autograder.course.quick_import import load_nbgrader;"
        "load_nbgrader(); from nbgrader.api import Gradebook; import nbgrader;"
        "from nbgrader import api, preprocessors; assert api.Gradebook is Gradebook;"
        "print('jupyter_server' in sys.modules, hasattr(nbgrader, 'nothing'));"
        "print('jupyter_server' in sys.modules, nbgrader.__version__[0], nbgrader.api is api);"
        "import nbgrader.apps, jsonschema._format, jupytext.sync_contentsmanager"
    )
    said = classroom.run(desk.root, "python", "-c", program).split()
    assert said == ["False", "False", "True", "0", "True"]


def test_a_new_gradebook_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    with open_gradebook(f"sqlite:///{path}", "course"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_grade_that_is_kept_stays_as_it_was(desk: Desk) -> None:
    """Nothing is there now: neither texts nor comments nor the autograded notebook are touched."""
    path = desk.hand_in("ada")
    desk.write(result("ada"))
    desk.by_hand("ada", "text_why", 1.5)
    before, notebook = grades(desk.root, "ada"), desk.autograded("ada").read_bytes()
    shutil.rmtree(path.parent)
    desk.write(result("ada"), fresh=False)
    assert grades(desk.root, "ada") == before
    assert desk.autograded("ada").read_bytes() == notebook
    desk.write(result("bob"), fresh=False)  # a new gradebook learns the scores all the same
    found = grades(desk.root, "bob")
    assert found["twice"][0] is not None and found["text_why"] == (None, None, True)
