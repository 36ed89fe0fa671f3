"""A row is judged as its author saw it; where its answer stands elsewhere, that is said."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.checks.finding import Check
from autograder.course.bearing import bearings
from autograder.course.questions import public_data
from autograder.grading.grade import grade
from autograder.grading.papers import Basis, make_paper
from autograder.grading.result import Result, ResultRow
from autograder.grading.selfcheck import check_notebook, show, write_summary
from autograder.grading.submission import Handin, read
from autograder.sandbox import Limits, Sandbox

from .conftest import ASSIGNMENT, SMALL, Class

LIMITS = Limits(call_seconds=5.0, submission_seconds=30.0, memory_mb=512)
Grade = Callable[[Path], Result]

FORWARD = "def scale_forward(x, a):\n    out = times(a, x)\n    return out, (x, a)\n"
STARTER = "def scale_forward(x, a):\n    # YOUR CODE HERE\n    raise NotImplementedError()\n"


def hand_in(small_class: Class, *, solved: bool = True) -> Path:
    """A notebook with its check cells."""
    path = small_class.hand_in("ada", solved=solved)
    body = json.loads(path.read_text())
    defined = {f"{cell.row}_code": cell.row for cell in small_class.notebook.cells if cell.row}
    cells = []
    for cell in body["cells"]:
        cells.append(cell)
        row_id = defined.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
        if row_id:
            given = f'"{row_id}"' if row_id.startswith("answer") else row_id
            metadata = {"nbgrader": {"grade_id": row_id, "grade": True}}
            cells.append({"cell_type": "code", "metadata": metadata, "source": f"check({given})"})
    path.write_text(json.dumps({**body, "cells": cells}))
    return path


@pytest.fixture(scope="module")
def small_class(tmp_path_factory: pytest.TempPathFactory) -> Class:
    root = tmp_path_factory.mktemp("course") / "small"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return Class(root)


@pytest.fixture(scope="module")
def graded(small_class: Class) -> Iterator[Grade]:
    paper = make_paper(small_class.notebook, "a" * 64)
    basis = Basis("a" * 64, "content", "conditions", bearings(small_class.notebook))
    with Sandbox(isolation="auto") as sandbox:
        yield (
            lambda path: (
                grade(
                    Handin("ada", ASSIGNMENT, path), read(path), paper, sandbox, LIMITS, basis
                ).result
            )
        )


def change(path: Path, *, at: str = "", new: Any = None, below: str = "", to: str = "code") -> None:
    """Change the notebook: the cell that defines `at` becomes `new`, `below` comes at the end."""
    body = json.loads(path.read_text())
    for cell in body["cells"]:
        if at and cell["source"].startswith(f"def {at}("):
            cell["source"] = new if isinstance(new, str) else new(cell["source"])
            cell["cell_type"] = to
    if below:
        body["cells"].append({"cell_type": "code", "metadata": {}, "source": below})
    path.write_text(json.dumps(body))


def row(result: Result, name: str = "scale_forward") -> ResultRow:
    return next(row for row in result.rows if row.id == name)


def said(row: Any, check: str) -> str:
    return " ".join(f.message for f in row.findings if f.check == check)


def through(times: str, above: str = "") -> str:
    """A right scale_forward, whose helper returns `times`."""
    return f"{above}\ndef times(a, x):\n    return {times}\n\n{FORWARD}"


AGAIN, OTHERWISE = "is defined in cell", "a cell further down changes"


@pytest.mark.parametrize(
    ("first", "below", "says"),
    [
        (through("a * x"), "def times(a, x):\n    return a + x", f"`times` {AGAIN}"),
        (through("a * x"), "for times in range(3): pass", f"`times` {AGAIN}"),
        (through("a * x"), "from math import *\ndel times", f"`times` {AGAIN}"),
        (through("a * x"), "class times: pass", f"`times` {AGAIN}"),
        (through("a * x"), "import math as times", f"`times` {AGAIN}"),
        (through("a * x"), "%matplotlib inline\n!ls\ntimes = 3", f"`times` {AGAIN}"),
        (through("a * x"), "%%time\n[times := 3]  # why?", f"`times` {AGAIN}"),
        (through("a * x"), "try: 1 / 0\nexcept Exception as times: pass", f"`times` {AGAIN}"),
        (through("a * x"), "times += 1", ""),  # it raises, so nothing changes
        (through("a * x * by[0]", "by = [1.0]"), "by[0] = 2", "`by` is changed in cell"),
        (through("a * x * by[-1]", "by = [1.0]"), "by.append(3.0)", "`by` is changed in cell"),
        (through("a * x * by[-1]", "by = [1.0]"), "(lambda b: b.append(3.0))(by)", OTHERWISE),
        (through("a * x * by", "by = 1.0"), "by *= 4", f"`by` {AGAIN}"),
        (
            through("a * x * by", "by = 1.0"),
            "def more():\n    global by\n    by = 7\nmore()",
            OTHERWISE,
        ),
        (through("a * x * P.by", "class P: by = 1.0"), "P.by = 2.0", "`P` is changed in cell"),
        (through("np.multiply(a, x)"), "np.multiply = np.add", "`np` is changed in cell"),
        (through("np.multiply(a, x)"), "np = None", "`np` gets another meaning in cell"),
        (through("a * x"), "import numpy as math, random as np", ""),
        (through("a * x + sum([0])"), "sum = 3", "`sum` gets another meaning in cell"),
        (through("a * by(x)", "by = lambda x: x"), "by = np.sin", f"`by` {AGAIN}"),
        (through("a * x + 0 * sin(x)", "from numpy import sin"), "from math import *", OTHERWISE),
        (through("a * x"), "globals()['times'] = None", OTHERWISE),
        (through("a * x"), "globals().update(times=3, np=4)", OTHERWISE),
        (through("a * x"), "def drop():\n    del globals()['times']\ndrop()", OTHERWISE),
        (through("a * x"), "exec('times = 3')", OTHERWISE),
        (through("a * x"), "import __main__\nsetattr(__main__, 'times', 3)", OTHERWISE),
        (through("a * x"), "import sys\nsys.modules['__main__'].times = 3", OTHERWISE),
        (through("a * x"), "match 3:\n    case times: pass", f"`times` {AGAIN}"),
        (through("a * x"), "match [1]:\n    case [*times]: pass", f"`times` {AGAIN}"),
        (FORWARD.replace("times", "np.multiply"), "scale_forward = 3", f"`scale_forward` {AGAIN}"),
        (
            through("a * x"),
            f"{FORWARD.replace('times(a, x)', 'a + x')}",
            f"`scale_forward` {AGAIN}",
        ),
    ],
)
def test_a_row_is_judged_as_at_its_check_cell(
    small_class: Class, graded: Grade, first: str, below: str, says: str
) -> None:
    path = hand_in(small_class)
    change(path, at="scale_forward", new=first, below=below)
    result = graded(path)
    for name in ("scale_forward", "scale_backward", "twice"):
        found = row(result, name)
        assert found.status == "right", found
        assert not any(f.mistake for f in found.findings)
    assert says in said(row(result), Check.STATE)
    assert bool(says) == bool(said(row(result), Check.STATE))


def test_what_a_later_cell_leaves_alone_is_not_mentioned(small_class: Class, graded: Grade) -> None:
    path = hand_in(small_class)
    harmless = "x = 3\nout = [times for times in range(3)]\nprint(scale_forward(np.ones(2), 1.0))"
    change(path, at="scale_forward", new=through("a * x"), below=harmless)
    assert all(
        r.status in ("right", "manual") and not said(r, Check.STATE) for r in graded(path).rows
    )
    path = hand_in(small_class)
    wrong = "def scale_forward(x, a):\n    return x + a, (x, a)\n"
    change(path, at="scale_forward", new=wrong, below="np.random.seed(0)\nscale_forward(1.0, 2.0)")
    assert row(graded(path)).status == "wrong" and not said(row(graded(path)), Check.STATE)


def test_an_answer_is_the_one_at_its_check_cell(small_class: Class, graded: Grade) -> None:
    path = hand_in(small_class)
    change(path, below="for answer_small in range(3): pass")
    assert row(graded(path), "answer_small").status == "right"


def test_a_helper_that_stands_only_below_is_told(small_class: Class, graded: Grade) -> None:
    path = hand_in(small_class)
    change(path, at="scale_forward", new=FORWARD, below="def times(a, x):\n    return a * x")
    found = row(graded(path))
    assert found.status == "right" and found.score == found.points
    assert "`times` is defined only in cell" in said(found, Check.STATE)


@pytest.mark.parametrize(
    "said",
    [
        "[print(x) for _ in range(20_000)]",
        "[print(x, a, end='', flush=True) for _ in range(20_000)]",
        "[print(x, file=sys.stderr) for _ in range(20_000)]",
        "[sys.stdout.write('no newline ') for _ in range(50_000)]",
        "print(np.zeros((900, 900)).tolist())",
        "[warnings.warn(f'{i}') for i in range(2_000)]",
        "[i for i in tqdm(range(20_000), desc='x')]",
        "[print(f'x = {x}') for _ in range(100)]",
    ],
)
def test_prints_of_any_volume_cost_nothing(
    small_class: Class, monkeypatch: pytest.MonkeyPatch, graded: Grade, said: str
) -> None:
    path = hand_in(small_class)
    chatty = "import sys, warnings\nfrom tqdm import tqdm\n"
    chatty += f"def times(a, x):\n    {said}\n    return a * x\n\n{FORWARD}"
    change(path, at="scale_forward", new=chatty)
    monkeypatch.setitem(globals(), "LIMITS", replace(LIMITS, submission_seconds=10.0))
    for found in graded(path).rows:
        assert found.status in ("right", "manual"), (found.id, found.findings)


def test_who_is_slow_costs_the_others_nothing(
    small_class: Class, monkeypatch: pytest.MonkeyPatch, graded: Grade
) -> None:
    path = hand_in(small_class)
    waste = "time.sleep(0.5)"
    wasteful = f"import time\ndef times(a, x):\n    {waste}\n    return a * x\n\n{FORWARD}"
    change(path, at="scale_forward", new=wasteful)
    monkeypatch.setitem(globals(), "LIMITS", replace(LIMITS, submission_seconds=3.0))
    result = graded(path)
    for name in ("Counter", "answer_small"):
        assert row(result, name).status == "right"
    assert row(result, "twice").status == row(result).status == "timeout"


STANDS = {
    "markdown": (lambda text: text, "markdown", "is a markdown cell"),
    "raw": (lambda text: text, "raw", "is a raw cell"),
    "leftover": (
        lambda text: text.replace("    return", "    raise NotImplementedError()\n    return"),
        "code",
        "Delete that line",
    ),
    "renamed": (lambda text: text.replace("scale_forward", "forward"), "code", "defines forward"),
    "misspelt": (
        lambda text: text.replace("scale_forward", "scale_foward"), "code", "defines scale_foward",
    ),
    "comment": (
        lambda text: "\n".join(f"# {line}" for line in text.split("\n")), "code", "in a comment",
    ),
    "writefile": (lambda text: f"%%writefile mine.py\n{text}", "code", "takes the cell for a text"),
    "bash": (lambda text: f"\n%%script false\n{text}", "code", "takes the cell for a text"),
    "inside": (
        lambda text: "def all_of_it():\n    " + text.replace("\n", "\n    "), "code", "left margin",
    ),
    "never": (
        lambda text: "if False:\n    " + text.replace("\n", "\n    "), "code", "inside of",
    ),
    "heading": (lambda text: text, "heading", "is a markdown cell"),
    "deleted": (lambda text: f"{text}\ndel scale_forward", "code", "deletes it"),
    "quotes": (lambda text: f"'''\n{text.replace(chr(34), '')}\n'''", "code", "in quotes"),
}  # fmt: skip


@pytest.mark.parametrize("how", STANDS)
def test_an_answer_that_does_not_count_is_found(
    small_class: Class, graded: Grade, how: str, tmp_path: Path
) -> None:
    edit, kind, says = STANDS[how]
    path = hand_in(small_class)
    change(path, at="scale_forward", new=edit, to=kind)
    found = row(graded(path))
    assert (found.status, found.score) == ("unanswered", 0.0)
    assert says in said(found, Check.LOOK)
    folder = tmp_path / "alone"
    folder.mkdir()
    (folder / "small.check.json").write_text(public_data(small_class.notebook))
    checked = check_notebook(path.rename(folder / "small.ipynb"), LIMITS)
    write_summary(checked, folder / "summary.md")
    assert says in show(checked) and says in (folder / "summary.md").read_text()


@pytest.mark.parametrize(
    ("below", "says"),
    [
        (STARTER, "defines it again as the starter does"),
        ("scale_forward = scale_forward(np.ones(2), 1.0)", "puts something else in its place"),
    ],
)
def test_an_answer_that_is_overwritten_before_its_check(
    small_class: Class, graded: Grade, below: str, says: str
) -> None:
    path = hand_in(small_class)
    body = json.loads(path.read_text())
    at = next(i for i, c in enumerate(body["cells"]) if "def scale_forward" in c["source"])
    body["cells"].insert(at + 1, {"cell_type": "code", "metadata": {}, "source": below})
    path.write_text(json.dumps(body))
    found = row(graded(path))
    assert found.score == 0.0 and says in said(found, Check.LOOK)


def test_what_is_imported_from_a_file_of_ones_own_is_found(
    small_class: Class, graded: Grade
) -> None:
    """A file that a cell writes is nowhere here: what is imported from it is a stand-in."""
    path = hand_in(small_class)
    change(path, at="scale_forward", new=lambda text: f"%%writefile mine.py\n{text}")
    body = json.loads(path.read_text())
    at = next(i for i, c in enumerate(body["cells"]) if "%%writefile" in c["source"])
    imported = {"cell_type": "code", "metadata": {}, "source": "from mine import scale_forward"}
    body["cells"].insert(at + 1, imported)
    path.write_text(json.dumps(body))
    found = row(graded(path))
    assert found.score == 0.0 and "takes the cell for a text" in said(found, Check.LOOK)


def test_a_starter_stands_nowhere_else(small_class: Class, graded: Grade) -> None:
    result = graded(hand_in(small_class, solved=False))
    assert not any(f.check in (Check.LOOK, Check.STATE) for r in result.rows for f in r.findings)
    assert {r.status for r in result.rows} == {"unanswered", "manual"}
