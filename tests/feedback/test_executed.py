"""`check` in a live notebook: what the cells that ran before have to do with a verdict."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.feedback.conftest import RIGHT, WRONG_BACKWARD

IMPORTS = "import numpy as np\nfrom autograder import check"
FORWARD = "def scale_forward(x, w):\n    return times(x, w), (x, w)"
HELPER = "def times(a, b):\n    return a * b"
SUMS = HELPER.replace("*", "+")
BACKWARD = "def scale_backward(dout, cache):\n    x, w = cache\n    return dout * w, "
STARTER = "def double(x):\n    'Twice.'\n    # YOUR CODE HERE\n    raise NotImplementedError()"
DOUBLE = "def double(x):\n    'Twice.'\n    return 2 * x"

Run = Callable[..., str]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs cells, the imports as [1], and says what the last one printed, on one line."""

    def run(*cells: str) -> str:
        shell = InteractiveShell()
        shell.history_manager.enabled = False
        monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
        for cell in (IMPORTS, *cells):
            capsys.readouterr()
            shell.run_cell(cell, store_history=True)
        return " ".join(capsys.readouterr().out.rpartition("Out[")[0].split())

    return run


@pytest.fixture(autouse=True)
def hooks() -> Iterator[None]:
    """A shell takes over the hooks of the process."""
    kept = sys.displayhook, sys.excepthook
    yield
    sys.displayhook, sys.excepthook = kept


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([f"{HELPER}\n{FORWARD}", f"{SUMS}\nother = 3"], "`times` is defined in [2] and again in [3]"),
        ([HELPER, FORWARD, SUMS], "`times` is defined in [2] and again in [4]"),
        ([HELPER, FORWARD, SUMS, FORWARD], "`times` is defined in [2] and again in [4]"),
        ([f"{HELPER}\n{FORWARD}", "for times in range(3): pass"], "`times` is defined in [2] and again in [3]"),
        ([f"{HELPER}\n{FORWARD}", "times = eval('3')"], "`times` is defined in [2] and again in [3]"),
        ([f"times = lambda a, b: a * b\n{FORWARD}", "class times: pass"], "and again in [3]"),
        ([f"from operator import mul as times\n{FORWARD}", "from operator import add as times"], "and again in [3]"),
        ([FORWARD.replace("times(x, w)", "np.multiply(x, w)"), "np = 3"], "`np` is defined in [1] and again in [3]"),
        ([f"by = 1.0\n{FORWARD.replace('times(x, w)', 'x * w * by')}", "by *= 4"], "`by` is defined in [2]"),
        ([f"by = [1.0]\n{FORWARD.replace('times(x, w)', 'x * w * by[-1]')}", "by.append(2)"], "`by` is changed in [3]"),
        ([FORWARD.replace("times(x, w)", "x * w + sum([0])"), "sum = len"], "`sum` gets another meaning in [3]"),
        ([FORWARD.replace("times(x, w)", "x * w * bool(max(1, 0, 0))"), "from numpy import *"], "`max` gets another meaning in [3]"),
        ([f"{HELPER}\n{FORWARD}", f"{FORWARD.replace('times(x, w)', 'x')}\ndemo = [1]\nfor i in demo: print(i)\n"], "`scale_forward` is defined in [2] and again in [3]"),
        ([f"{HELPER}\n{FORWARD}", "scale_forward = np.add"], "`scale_forward` is defined in [2] and again in [3]"),
    ],
)  # fmt: skip
def test_a_name_with_another_meaning_than_before_is_told(
    run: Run, cells: list[str], says: str
) -> None:
    shown = run(*cells, "check('scale_forward')")
    assert says in shown and "With the meaning before, scale_forward is right" in shown


def test_no_mistake_is_named_where_a_name_explains_it(run: Run) -> None:
    rest = "(dout * x).sum(0)"
    sums = f"def total(a):\n    return a.sum(axis=0)\n{BACKWARD}total(dout * x)"
    cells = [HELPER, FORWARD, sums, "def total(a):\n    return a.mean(axis=0)\n\nx = 1"]
    shown = run(*cells, "check(scale_backward)")
    assert "`total` is defined in [4] and again in [5]" in shown and "not a mean" not in shown
    both = [HELPER, FORWARD, sums.replace("total(dout * x)", "-total(dout * x)"), cells[-1]]
    assert "`total`" not in run(*both, "check(scale_backward)")
    wrong = sums.replace("dout * w", "dout + w")
    assert "earns more points" in run(HELPER, FORWARD, wrong, cells[-1], "check(scale_backward)")
    assert "right" in run(HELPER, FORWARD, BACKWARD + rest, "check(scale_backward)")


@pytest.mark.parametrize(
    "cells",
    [
        [f"{HELPER}\n{FORWARD}", SUMS, f"{HELPER}\n{FORWARD}"],  # run again: right
        [RIGHT, WRONG_BACKWARD, WRONG_BACKWARD],  # an edit of the row's own cell
        [RIGHT, "dout, x, w, cache = 1, 2, 3, 4", WRONG_BACKWARD],  # names of its own
        [RIGHT + WRONG_BACKWARD, "import numpy as np", "np.random.seed(3)"],
    ],
)
def test_nothing_is_made_of_honest_cells(run: Run, cells: list[str]) -> None:
    shown = run(*cells, "check('scale_forward')") + run(*cells, "check('scale_backward')")
    assert " in [" not in shown and "] defines" not in shown
    assert "meaning" not in shown
    if WRONG_BACKWARD in "".join(cells):
        assert "dw is a sum, not a mean." in shown


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([STARTER, DOUBLE.replace("double", "my_double")], "[3] defines my_double"),
        ([STARTER, DOUBLE.replace("double", "duble")], "[3] defines duble"),
        ([DOUBLE, DOUBLE.replace("double", "duble")], "[3] defines duble; double is still that of [2]"),
        ([DOUBLE.replace("2", "5"), DOUBLE.replace("double", "double2")], "[3] defines double2; double"),
        ([DOUBLE, DOUBLE.replace("double", "double2")], None),  # a second version of one's own
        ([DOUBLE, "def scale_forward(x, w):\n    return 1"], None),
        ([STARTER.replace("# YOUR CODE HERE", "return_ = 2 * x")], "Delete that line"),
        ([DOUBLE, STARTER], "[3] defines it again as the starter does"),
        ([DOUBLE, "double = double(3)"], "[3] puts something else in its place"),
        ([f"%%writefile mine.py\n{DOUBLE}"], "`%%writefile` takes the cell for a text"),
        ([f'"""\n{DOUBLE}\n"""'], "in quotes"),
        (["def all_of_it():\n    " + DOUBLE.replace("\n", "\n    ")], "left margin"),
        ([STARTER], None),
        ([DOUBLE, DOUBLE + " *"], "could not read the cell of double"),
        ([DOUBLE, "\ufeff" + DOUBLE], "U+FEFF in it cannot be seen"),
        ([DOUBLE, DOUBLE.replace("def ", "def\u00a0")], "U+00A0 in it cannot be seen"),
        ([DOUBLE, DOUBLE.replace("'", "\u2019")], "\u2019 (U+2019) only looks like"),
    ],
)  # fmt: skip
def test_code_that_is_not_judged_is_told(run: Run, cells: list[str], says: str | None) -> None:
    shown = run(*cells, "check('double')")
    if says is None:
        assert "[3]" not in shown and "[2]" not in shown
    else:
        assert says in shown
    if cells[-1].startswith("double ="):
        assert says is not None and says in run(*cells, "check(double)")
