"""Notebooks for tests of what their texts say."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from autograder.course.notebook import Notebook, load_notebook

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


@cache
def _notebook(assignment: str) -> Notebook:
    (path,) = (SOLUTIONS / assignment).glob("*.py")
    return load_notebook(path)


@pytest.fixture(scope="session")
def notebook() -> Callable[[str], Notebook]:
    """`notebook("01_gates")`, loaded once."""
    return _notebook
