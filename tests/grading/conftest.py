"""A small course with a class of its own, in a temporary folder."""

import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from autograder.cli import main
from autograder.course import Notebook, load_course
from tests import warm
from tests.prepared import prepare

SMALL = Path(__file__).parent.parent / "course" / "small"
ASSIGNMENT = "01_small"

Edit = Callable[[str], str]


class Class:
    """A course folder with submissions.

    Args:
        root: The course.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.submitted = root / "submitted"
        self.results = root / "results"
        self.notebook: Notebook = load_course(root).assignment(ASSIGNMENT)
        self.submitted.mkdir()

    def path(self, student: str) -> Path:
        return self.submitted / student / ASSIGNMENT / "small.ipynb"

    def hand_in(self, student: str, edit: Edit = lambda text: text, *, solved: bool = True) -> Path:
        """Hand in the solved notebook, or the starter, with every code cell edited."""
        cells: list[dict[str, Any]] = []
        for cell in self.notebook.cells:
            if cell.released is None:
                continue
            source = cell.source if solved else cell.released
            metadata = {"nbgrader": {"grade_id": cell.grade_id}} if cell.grade_id else {}
            kind = "markdown" if cell.markdown else "code"
            source = source if cell.markdown else edit(source)
            cells.append(
                {"cell_type": kind, "id": cell.cell_id, "metadata": metadata, "source": source}
            )
        return self.write(student, {"nbformat": 4, "nbformat_minor": 5, "cells": cells})

    def write(self, student: str, document: Any) -> Path:
        path = self.path(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    def result(self, student: str) -> dict[str, Any]:
        path = self.results / ASSIGNMENT / f"{student}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def rows(self, student: str) -> dict[str, str]:
        return {row["id"]: row["status"] for row in self.result(student)["rows"]}

    def start(self, *arguments: str) -> warm.Started:
        """Start the command in the course's folder; it heeds Ctrl-C, wherever the tests run."""
        env = {**os.environ, "COLUMNS": "120"}
        return warm.Started("autograder", *arguments, cwd=self.root, env=env)

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command; its exit code, stdout and stderr."""
        env = {**os.environ, "COLUMNS": "120"}
        done = warm.run("autograder", *arguments, cwd=self.root, env=env)
        return done.returncode, done.stdout, done.stderr

    def refused(self, *arguments: str) -> tuple[int, str]:
        """Run a command in this process, as it ends before it grades; exit code and stderr."""
        error = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stderr(error):
            patch.chdir(self.root)
            patch.setattr(sys, "argv", ["autograder", *arguments])
            patch.setattr("autograder.grading.far_end.start_early", lambda: None)  # for no use
            with redirect_stdout(io.StringIO()), pytest.raises(SystemExit) as ended:
                main()
        return int(ended.value.code or 0), error.getvalue()


@pytest.fixture
def small_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Class]:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    monkeypatch.setattr("autograder.grading.far_end._start", warm.desk)
    root = tmp_path / "course"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("ruff.toml", ".*", "__pycache__"))
    prepare(root)
    yield Class(root)
