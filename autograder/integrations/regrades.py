"""Requests for another look, in a file of the course's folder: `regrades.csv`.

A person enters each request that reaches them, in whatever way, and the answer once there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.integrations.csv_text import read_csv

FILE = "regrades.csv"
COLUMNS = ("student", "assignment", "row", "request", "answer")


@dataclass(frozen=True)
class Regrade:
    """A request."""

    row: str  # the row of the rubric; empty where it is about the whole
    request: str
    answer: str = ""  # empty as long as it is open


Regrades = Mapping[tuple[str, str], tuple[Regrade, ...]]
"""(assignment, student) -> their requests, in order."""


def read_regrades(root: Path) -> Regrades:
    """Read them; nothing where there is no file.

    Raises:
        CourseError: It is no such file.
        GradingError: It cannot be read.
    """
    path = root / FILE
    if not path.exists():
        return {}
    header, lines = read_csv(path)
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise CourseError(
            f"{path} has no column {', '.join(missing)}; expected {', '.join(COLUMNS)}"
        )
    found: dict[tuple[str, str], tuple[Regrade, ...]] = {}
    for line in lines:
        cells = dict(zip(header, line))
        said = {name: cells.get(name, "").strip() for name in COLUMNS}
        key = (said["assignment"], said["student"])
        if any(said.values()):
            one = Regrade(said["row"], said["request"], said["answer"])
            found[key] = (*found.get(key, ()), one)
    return found
