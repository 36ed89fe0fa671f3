"""Magics become Python in the child: the grader never looks, and only the submission pays."""

import subprocess
import sys

import pytest

from autograder.exercises.script import Call, Script
from autograder.sandbox import Cell, Limits, Sandbox
from autograder.sandbox.inside.notebook import plain_python


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("x = 7 % 3\ny = x != 2", "x = 7 % 3\ny = x != 2\n"),
        (
            "%matplotlib inline\nx = 1",
            "get_ipython().run_line_magic('matplotlib', 'inline')\nx = 1\n",
        ),
        ("!pip install torch", "get_ipython().system('pip install torch')\n"),
        ("%time y = f('a')", "y = f('a')\n"),
        ("%%time\nx = 1", "get_ipython().run_cell_magic('time', '', 'x = 1\\n')\n"),
        (">>> x = 1\n>>> y = 2", "x = 1\ny = 2\n"),
        ("  x = 1\n  y = 2", "x = 1\ny = 2\n"),
        ("np.sum?", "get_ipython().run_line_magic('pinfo', 'np.sum')\n"),
        ("text = '''\n%matplotlib inline\n'''", "text = '''\n%matplotlib inline\n'''\n"),
        ("def f(:\n  %", "def f(:\n  %"),
    ],
)
def test_magics_become_python(cell: str, python: str) -> None:
    assert plain_python(cell).strip() == python.strip()


@pytest.mark.parametrize(
    "cell",
    [
        r"get_ipython().run_line_magic('time', '\x')" + "\n%a",
        "get_ipython().run_line_magic('time', '\x00')\n%a",
        "x =%\\",
    ],
)
def test_what_ipython_cannot_transform_is_left_to_python(cell: str) -> None:
    assert plain_python(cell) == cell


def test_magics_of_every_kind_run(sandbox: Sandbox) -> None:
    """What the transformer makes of a cell is run, also of the body of a timed cell."""
    cells = [
        "%matplotlib inline\n!pip install torch\nnp.sum?\nx = 1",
        "%time y = x + 1",
        "%%time\n%config a = 1\nz = y + 1",
        "import sys, IPython\nreal = isinstance(IPython.core, type(sys))",
    ]
    numbered = [Cell(cell, f"cell {number}") for number, cell in enumerate(cells, 1)]
    with sandbox.open(numbered) as session:
        assert [cell.failure for cell in session.cells] == [None] * 4
        found = session.run(Script(0, (Call("z", kind="read"), Call("real", kind="read"))))
    assert [outcome.value for outcome in found] == [3, False]


def test_text_that_keeps_the_transformer_busy_costs_its_own_cell(kernel: Sandbox) -> None:
    limits = Limits(call_seconds=0.5)
    cells = [Cell("%a\n" * 100_000, "cell 1"), Cell("y = 2", "cell 2")]
    with kernel.open(cells, limits) as session:
        first, second = session.cells
        (value,) = session.run(Script(0, (Call("y", kind="read"),)))
    assert first.failure is not None and first.failure.kind == "timeout"
    assert second.failure is None and value.value == 2


def test_the_grader_does_not_even_load_the_transformer() -> None:
    code = """
import sys
from autograder.grading.submission import plan
from autograder.grading.notebook_json import SubmittedCell
assert plan([SubmittedCell("code", "%a")], [])[0].source == "%a"
assert "IPython" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
