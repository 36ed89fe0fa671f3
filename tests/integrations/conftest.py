"""Courses in temporary folders, and gradebooks as nbgrader reads them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Notebook
from autograder.integrations.nbgrader.released import ReleasedNotebook, released_notebook
from tests.integrations import classroom

OpenGradebook = Callable[..., Any]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    return classroom.make_course(tmp_path / "course")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Notebook:
    root = classroom.make_course(tmp_path_factory.mktemp("small") / "course")
    return classroom.small_notebook(root)


@pytest.fixture(scope="session")
def released(small: Notebook) -> ReleasedNotebook:
    return released_notebook(small)


@contextmanager
def opened(root: Path) -> Iterator[Any]:
    """The gradebook of a course, opened with nbgrader's own class."""
    from nbgrader.api import Gradebook

    gradebook = Gradebook(f"sqlite:///{root / 'gradebook.db'}", "backprop")
    try:
        yield gradebook
    finally:
        gradebook.close()


def grades(root: Path, student: str) -> dict[str, tuple[float | None, float | None, bool]]:
    """Row -> score of the grader, score by hand, whether a person must look."""
    with opened(root) as gradebook:
        submission = gradebook.find_submission_notebook(
            classroom.NAME, classroom.ASSIGNMENT, student
        )
        return {
            g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in submission.grades
        }


def comments(root: Path, student: str) -> dict[str, str | None]:
    """Solution cell -> comment."""
    with opened(root) as gradebook:
        submission = gradebook.find_submission_notebook(
            classroom.NAME, classroom.ASSIGNMENT, student
        )
        return {c.name: c.comment for c in submission.comments}
