"""The steps of `nbgrader generate_assignment`, with ours where nbgrader's own falls short."""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    SaveCells,
)
from traitlets.config import Config

from autograder.course.folder import ASSIGNMENTS, SOURCE
from autograder.course.regions import BEGIN, CODE_STUB, END, TEXT_STUB, clear_code, clear_text


class ClearSolutionRegions(ClearSolutions):
    """Clears regions as `regions` does.

    nbgrader's own puts `raise` even outside functions, so that "run all" would stop at a variable
    or in the body of a class.
    """

    def _replace_solution_region(self, cell: Any, language: str) -> bool:
        before = cell.source
        cell.source = (clear_code if cell.cell_type == "code" else clear_text)(before)
        return bool(cell.source != before)


STEPS_WITHOUT_GRADEBOOK = (
    LockCells,
    ClearSolutionRegions,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
)
STEPS = (*STEPS_WITHOUT_GRADEBOOK, SaveCells)
"""Lock, clear, drop outputs, then checksums of what is left, then tell the gradebook.

nbgrader's steps for headers, generated tests, hidden tests and marking schemes are left out: our
notebooks have none of these, and text that happens to look like their markers must not vanish.
"""


def configure(c: Config) -> None:
    """Set, in `nbgrader_config.py`, what nbgrader needs to know about a course of this kit."""
    c.CourseDirectory.source_directory = SOURCE
    c.CourseDirectory.release_directory = ASSIGNMENTS
    c.GenerateAssignment.preprocessors = list(STEPS)
    c.ClearSolutions.code_stub = {"python": CODE_STUB}
    c.ClearSolutions.text_stub = TEXT_STUB
    c.ClearSolutions.begin_solution_delimeter = BEGIN
    c.ClearSolutions.end_solution_delimeter = END
