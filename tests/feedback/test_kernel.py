"""In a real Jupyter kernel: what nbgrader reads, and what a student sees."""

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.feedback.conftest import RIGHT, WRONG_BACKWARD

IMPORTS = "import numpy as np\nfrom autograder import check, progress"
NOISY = "import sys\ndef double(x):\n    print('x', file=sys.stderr)\n    return np.float64(2) * x"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory, public_text: str) -> list[Any]:
    """The cells of an executed notebook, after the two that define everything."""
    folder = tmp_path_factory.mktemp("assignment")
    (folder / "small.check.json").write_text(public_text, encoding="utf-8")
    sources = [
        IMPORTS,
        RIGHT + WRONG_BACKWARD + NOISY,
        "check(scale_backward)",
        "check(scale_forward)",
        "check(double)",
        "check('answer_zero')",
        "check(nothing_of_the_kind) if False else check(scale_backward, hint=1)",
        "progress()",
        "check('no_such_row')",
        "%precision 3\ndef double(x):\n    return 2 *",
        "check(double)",
        "%precision 3\ndef double(x):\n    return 2 * x",
        "check(double)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    return list(client.execute().cells[2:])


def test_a_check_cell_in_a_kernel(executed: list[Any]) -> None:
    texts = []
    for cell in executed[:5]:
        assert all(output.get("name") != "stderr" for output in cell.outputs)
        results = [o for o in cell.outputs if o.output_type == "execute_result"]
        assert len(results) == 1
        assert set(results[0].data) == {"text/plain", "text/html"}
        texts.append(results[0].data["text/plain"])
    assert texts == ["1.5", "1.0", "1.0", "0.0", "1.5"]
    html = executed[0].outputs[0].data["text/html"]
    assert "scale_backward" in html and "dw is a sum, not a mean." in html
    # shown as a page only: nothing is printed beside it
    assert [o.output_type for o in executed[0].outputs] == ["execute_result"]

    progress = executed[5].outputs[0].data
    assert "points so far" in progress["text/plain"] and "<table" in progress["text/html"]

    (error,) = executed[6].outputs
    assert error.output_type == "error" and error.ename == "CheckError"
    assert error.traceback == [error.evalue]
    assert "Its rows are scale_forward" in error.evalue


def test_nbgrader_reads_the_partial_score(executed: list[Any]) -> None:
    from nbgrader.utils import determine_grade

    cell = executed[0]
    cell.metadata["nbgrader"] = {
        "grade": True,
        "solution": False,
        "points": 3,
        "grade_id": "scale_backward",
    }
    assert determine_grade(cell) == (1.5, 3)


def test_a_cell_that_python_could_not_read_is_told_of(executed: list[Any]) -> None:
    broken, before, mended, after = executed[7:]
    assert broken.outputs[0].ename == "SyntaxError" and not mended.outputs
    told = before.outputs[-1].data["text/html"]
    assert "could not read the cell of double" in told and "line 3" in told
    assert "could not read" not in after.outputs[-1].data["text/html"]
