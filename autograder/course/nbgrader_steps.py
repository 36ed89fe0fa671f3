"""The steps of `nbgrader generate_assignment`, with ours where nbgrader's own falls short.

They are given by name, so that whoever reads the configuration does not load nbgrader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograder.course.cells import BEGIN, CODE_STUB, END, TEXT_STUB
from autograder.course.folder import ASSIGNMENTS, SOURCE

if TYPE_CHECKING:
    from traitlets.config import Config

STEPS = (
    "nbgrader.preprocessors.LockCells",
    "autograder.course.clear_regions.ClearSolutionRegions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
)
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
