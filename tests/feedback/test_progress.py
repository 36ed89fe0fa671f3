"""How far a student is in the whole course, and whether the notebook can be handed in."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.feedback.conftest import RIGHT, WRONG_BACKWARD, namespace

ROWS = {"scale_forward": 1, "scale_backward": 3, "double": 1, "fourfold": 2, "answer_zero": 2}
CALL = "from autograder import check, hand_in, progress"


def notebook(path: Path, sources: list[str], text: str = "Because.") -> Any:
    """A notebook with a check cell for each row, a text, and these cells before them."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for row, points in {**ROWS, "explain": 3}.items():
        marks = {"grade": True, "grade_id": row, "points": points, "solution": row == "explain"}
        name = repr(row) if row.startswith("answer") else row
        new = nbformat.v4.new_markdown_cell if row == "explain" else nbformat.v4.new_code_cell
        cells.append(new(text if row == "explain" else f"check({name})"))
        cells[-1].metadata["nbgrader"] = marks
    cells.append(nbformat.v4.new_code_cell("hand_in()"))
    made = nbformat.v4.new_notebook(cells=cells)
    path.parent.mkdir(exist_ok=True)
    nbformat.write(made, path)
    return made


def run(made: Any, folder: Path) -> str:
    """Run it from the top in a kernel; what its last cell shows."""
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(made, timeout=60, kernel_name="python3", resources=where)
    return str(client.execute().cells[-1].outputs[0].data["text/html"])


@pytest.fixture
def two(folder: Path, public_text: str) -> Path:
    """A course of two notebooks; the folder of the second, which is the working directory."""
    for name in ("01_one", "02_two"):
        notebook(folder / name / "small.ipynb", [CALL], "YOUR ANSWER HERE")
        (folder / name / "small.check.json").write_text(public_text)
    (folder / "small.check.json").unlink()
    os.chdir(folder / "02_two")
    return folder / "02_two"


def test_the_first_cell_shows_the_whole_course_and_what_is_next(two: Path) -> None:
    told = repr(eval("progress()", namespace(CALL)))
    assert "0 of 24 points so far, in 2 notebooks. Next: scale_forward" in told
    assert "✗" not in told and "not written yet" not in told  # nothing of this notebook ran

    solved = namespace(CALL, RIGHT, WRONG_BACKWARD)
    assert eval("check(scale_backward)", solved) == 1.5
    told = repr(eval("progress()", namespace(CALL)))
    assert "1.5 of 24 points so far" in told and "01_one/small.ipynb" in told

    own = repr(eval("progress()", solved))
    assert own.index("not right yet" if "not right yet" in own else "partly") < own.index(
        "24 points"
    )
    told = repr(eval("progress()", namespace(CALL)))
    assert "5.5 of 24 points so far, in 2 notebooks. Next: scale_backward" in told

    (two / "small.ipynb").write_text((two / "small.ipynb").read_text().replace("YOUR ANSWER", "My"))
    eval("progress()", namespace(CALL, RIGHT))
    told = repr(eval("progress()", namespace(CALL)))
    assert "Next: scale_forward (small.ipynb)" in told  # of the other notebook
    assert "nothing left" in told


@pytest.mark.parametrize("content", ["", "[]", '{"double": 3}', '{"double": ["x", "right"]}', "\0"])
def test_a_damaged_memory_is_no_memory(two: Path, content: str) -> None:
    (two / ".small.progress.json").write_text(content)
    (two.parent / "01_one" / "small.ipynb").write_text(content)
    told = repr(eval("progress()", namespace(CALL)))
    assert "0 of 12 points so far, in 1 notebook." in told
    eval("check(double)", namespace(CALL, RIGHT))
    assert json.loads((two / ".small.progress.json").read_text()) == {"double": [1.0, "right"]}


def test_a_folder_that_cannot_be_written_to_is_no_trouble(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.feedback.beside.write_whole", full)
    assert eval("check(double)", namespace(CALL, RIGHT)) == 1


def test_ready_to_hand_in_after_all_ran_from_the_top(folder: Path) -> None:
    made = notebook(folder / "small.ipynb", [CALL, RIGHT])
    told = run(made, folder)
    assert "ready to hand in" in told and "not ready" not in told
    assert "7 / 12 points" in told and "Hand in this one file" in told and "small.ipynb" in told


def test_what_is_not_complete_is_named(folder: Path) -> None:
    made = notebook(folder / "small.ipynb", [CALL, RIGHT + WRONG_BACKWARD], "YOUR ANSWER HERE")
    told = run(made, folder)
    assert "is not complete" in told
    assert "Not right or not written yet: scale_backward and explain." in told


@pytest.mark.parametrize("change", ["unsaved", "again", "skipped"])
def test_what_did_not_run_from_the_top_as_saved_is_not_ready(folder: Path, change: str) -> None:
    made = notebook(folder / "small.ipynb", [CALL, "x = 1", RIGHT])
    if change == "unsaved":
        made.cells[2].source += "\nx = 2"
    elif change == "again":
        made.cells.insert(3, nbformat.v4.new_code_cell("x = 1"))
    else:
        del made.cells[1]
    told = run(made, folder)
    assert "not ready to hand in" in told and "Restart Kernel and Run All Cells" in told
