"""A small course of our own: `small/` is copied, so that tests may change it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import Notebook, load_notebook

# Solved notebooks are read by the course, not imported by pytest.
collect_ignore_glob = ["small/*"]

SMALL = Path(__file__).parent / "small"


@pytest.fixture
def small_course(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("ruff.toml", "__pycache__"))
    return root


@pytest.fixture(scope="session")
def small() -> Notebook:
    return load_notebook(SMALL / "solutions" / "01_small" / "small.py")


@pytest.fixture
def run_python():
    """Run a program in a fresh interpreter; fail with its errors."""

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    return run
