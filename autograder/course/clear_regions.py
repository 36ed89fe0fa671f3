"""A step of nbgrader's, with ours where its own falls short; loaded by name, by nbgrader only."""

from typing import Any

from nbgrader.preprocessors import ClearSolutions

from autograder.course.cells import clear_code, clear_text


class ClearSolutionRegions(ClearSolutions):
    """Clears regions as `cells` does.

    nbgrader's own puts `raise` even outside functions, so that "run all" would stop at a variable
    or in the body of a class.
    """

    def _replace_solution_region(self, cell: Any, language: str) -> bool:
        before = cell.source
        cell.source = (clear_code if cell.cell_type == "code" else clear_text)(before)
        return bool(cell.source != before)
