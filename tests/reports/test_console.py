"""What a class run prints."""

import io

from msgspec.structs import replace
from rich.console import Console

from autograder.grading.progress import LINES, ProgressBar
from autograder.grading.result import Result, ResultFinding, ResultRow
from autograder.grading.store import ClassReport
from autograder.grading.submission import Handin
from autograder.integrations.classbook import ClassBook, Hand, Line, Paper, Person
from autograder.reports.console import show_report


def result(student: str, *statuses: str, status: str = "graded", message: str = "") -> Result:
    rows = tuple(
        ResultRow(f"row_{i}", float(s == "right"), 1.0, s, False, ())  # type: ignore[arg-type]
        for i, s in enumerate(statuses)
    )
    score = sum(row.score for row in rows)
    return Result(
        1, student, "02_layers", status, score, len(rows), rows, "full", 0.1, "d", message  # type: ignore[arg-type]
    )  # fmt: skip


def printed(*results: Result, **about: object) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    show_report(ClassReport(list(results), fresh=len(results), **about), console)  # type: ignore[arg-type]
    return console.export_text()


def test_rows_that_are_not_right_are_named() -> None:
    text = printed(
        result("ada", "right", "right"),
        result("bob", "right", "partial", "wrong", "timeout"),
        result("eve", *["unanswered"] * 3, "manual"),
        result("mia", "right", *["unanswered"] * 9),
    )
    assert "row_1, row_2, row_3 (timeout)" in text
    assert "row_0 (unanswered), row_1 (unanswered), row_2 (unanswered)" in text
    assert "9 rows unanswered" in text
    assert "Mean of 4 submissions: 1 of 10 points." in text


def test_a_starter_is_told_in_three_words() -> None:
    assert "all 12 rows unanswered" in printed(result("eve", *["unanswered"] * 12, "manual"))


def test_an_answer_in_a_place_where_it_does_not_count_needs_a_person() -> None:
    note = ResultFinding("look", None, "warning", True, "cell 10 is a markdown cell", "", None)
    row = ResultRow("relu_forward", 0.0, 1.0, "unanswered", False, (note,))
    text = printed(replace(result("ada", "unanswered"), rows=(row,)))
    assert "Needs a person:" in text
    assert "ada, 02_layers, relu_forward: cell 10 is a markdown cell." in text
    assert "Needs a person" not in printed(result("bob", "unanswered"))


def test_the_mean_leaves_out_who_handed_in_nothing() -> None:
    text = printed(result("ada", "right", "right"), result("bob", "unanswered", status="missing"))
    assert "Mean of 1 submission: 2 of 2 points." in text


def test_what_a_student_wrote_is_not_markup() -> None:
    text = printed(
        result("[bold]x[/bold] \x1b[31m", "right"), strange={"[red]/99 \x1b]0;": ("ada",)}
    )
    assert "[bold]x[/bold]" in text and "[red]/99" in text and "\x1b" not in text


def test_what_a_person_must_know_is_said() -> None:
    text = printed(
        result("ada", "right", status="stale", message="the worker died"),
        result("bob", status="missing"),
        stopped=True,
        remaining=7,
        problems=["the gradebook is locked"],
    )
    assert "ada: stale: the worker died" in text
    assert "1 of 2 handed in nothing" in text
    assert "the gradebook is locked" in text
    assert "7 submissions are left" in text and "1 without a grade" in text


def test_no_submissions() -> None:
    assert "No submissions" in printed()


def test_rows_that_a_person_grades_explain_what_is_left_of_the_points() -> None:
    text = printed(result("ada", "right", "manual"), result("bob", "manual", status="missing"))
    assert "Still to be graded by hand: row_1 (1 point)." in text
    assert "by hand" not in printed(result("ada", "right", "right"))


def test_scores_are_those_that_count_and_say_what_changed_them() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    results = [
        result("ada", "right", "manual"),
        result("bob", "right", "manual"),
        result("eve", "right", status="stale", message="the worker died"),
    ]
    right, manual = results[0].rows
    lines = (Line(right), Line(manual, Hand(manual=0.75)))
    book = ClassBook({"02_layers": (Paper(results[0], Person("ada"), lines, penalty=0.25),)})
    show_report(ClassReport(results, fresh=3), console, book)
    text = console.export_text()
    lines = {line.split()[1]: line.split() for line in text.splitlines() if line.startswith("│")}
    assert lines["ada"][5:11] == ["1.5", "│", "2", "│", "by", "hand,"] and "−0.25" in lines["ada"]
    assert lines["bob"][5:8] == ["1", "+", "?"] and lines["eve"][5] == "–"
    assert "Mean of 2 submissions: 1.25 of 2 points." in text
    assert "Still to be graded by hand: row_1 (1 point)." in text


