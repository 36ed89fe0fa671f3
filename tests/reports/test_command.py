"""`autograder report`, `autograder export`, and the report that `autograder grade` leaves."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder import cli
from tests.integrations import classroom
from tests.integrations.conftest import opened
from tests.reports import example_class as example


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small course; the working directory."""
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    root = classroom.make_course(tmp_path / "course")
    monkeypatch.chdir(root)
    return root


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments), catch_exceptions=False)


def test_a_report_is_made_from_the_results_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example.keep(tmp_path)
    done = run("report")
    assert done.exit_code == 0
    assert "Report: reports/index.html, and 14 students" in done.output
    assert "There is no course here" in done.output
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert example.LAYERS in page and example.RNN in page and "There is no course here" in page
    assert len(list((tmp_path / "reports" / "students").iterdir())) == 14


def test_a_report_of_one_assignment_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example.keep(tmp_path)
    assert run("report", example.RNN, "--out", "pages").exit_code == 0
    page = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert example.LAYERS not in page and not (tmp_path / "reports").exists()


def test_nothing_to_report(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["autograder", "report"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2


def test_an_export(course: Path) -> None:
    example.keep(course)
    done = run("export", "csv", example.RNN)
    assert done.exit_code == 0 and "scores.csv" in done.output
    assert (course / "exports" / "scores.csv").read_text().count("\n") == 2


def hand_in(course: Path) -> None:
    path = course / "submitted" / "Zoë" / classroom.ASSIGNMENT / f"{classroom.NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(classroom.solved(classroom.small_notebook(course))))


def test_the_terminal_the_pages_and_the_exports_have_one_score(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    config = course / "nbgrader_config.py"
    config.write_text(f'{config.read_text()}c.LateSubmissionPlugin.penalty_method = "zero"\n')
    hand_in(course)
    folder = course / "submitted" / "Zoë" / classroom.ASSIGNMENT
    late = course / "submitted" / "late" / classroom.ASSIGNMENT
    odd = course / "submitted" / "odd" / classroom.ASSIGNMENT
    for other in (late, odd):
        shutil.copytree(folder, other)
    (late / "timestamp.txt").write_text("2026-05-08 23:30 CEST")
    (odd / "timestamp.txt").write_text("2026-05-09 10:00 CST")
    assert run("grade", "--jobs", "1").exit_code == 0
    with opened(course) as book:
        book.find_assignment(classroom.ASSIGNMENT).duedate = datetime(2026, 5, 8, 21, 0)
        grade = book.find_grade("text_why", classroom.NAME, classroom.ASSIGNMENT, "Zoë")
        grade.manual_score, grade.needs_manual_grade = 4 / 3, False
        book.db.commit()
    said = run("grade", "--jobs", "1").output
    assert "timestamp.txt of odd/01_small is not read" in said and "CST is more" in said
    lines = {line.split()[1]: line for line in said.splitlines() if line.startswith("│")}
    assert "10.83" in lines["Zoë"] and "by hand" in lines["Zoë"]
    assert " 0 + ? " in lines["late"] and "late −9.5" in " ".join(lines["late"].split())
    assert " 9.5 + ? " in lines["odd"]
    run("export", "csv")
    table = (course / "exports" / "scores.csv").read_text(encoding="utf-8").splitlines()
    scores = {line.split(",")[0]: line.split(",")[6] for line in table}
    assert scores == {"student": "score", "Zoë": "10.83", "late": "0", "odd": "9.5"}
    page = (course / "reports" / "index.html").read_text(encoding="utf-8")
    assert "10.83" in page and "late −9.5" in page


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_report_that_fails_costs_no_grade(course: Path) -> None:
    hand_in(course)
    (course / "reports").write_text("a file where the folder should be")
    done = run("grade", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert "The report was not written" in done.output and "All grades are kept" in done.output
    assert (course / "results" / classroom.ASSIGNMENT / "Zoë.json").is_file()
