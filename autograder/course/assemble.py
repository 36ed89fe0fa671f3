"""From a loaded notebook to the cells of nbgrader's source notebook and of the release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode, v4

from autograder.course.cells import Kind, SourceCell
from autograder.course.notebook import Notebook
from autograder.exercises import Answer, Row

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
SCHEMA_VERSION = 3  # of nbgrader's cell metadata


@dataclass(frozen=True)
class ReleasedCell:
    """A cell of the student's notebook.

    Args:
        source: What students get.
        solved: What stands there in the instructor's notebook.
        row: The row that a check, solution or text cell belongs to; else empty.
        points: What nbgrader gives for the cell; None where it is not graded.
    """

    kind: Kind
    source: str
    solved: str
    cell_id: str
    grade_id: str = ""
    row: str = ""
    points: float | None = None

    @property
    def markdown(self) -> bool:
        """Whether it is a markdown cell."""
        return self.kind in ("markdown", "text")


def released_cells(notebook: Notebook) -> tuple[ReleasedCell, ...]:
    """The cells that students get, in order, with a check cell below every graded solution."""
    rows = {row.id: row for row in notebook.rows}
    answers = {e.variable for e in notebook.exercises if isinstance(e, Answer)}
    cells = []
    for cell in notebook.cells:
        if cell.released is None:
            continue
        cells.append(_released(cell, cell.released, rows.get(cell.row)))
        if cell.kind == "solution" and cell.row in rows:
            cells.append(_check(rows[cell.row], cell.row in answers))
    return tuple(cells)


def _released(cell: SourceCell, released: str, row: Row | None) -> ReleasedCell:
    points = row.points if row is not None and cell.kind == "text" else None
    return ReleasedCell(
        cell.kind, released, cell.source, cell.cell_id, cell.grade_id, cell.row, points
    )


def _check(row: Row, by_name: bool) -> ReleasedCell:
    source = f'check("{row.id}")' if by_name else f"check({row.id})"
    return ReleasedCell("check", source, source, row.id, row.id, row.id, row.points)


def source_notebook(notebook: Notebook) -> NotebookNode:
    """The source notebook of nbgrader: solved, with the metadata from which nbgrader releases it."""
    return _notebook([_node(cell, cell.solved) for cell in released_cells(notebook)])


def notebook_text(node: NotebookNode) -> str:
    """The JSON text of a notebook, as nbformat writes it."""
    return nbformat.writes(node) + "\n"


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    metadata = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    node = v4.new_notebook(cells=cells, metadata=metadata)
    node.nbformat, node.nbformat_minor = 4, 5
    nbformat.validate(node)
    return node


def _node(cell: ReleasedCell, source: str) -> NotebookNode:
    make = v4.new_markdown_cell if cell.markdown else v4.new_code_cell
    return make(source, id=cell.cell_id, metadata=_metadata(cell))


def _metadata(cell: ReleasedCell) -> dict[str, Any]:
    """Jupyter's and nbgrader's metadata of a cell.

    Explanations are read-only by Jupyter's own means: nbgrader would put them into the gradebook,
    and then refuse every new paragraph as soon as there are submissions.
    """
    if cell.kind == "markdown":
        return {"deletable": False, "editable": False}
    if cell.kind == "experiment":
        return {"tags": ["experiment"]}
    meta: dict[str, Any] = {
        "grade": cell.points is not None,
        "grade_id": cell.grade_id,
        "locked": cell.kind not in ("solution", "text"),
        "schema_version": SCHEMA_VERSION,
        "solution": cell.kind in ("solution", "text"),
        "task": False,
    }
    if cell.points is not None:
        points = cell.points
        meta["points"] = int(points) if float(points).is_integer() else points
    return {"nbgrader": meta}