def test_grades_that_are_kept_are_counted() -> None:
    kept = [result(f"s{i}", "right", "right") for i in range(55)]
    text = printed(result("new", "wrong", "wrong"), kept=kept)
    assert "02_layers: 55 keep their grade; nothing new handed in." in text
    assert "Mean of 56 submissions" in text and "s7" not in text
    assert "55 stood already" in text


def test_what_is_unclear_has_no_score_and_is_said_once_for_all() -> None:
    why = "there is no 02_layers/layers.ipynb, but there is 02_layers/x.zip. Unpack it"
    many = [result(f"s{i}", status="unclear", message=why) for i in range(300)]
    text = printed(*many)
    assert "02_layers, s0, s1, s2 and 297 more: unclear: there is no" in text
    assert "300 without a grade" in text and text.count("x.zip") == 1
    assert text.count("unclear │     – │") == 300


def test_many_names_are_counted_and_listed_when_asked() -> None:
    strange = {"99_other/ is no assignment of this course": [f"s{i}" for i in range(300)]}
    console = Console(width=120, record=True, file=io.StringIO())
    show_report(ClassReport(strange=strange), console)
    text = " ".join(console.export_text().split())
    assert "course (300: s0, s1, s2 and 297 more; all of them with -v)" in text
    show_report(ClassReport(strange=strange), console, verbose=True)
    assert "s299" in console.export_text()


def test_a_run_that_was_stopped_at_once_does_not_say_that_there_is_nothing() -> None:
    text = printed(stopped=True, remaining=3)
    assert "No submissions" not in text and "3 submissions are left" in text
    assert "Stopped before anything was graded" in printed(stopped=True)


def progress(total: int, *results: Result, quiet: bool = False, seconds: float = 2.0) -> list[str]:
    """The lines of a run that is no terminal's, in which every submission takes so long."""
    console = Console(width=200, file=io.StringIO(), record=True, force_terminal=False)
    now = [0.0]
    with ProgressBar(console, quiet, lambda: now[0]) as bar:
        bar.begin(total)
        for one in results:
            now[0] += seconds
            bar.graded(Handin(one.student, one.assignment, None), one)
    return console.export_text().splitlines()


def test_without_a_terminal_a_line_says_how_far_it_is_how_fast_and_what_came_out() -> None:
    kinds = [
        result("ada", "right"),
        result("bob", "right", "manual"),
        result("eve", status="failed"),
        result("mia", status="overload"),
    ]
    lines = progress(80, *kinds)
    assert lines == [
        "80 to grade.",
        "4 of 80: 1 graded, 1 with rows for a person, 1 failed, 1 without a grade; 0.5 a second; "
        "2:32 left",
    ]
    many = progress(1000, *[result("ada", "right")] * 1000, seconds=0.01)
    assert len(many) == LINES + 1  # it floods no log
    assert many[-1] == "1000 of 1000: 1000 graded; 100 a second"
    assert len(progress(1000, *[result("ada", "right")] * 10, seconds=40)) == 11  # nor falls silent
    assert progress(0) == ["Nothing new."]
    assert progress(80, *kinds, quiet=True) == []


def test_who_took_far_longer_than_the_others_is_named() -> None:
    quick = [replace(result(f"s{i}", "right"), seconds=0.2) for i in range(5)]
    slow = replace(result("eve", "right"), seconds=9.26)
    assert "Slowest: 02_layers of eve (9.3 s); the median is 0.2 s." in printed(*quick, slow)
    assert "Slowest" not in printed(*quick)


def test_quiet_leaves_out_the_scores_and_keeps_what_a_person_must_know() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    report = ClassReport([result("ada", "right", "manual"), result("eve", status="overload")])
    show_report(report, console, quiet=True)
    text = console.export_text()
    assert "student" not in text and "eve: overload" in text and "graded by hand: row_1" in text
