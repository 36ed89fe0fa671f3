"""A small course as nbgrader sees it, and notebooks as students hand them in."""

import copy
import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from autograder.course import Notebook, load_course
from autograder.course.build import source_notebook
from autograder.course.folder import ASSIGNMENTS
from autograder.course.notebook import load_notebook
from autograder.course.questions import public_data
from autograder.exercises.public import SUFFIX
from tests import warm
from tests.prepared import prepare

TESTS = Path(__file__).resolve().parent.parent
SMALL = TESTS / "course" / "small" / "solutions"
ASSIGNMENT, NAME = "01_small", "small"
ROWS = ("scale_forward", "scale_backward", "twice", "Counter", "answer_small", "text_why")
POINTS = 11.5
BY_HAND = 2.0

CONFIG = """
from autograder.course.nbgrader_steps import configure as configure_release
from autograder.integrations.nbgrader import configure as configure_grading

c = get_config()
c.CourseDirectory.course_id = "backprop"
configure_release(c)
configure_grading(c)
c.GradeInSandbox.timeout = 1.0
"""

Document = dict[str, Any]


def make_course(root: Path, config: str = CONFIG) -> Path:
    """A course folder with one assignment and nobody in it."""
    ignored = shutil.ignore_patterns("__pycache__", "ruff.toml")
    shutil.copytree(SMALL, root / "solutions", ignore=ignored)
    (root / "nbgrader_config.py").write_text(config)
    (root / "submitted").mkdir()
    prepare(root)
    return root


def publish(root: Path) -> None:
    """Put the public data where a release puts them; they are made once."""
    (root / ASSIGNMENTS / ASSIGNMENT).mkdir(parents=True)
    (root / ASSIGNMENTS / ASSIGNMENT / f"{NAME}{SUFFIX}").write_text(_public(), encoding="utf-8")


@cache
def _public() -> str:
    return public_data(load_notebook(SMALL / ASSIGNMENT / f"{NAME}.py"))


def small_notebook(root: Path) -> Notebook:
    return load_course(root).assignment(ASSIGNMENT)


def solved(notebook: Notebook) -> Document:
    """The notebook with every answer right."""
    document: Document = json.loads(json.dumps(source_notebook(notebook)))
    return document


def starter(notebook: Notebook) -> Document:
    """The notebook as released."""
    document = solved(notebook)
    for cell, origin in zip(document["cells"], notebook.released_cells, strict=True):
        cell["source"] = origin.released
    return document


def find(document: Document, grade_id: str) -> Document:
    """The cell with this id of nbgrader's."""
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id:
            found: Document = cell
            return found
    raise KeyError(grade_id)


def changed(document: Document, grade_id: str, old: str, new: str) -> Document:
    """A copy in which one cell's text is replaced."""
    made = copy.deepcopy(document)
    cell = find(made, grade_id)
    assert old in cell["source"]
    cell["source"] = cell["source"].replace(old, new)
    return made


def code_cell(source: str, **nbgrader: Any) -> Document:
    """A code cell, of nbgrader's if anything is said about that."""
    return {
        "cell_type": "code",
        "id": f"made-{abs(hash((source, *nbgrader)))}",
        "metadata": {"nbgrader": nbgrader} if nbgrader else {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def shown_value(text: str) -> Document:
    """What stands below a cell whose value was shown."""
    return {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/plain": text},
    }


def tampered(document: Document) -> Document:
    """Check cells replaced by a number, points and outputs forged, a grade cell added."""
    made = copy.deepcopy(document)
    for cell in made["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if meta.get("grade") and cell["cell_type"] == "code":
            cell["source"] = "5.0"
            cell["outputs"] = [shown_value("500.0")]
            meta["points"] = 500
    forged = dict(grade=True, grade_id="forged", locked=True, points=100, schema_version=3)
    made["cells"].append(code_cell("100.0", solution=False, task=False, **forged))
    return made


def without_ids(document: Document) -> Document:
    """Only code, in cells that nobody knows; no check cells."""
    made = copy.deepcopy(document)
    made["cells"] = [
        code_cell(cell["source"])
        for cell in made["cells"]
        if cell["cell_type"] == "code" and not cell["source"].startswith("check(")
    ]
    return made


def twice_over(document: Document) -> Document:
    """Every cell twice, with the same ids."""
    made = copy.deepcopy(document)
    made["cells"] = [copy.deepcopy(cell) for cell in made["cells"] for _ in range(2)]
    return made


def backwards(document: Document) -> Document:
    """The solution cells in the opposite order, the first cells in place."""
    made = copy.deepcopy(document)
    written = [c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]
    others = [c for c in made["cells"] if c not in written]
    made["cells"] = others[:4] + written[::-1] + others[4:]
    return made


def hand_in(root: Path, student: str, document: Document | str) -> Path:
    """Put a notebook where students' notebooks lie."""
    path = root / "submitted" / student / ASSIGNMENT / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def run(root: Path, *command: str, ok: bool = True) -> str:
    """Run a command of this environment in the course; what it printed."""
    paths = {
        "PATH": f"{warm.FOLDER}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(TESTS.parent),
        "HOME": str(root / "home"),
        "COLUMNS": "200",
    }
    done = warm.run(*command, cwd=root, env={**os.environ, **paths}, stderr=subprocess.STDOUT)
    assert not ok or done.returncode == 0, done.stdout
    return done.stdout
