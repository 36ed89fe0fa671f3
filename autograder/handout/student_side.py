"""Which files of the kit are the student's side: what notebooks import, and `autograder check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import autograder

PACKAGE = Path(autograder.__file__).parent
ROOMS = ("exercises", "numerical", "checks", "explain", "feedback", "lab", "sandbox", "locale")
"""Whole rooms. The sandbox is among them, so that `autograder check` sees what the grader sees."""
FILES = (
    *("__init__.py", "command.py", "errors.py", "frame.py", "language.py", "whole.py", "py.typed"),
    *(
        f"grading/{name}.py"
        for name in (
            *("__init__", "asking", "lines", "notebook_json", "patience", "plan"),
            *("selfcheck", "submission"),
        )
    ),
    *(f"integrations/{name}.py" for name in ("__init__", "annotations", "classroom", "junit")),
)
"""Of the other rooms what checks a single notebook: no course, no gradebook, no class."""


def student_files() -> Iterator[Path]:
    """The files, in order."""
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (PACKAGE / name for name in FILES)
