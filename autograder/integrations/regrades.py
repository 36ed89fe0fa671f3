"""Requests for another look, in a file of the course's folder: `regrades.csv`.

A person enters each request that reaches them, in whatever way, and the answer once there is one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError

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
    """
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"cannot read {path}: {error}; save it as CSV in UTF-8") from error
    lines = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (lines.fieldnames or ())]
    if missing:
        raise CourseError(
            f"{path} has no column {', '.join(missing)}; expected {', '.join(COLUMNS)}"
        )
    found: dict[tuple[str, str], tuple[Regrade, ...]] = {}
    for line in lines:
        said = {name: (line[name] or "").strip() for name in COLUMNS}
        key = (said["assignment"], said["student"])
        if any(said.values()):
            one = Regrade(said["row"], said["request"], said["answer"])
            found[key] = (*found.get(key, ()), one)
    return found
