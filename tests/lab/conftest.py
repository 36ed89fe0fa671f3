"""Notebooks for tests of what their texts say."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from autograder.course import load_course
from autograder.course.notebook import Notebook

COURSE = load_course(Path(__file__).resolve().parents[2])


@cache
def _notebook(assignment: str) -> Notebook:
    return COURSE.assignment(assignment)


@pytest.fixture(scope="session")
def notebook() -> Callable[[str], Notebook]:
    """`notebook("01_gates")`, loaded once."""
    return _notebook


@pytest.fixture
def experiment() -> Iterator[Callable[..., dict[str, Any]]]:
    """`experiment("02_layers", "learnt by heart", seed=1)` -> the names after that cell has run.

    The cells are the notebook's own; only the seed of their generators is another one. Cells that
    `before` names run first.
    """
    import matplotlib.pyplot as plt

    def run(assignment: str, needle: str, *, seed: int = 0, before: Sequence[str] = ()) -> dict:
        names = _notebook(assignment).reference().namespace  # its functions look names up there
        for cell in _notebook(assignment).cells:  # the loader puts imports off; here they are used
            if cell.kind == "import":
                exec(compile(cell.source, "<imports>", "exec"), names)
        for text in (*before, needle):
            (cell,) = (
                c
                for c in _notebook(assignment).cells
                if c.kind == "experiment" and text in c.source
            )
            source = cell.source.replace("default_rng(0)", f"default_rng({seed})")
            exec(compile(source, f"<{text}>", "exec"), names)
        return names

    yield run
    plt.close("all")
