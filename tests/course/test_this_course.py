"""The course that ships with the kit: its sources load, and what students get tells nothing."""

import json
import pickle
import shutil
from functools import cache
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from autograder.course import load_course
from autograder.course.leaks import telling_texts
from autograder.exercises import make_cases
from autograder.exercises.public import decode, encode

ROOT = Path(__file__).parents[2]
COURSE = load_course(ROOT)
SHIPPED = [path for path in sorted((ROOT / "assignments").rglob("*")) if path.is_file()]

RELEASED = sorted({path.parent.name for path in SHIPPED if path.suffix == ".ipynb"})


@pytest.mark.parametrize("assignment", COURSE.sources)
def test_the_source_loads_without_warnings(assignment):
    notebook = COURSE.assignment(assignment)
    assert notebook.rows and notebook.points > 0
    assert notebook.warnings == ()


@pytest.mark.parametrize("assignment", COURSE.sources)
def test_the_cases_of_what_ships_are_those_of_the_source_to_the_byte(assignment):
    """By that a release knows which slips it need not derive anew (`course/slips.py`)."""
    for exercise in COURSE.assignment(assignment).exercises:
        shipped = decode(json.loads(json.dumps(encode(exercise))))
        ours, theirs = (map(pickle.dumps, make_cases(one, "seed")) for one in (exercise, shipped))
        assert not exercise.functions or list(ours) == list(theirs), exercise.name


def test_there_is_something_to_tell():
    assert sum(len(telling_texts(notebook)) for notebook in COURSE.notebooks) > 200


def read(path: Path) -> str:
    """All text of a file, with the strings of JSON as a person reads them."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix in (".json", ".ipynb"):
        text = json.dumps(json.loads(text), ensure_ascii=False).replace('\\"', '"')
    return text


@cache
def solution_lines() -> dict[str, str]:
    """Every line of a solution that is long enough to tell something -> its source."""
    found = {}
    for source in COURSE.sources.values():
        inside = False
        for line in source.read_text(encoding="utf-8").splitlines():
            bare = line.strip().removeprefix("# ") if line.startswith("# ") else line.strip()
            if "### BEGIN SOLUTION" in line or "### END SOLUTION" in line:
                inside = "### BEGIN SOLUTION" in line
            elif inside and len(bare) > 25:
                found[bare] = source.name
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_no_solution_line_of_any_notebook_ships(path):
    """The same again by a plain search of the sources, independent of the build's own."""
    text = read(path)
    assert len(solution_lines()) > 300
    assert [(line, of) for line, of in solution_lines().items() if line in text] == []


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    client.stop_channels()
    yield manager
    manager.shutdown_kernel(now=True)


AFRESH = """import os, sys
os.chdir({folder!r})
for name in [name for name in sys.modules if name.partition(".")[0] == "autograder"]:
    del sys.modules[name]
%reset -f"""
"""Leaves of what ran before in a kernel only what NumPy, matplotlib and IPython hold."""


@pytest.mark.slow
@pytest.mark.parametrize("assignment", RELEASED)
def test_a_fresh_notebook_runs_from_top_to_bottom(assignment, tmp_path, kernel):
    """Nothing is answered yet: every check gives 0.0 and no cell ends in an error."""
    folder = shutil.copytree(ROOT / "assignments" / assignment, tmp_path / assignment)
    (path,) = folder.glob("*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(AFRESH.format(folder=str(folder))))
    client = NotebookClient(notebook, km=kernel, timeout=300)
    client.execute()
    client.kc.stop_channels()
    checks = [cell for cell in notebook.cells if cell.source.startswith("check(")]
    scores = [
        output.data["text/plain"].split("\n")[0]
        for cell in checks
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    assert scores == ["0.0"] * len(checks) != []


def test_only_notebooks_and_data_ship():
    """That nothing is missing or stale is for the drift check, `autograder release --check`."""
    assert {path.suffix for path in SHIPPED}.isdisjoint({".py", ".pyc"})
    for folder in {path.parent for path in SHIPPED if path.suffix == ".ipynb"}:
        (notebook,) = folder.glob("*.ipynb")
        assert notebook.with_suffix(".check.json").is_file()
        assert COURSE.sources[folder.name].stem == notebook.stem
