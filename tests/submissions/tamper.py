"""What students (and their editors) do to the cells of a notebook. None of it may change a score."""

from __future__ import annotations

import copy
from typing import Any

Notebook = dict[str, Any]


def code(source: str, **metadata: Any) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def is_check(cell: dict[str, Any]) -> bool:
    """Whether a cell is a check cell that is worth points."""
    return bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def reordered(notebook: Notebook) -> None:
    """The check cells stand before everything else, in reverse order."""
    cells = notebook["cells"]
    checks = [cell for cell in cells if is_check(cell) and cell["cell_type"] == "code"]
    notebook["cells"] = checks[::-1] + [cell for cell in cells if cell not in checks]


def duplicated(notebook: Notebook) -> None:
    """Every cell stands twice, with the same grade id."""
    twice = []
    for cell in notebook["cells"]:
        again = copy.deepcopy(cell)
        again.pop("id", None)
        twice += [cell, again]
    notebook["cells"] = twice


def missing_checks(notebook: Notebook) -> None:
    """Every second check cell is gone."""
    checks = [cell for cell in notebook["cells"] if is_check(cell)]
    gone = checks[::2]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in gone]


def no_metadata(notebook: Notebook) -> None:
    """Some editor threw all metadata away."""
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def forged(notebook: Notebook) -> None:
    """Check cells say 5.0, points are forged, grade cells are added, and `check` is replaced."""
    for cell in notebook["cells"]:
        if is_check(cell) and cell["cell_type"] == "code":
            cell["source"] = "5.0"
            cell["metadata"]["nbgrader"]["points"] = 1000
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "execution_count": 1,
                    "metadata": {},
                    "data": {"text/plain": "5.0"},
                }
            ]
    extra = {"grade": True, "solution": False, "locked": True, "schema_version": 3}
    extra |= {"points": 500, "grade_id": "extra_credit", "cell_type": "code"}
    notebook["cells"] += [
        code("check = lambda *args, **kwargs: 5.0\n5.0", nbgrader=extra),
        code("import numpy as np\nnp.allclose = lambda *args, **kwargs: True"),
    ]


def helper_cells(notebook: Notebook) -> None:
    """Cells of the student's own: notes, a helper, an experiment that raises."""
    notebook["cells"].insert(2, code("def shape_of(a):\n    return a.shape"))
    notebook["cells"].insert(3, code("print(shape_of(np.zeros(3)))\nraise RuntimeError('try')"))


def magics(notebook: Notebook) -> None:
    """Magics, shell lines, help and a timed cell."""
    notebook["cells"].insert(1, code("%matplotlib inline\n!pip list\nnp.zeros?"))
    solution = next(
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code"
    )
    solution["source"] = "%%time\n" + solution["source"]


def plots(notebook: Notebook) -> None:
    """Plots and other libraries, used and unused."""
    text = "import matplotlib.pyplot as plt\nimport pandas as pd\nplt.plot([1, 2, 3])\nplt.show()"
    notebook["cells"].insert(1, code(text))


def syntax_error_elsewhere(notebook: Notebook) -> None:
    """A cell that is no Python, among the good ones."""
    notebook["cells"].insert(2, code("def unfinished(x:\n    return"))


def old_format(notebook: Notebook) -> None:
    """Saved by an editor of years ago: format 4.2, no cell ids, sources as lists of lines."""
    notebook["nbformat_minor"] = 2
    for cell in notebook["cells"]:
        cell.pop("id", None)
        cell["source"] = cell["source"].splitlines(keepends=True)
