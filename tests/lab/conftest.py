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


@pytest.fixture(scope="module")
def experiment() -> Iterator[Callable[..., dict[str, Any]]]:
    """`experiment("02_layers", "learnt by heart", seed=1)` -> the names after that cell has run.

    The cells are the notebook's own; only the seed of their generators is another one. Cells that
    `before` names run first. In a file of tests a cell runs once; `anew` runs the last one again.
    """
    import matplotlib.pyplot as plt

    @cache
    def fresh(assignment: str, seed: int) -> tuple[dict[str, Any], dict[tuple[str, ...], Any]]:
        """The names that the notebook's functions see, and how they were after some cells."""
        names = _notebook(assignment).reference().namespace
        for cell in _notebook(assignment).cells:  # the loader puts imports off; here they are used
            if cell.kind == "import":
                exec(compile(cell.source, "<imports>", "exec"), names)
        return names, {(): dict(names)}

    def run(
        assignment: str,
        needle: str,
        *,
        seed: int = 0,
        before: Sequence[str] = (),
        anew: bool = False,
    ) -> dict[str, Any]:
        chain = (*before, needle)
        names, after = fresh(assignment, seed)
        known = max(n for n in range(len(chain) + 1 - anew) if chain[:n] in after)
        names.clear()
        names.update(after[chain[:known]])
        for n, text in enumerate(chain[known:], known + 1):
            cells = _notebook(assignment).cells
            (cell,) = (c for c in cells if c.kind == "experiment" and text in c.source)
            source = cell.source.replace("default_rng(0)", f"default_rng({seed})")
            exec(compile(source, f"<{text}>", "exec"), names)
            after[chain[:n]] = dict(names)
        plt.close("all")
        return dict(names)

    yield run
