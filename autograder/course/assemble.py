"""From a loaded notebook to nbgrader's source notebook, and to the one that students get."""

from __future__ import annotations

from typing import Any

from autograder.course.cells import SourceCell
from autograder.course.notebook import Notebook
from autograder.course.quick_import import load_nbgrader, quick_import
from autograder.course.surroundings import INSTALL_ID

with quick_import():
    import nbformat
    from nbformat import NotebookNode, v4

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
SCHEMA_VERSION = 3  # of nbgrader's cell metadata


def source_notebook(notebook: Notebook, language: str = "") -> NotebookNode:
    """Make nbgrader's source notebook: solved, with the metadata that say what becomes of a cell.

    Nothing in it depends on the machine, the time or chance.

    Args:
        language: Its language, where it is not English.
    """
    cells = []
    for cell in notebook.released_cells:
        make = v4.new_markdown_cell if cell.markdown else v4.new_code_cell
        cells.append(make(cell.source, id=cell.cell_id, metadata=_metadata(cell)))
    metadata: dict[str, Any] = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    if language:
        metadata["autograder"] = {"language": language}
    node = v4.new_notebook(cells=cells, metadata=metadata)
    node.nbformat, node.nbformat_minor = 4, 5
    nbformat.validate(node)
    return node


def released_notebook(notebook: Notebook, language: str = "") -> NotebookNode:
    """Make the notebook as students get it, with nbgrader's locks and checksums.

    `nbgrader generate_assignment` makes the same of the source notebook.
    """
    load_nbgrader()
    with quick_import():
        from nbgrader.preprocessors import ComputeChecksums, LockCells

    node = source_notebook(notebook, language)
    for cell, origin in zip(node.cells, notebook.released_cells, strict=True):
        cell.source = origin.released
    for step in (LockCells(), ComputeChecksums()):
        node, _ = step.preprocess(node, {})
    return node


def notebook_text(node: NotebookNode) -> str:
    """The JSON text of a notebook."""
    return str(nbformat.writes(node)) + "\n"


def _metadata(cell: SourceCell) -> dict[str, Any]:
    """Jupyter's and nbgrader's metadata of a cell.

    Explanations are read-only by Jupyter's own means: nbgrader would put them into the gradebook,
    and then refuse every new paragraph as soon as there are submissions.
    """
    if cell.kind == "markdown":
        return {"deletable": False, "editable": False}
    if cell.cell_id == INSTALL_ID:
        return {"tags": ["experiment"], "jupyter": {"source_hidden": True}}
    if cell.kind == "experiment":
        return {"tags": ["experiment"]}
    written = cell.kind in ("solution", "text")
    meta: dict[str, Any] = {
        "grade": cell.points is not None,
        "grade_id": cell.grade_id,
        "locked": not written,
        "schema_version": SCHEMA_VERSION,
        "solution": written,
        "task": False,
    }
    if cell.points is not None:
        whole = float(cell.points).is_integer()
        meta["points"] = int(cell.points) if whole else cell.points
    return {"nbgrader": meta}
