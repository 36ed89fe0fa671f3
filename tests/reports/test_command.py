"""`autograder report`, `autograder export`, and the report that `autograder grade` leaves."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder import cli
from tests.integrations import classroom
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
    assert "Report: reports/index.html, and 15 students" in done.output
    assert "There is no course here" in done.output
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert example.LAYERS in page and example.RNN in page and "There is no course here" in page
    assert len(list((tmp_path / "reports" / "students").iterdir())) == 15


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


def test_grading_leaves_the_report(course: Path) -> None:
    hand_in(course)
    done = run("grade", "--jobs", "1")
    assert done.exit_code == 0, done.output
    page = (course / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Zoë" in page and "to be graded by hand" in page
    assert (course / "results" / classroom.ASSIGNMENT / "Zoë.json").is_file()


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_report_that_fails_costs_no_grade(course: Path) -> None:
    hand_in(course)
    (course / "reports").write_text("a file where the folder should be")
    done = run("grade", "--jobs", "1")
    assert done.exit_code == 0, done.output
    assert "The report was not written" in done.output and "All grades are kept" in done.output
    assert (course / "results" / classroom.ASSIGNMENT / "Zoë.json").is_file()
