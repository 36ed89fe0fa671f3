"""The autograder's zip in a folder laid out as Gradescope lays out its container."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.course import load_course, secret_seed
from autograder.errors import CourseError
from autograder.gradescope.build import build_autograder, build_for
from tests.submissions.build import notebook_text
from tests.submissions.roster import Work, solved, starter

ROOT = Path(__file__).resolve().parents[2]
START = "00_start"

# gradescope-autograders.readthedocs.io, "Autograder Specifications": fields, and of what type.
TOP = {
    "score": (int, float), "execution_time": (int, float), "output": str, "output_format": str,
    "test_output_format": str, "test_name_format": str, "visibility": str,
    "stdout_visibility": str, "extra_data": dict, "tests": list, "leaderboard": list,
}  # fmt: skip
TEST = {
    "score": (int, float), "max_score": (int, float), "status": str, "name": str,
    "name_format": str, "number": str, "output": str, "output_format": str, "tags": list,
    "visibility": str, "extra_data": dict,
}  # fmt: skip
WORDS = {
    "output_format": {"text", "html", "simple_format", "md", "ansi"},
    "visibility": {"hidden", "after_due_date", "after_published", "visible"},
    "stdout_visibility": {"hidden", "after_due_date", "after_published", "visible"},
    "status": {"passed", "failed"},
}


def must_fit(results: dict[str, Any]) -> None:
    """The results are as the published format wants them."""
    assert "score" in results or results["tests"]
    for document, fields in ((results, TOP), *((test, TEST) for test in results["tests"])):
        for name, value in document.items():
            assert isinstance(value, fields[name]), name  # type: ignore[arg-type]
            assert name not in WORDS or value in WORDS[name]


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`/autograder` after the image was made; this environment stands in for what pip installs."""
    base = tmp_path_factory.mktemp("gradescope") / "autograder"
    course = base.parent / "course"
    course.mkdir()
    for name in ("solutions", "assignments", "nbgrader_config.py"):
        (course / name).symlink_to(ROOT / name)
    build_autograder(load_course(course), START, base.parent / "autograder.zip")
    with zipfile.ZipFile(base.parent / "autograder.zip") as archive:
        archive.extractall(base / "source")
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert secret_seed(course).encode() not in text
    shutil.copy(base / "source" / "run_autograder", base)
    python = base / "source" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{base}/source/kit" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return base


def run(container: Path, files: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
    """What Gradescope would find after a submission, and what was printed."""
    for folder in ("submission", "results"):
        shutil.rmtree(container / folder, ignore_errors=True)
        (container / folder).mkdir()
    for name, text in files.items():
        (container / "submission" / name).write_text(text)
    done = subprocess.run(
        ["bash", container / "run_autograder"], capture_output=True, text=True, check=False
    )
    path = container / "results" / "results.json"
    return json.loads(path.read_text()) if path.exists() else None, done.stdout + done.stderr


def test_nothing_but_this_assignment_is_in_it(container: Path) -> None:
    assert [p.name for p in (container / "source/course/solutions").iterdir()] == [START]
    assert [p.name for p in (container / "source/course/assignments").iterdir()] == [START]
    mode = (container.parent / "autograder.zip").stat().st_mode
    assert mode & 0o077 == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "right"), [(solved(), True), (starter(), False)], ids=["solved", "starter"]
)
def test_a_submission_is_graded_as_gradescope_wants_it(
    container: Path, work: Work, right: bool
) -> None:
    text = str(notebook_text(load_course(ROOT), START, work))
    results, said = run(container, {"my homework (3).ipynb": text})
    assert results is not None, said
    must_fit(results)
    most = sum(test["max_score"] for test in results["tests"])
    assert results["score"] == (most if right else 0)
    assert {test["status"] for test in results["tests"]} == {"passed" if right else "failed"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "There is no notebook of 00_start in what you handed in."),
        (
            {"essay.ipynb": json.dumps({"nbformat": 4, "cells": []})},
            "Is it the notebook of another",
        ),
        ({"start.ipynb": "not JSON"}, "the file is not JSON"),
    ],
)
def test_a_student_is_told_what_is_wrong_with_the_file(
    container: Path, files: dict[str, str], says: str
) -> None:
    results, said = run(container, files)
    assert results is not None, said
    must_fit(results)
    assert results["score"] == 0 and says in results["output"]


@pytest.mark.slow
def test_a_failure_of_the_grader_gives_no_score(container: Path) -> None:
    hidden = container / "source" / "course" / "solutions"
    hidden.rename(hidden.with_name("away"))
    try:
        results, said = run(container, {"start.ipynb": "{}"})
    finally:
        hidden.with_name("away").rename(hidden)
    assert results is None and "could not grade" in said


@pytest.mark.parametrize(
    ("name", "assignments", "says"),
    [
        ("canvas", [START], "for the format gradescope"),
        ("gradescope", [], "say which assignment"),
        ("gradescope", ["99_x"], "no notebook '99_x' in this course"),
    ],
)
def test_wrong_usage_is_told(
    name: str, assignments: list[str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(CourseError, match=says):
        build_for(name, assignments, None)
