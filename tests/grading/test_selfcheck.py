"""`autograder check`: the student's own notebook, on public data alone."""

import json
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from autograder.checks.finding import Check, Finding, RowResult
from autograder.course import find_course_root
from autograder.course.questions import public_data
from autograder.errors import CourseError, GradingError
from autograder.exercises.script import Failure
from autograder.grading import selfcheck
from autograder.grading.notebook_json import SubmittedCell
from autograder.grading.selfcheck import (
    PLAIN,
    Checked,
    check_notebook,
    own_cells,
    public_data_of,
    show,
    write_summary,
)
from autograder.grading.submission import Submission
from autograder.integrations.junit import error_commands, junit, write_junit
from autograder.sandbox import IsolationError, Limits, Sandbox

from .conftest import Class

LIMITS = Limits(call_seconds=5.0, submission_seconds=30.0, memory_mb=512)


@pytest.fixture
def alone(small_class: Class, tmp_path: Path) -> Path:
    """A folder with what ships, and a notebook in it."""
    folder = tmp_path / "alone"
    folder.mkdir()
    (folder / "small.check.json").write_text(public_data(small_class.notebook))
    path = small_class.hand_in("ada")
    return path.rename(folder / "small.ipynb")


def edit(path: Path, old: str, new: str) -> None:
    body = json.loads(path.read_text())
    for cell in body["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = cell["source"].replace(old, new)
    path.write_text(json.dumps(body))


def statuses(checked: Checked) -> dict[str, str]:
    return {row.id: row.status for row in checked.rows}


def test_a_right_notebook(alone: Path) -> None:
    checked = check_notebook(alone, LIMITS)
    assert checked.all_right
    assert checked.isolation in ("full", "kernel")
    # The right value of an answer does not ship, so it is recorded and not judged.
    assert statuses(checked)["answer_small"] == "manual"
    assert set(statuses(checked).values()) == {"right", "manual"}


def test_a_wrong_one_names_the_mistake(alone: Path) -> None:
    edit(alone, "np.sum(dout * x)", "np.mean(dout * x)")
    checked = check_notebook(alone, LIMITS)
    assert not checked.all_right
    assert "da is averaged; it is a sum." in " ".join(show(checked).split())
    (told,) = {f.explanation for row in checked.rows for f in row.findings if f.costs}
    assert told.where is not None and told.kind == "mean_for_sum"
    assert "np.mean(dout * x)" in told.before and told.where.cell
    case = xml.fromstring(junit([checked])).find(f".//testcase[@line='{told.where.line}']")
    assert case is not None
    assert case[0].attrib["message"].startswith(f"cell {told.where.cell}, line ")
    line = f"::error file=small.ipynb,line={told.where.line},title="
    assert error_commands(checked, Path("small.ipynb")).startswith(line)
    unexplained = check_notebook(alone, LIMITS, explain=False)
    assert all(f.explanation.where is None for r in unexplained.rows for f in r.findings if f.costs)


def test_a_wrong_row_says_which_ones_it_builds_on_that_are_wrong_too(alone: Path) -> None:
    edit(alone, "np.multiply(a, x)", "np.cos(a * x)")
    said = " ".join(show(check_notebook(alone, LIMITS, explain=False)).split())
    assert "scale_forward is not right yet, and twice builds on it. Mend that one first." in said
    edit(alone, "np.cos(a * x)", "np.multiply(a, x)")
    edit(alone, "return helper(out)", "return np.cos(helper(out))")
    checked = check_notebook(alone, LIMITS, explain=False)
    assert statuses(checked)["twice"] == "wrong" and "builds on" not in show(checked)


def test_of_what_nobody_wrote_yet_no_other_row_is_said_to_be_it() -> None:
    path = find_course_root() / "assignments" / "09_convolution" / "convolution.ipynb"
    checked = check_notebook(path, LIMITS)
    assert {"unanswered", "manual"} == set(statuses(checked).values())
    assert not [f for row in checked.rows for f in row.findings if f.check is Check.LOOK]


def test_without_a_sandbox_it_runs_and_says_so(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_here(isolation: str) -> Sandbox:
        if isolation != "none":
            raise IsolationError("not on this system")
        return Sandbox(isolation="none")

    monkeypatch.setattr(selfcheck, "Sandbox", none_here)
    checked = check_notebook(alone, LIMITS)
    assert checked.isolation == "none" and checked.all_right
    write_summary(checked, tmp_path / "summary.md")
    assert PLAIN in (tmp_path / "summary.md").read_text()


def test_experiments_and_check_cells_do_not_run() -> None:
    cells = (
        SubmittedCell("markdown", "# text"),
        SubmittedCell("code", "x = 1"),
        SubmittedCell("code", "check(f)", grade=True),
        SubmittedCell("code", "train()", tags=("experiment",)),
        SubmittedCell("code", "%time y = 2"),
        SubmittedCell("code", "   "),
    )
    planned = own_cells(Submission("", cells))
    assert [(c.name, c.source.strip()) for c in planned] == [
        ("cell 2", "x = 1"),
        ("cell 5", "%time y = 2"),
    ]


def test_the_public_data_may_lie_in_the_release(alone: Path) -> None:
    released = alone.parent / "assignments" / "01_small"
    released.mkdir(parents=True)
    (alone.parent / "small.check.json").rename(released / "small.check.json")
    assert public_data_of(alone) == released / "small.check.json"
    (released / "small.check.json").unlink()
    with pytest.raises(CourseError, match=r"small\.check\.json is not beside"):
        public_data_of(alone)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}'])
def test_damaged_public_data(alone: Path, text: str) -> None:
    (alone.parent / "small.check.json").write_text(text)
    with pytest.raises(CourseError):
        check_notebook(alone, LIMITS)


NASTY = "]]> <b>&amp; | ` \x1b[31m \ud800 \ufffe \n| fake | row |"


def nasty() -> Checked:
    finding = Finding(Check.FAILURE, failure=Failure("exception", NASTY, "ValueError", (NASTY,)))
    rows = (
        RowResult("f", 0.0, 2.0, "error", {"out": False}, (finding,)),
        RowResult("g", 1.0, 2.0, "partial", {"dx": True, "dw": False}, (finding,)),
        RowResult("h", 2.0, 2.0, "right", {"out": True}),
        RowResult("why", 0.0, 3.0, "manual", {}),
    )
    return Checked("small.ipynb", "01_small", rows, {r.id: () for r in rows}, "full")


def test_junit_can_be_parsed_whatever_a_student_says(tmp_path: Path) -> None:
    write_junit([nasty()], tmp_path / "deep" / "junit.xml")
    (suite,) = xml.parse(tmp_path / "deep" / "junit.xml").getroot()
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert [case.get("name") for case in suite] == ["f", "g", "h", "why"]
    assert [child.tag for case in suite for child in case] == ["error", "failure", "skipped"]
    assert "\x1b" not in junit([nasty()])


def test_the_summary_keeps_its_table(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    write_summary(nasty(), path)
    write_summary(nasty(), path)  # the steps of a job share the file
    text = path.read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 * (2 + 4)
    assert "\x1b" not in text


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GradingError, match="--junit"):
        write_junit([nasty()], tmp_path / "file" / "junit.xml")
    with pytest.raises(GradingError, match="--summary"):
        write_summary(nasty(), tmp_path / "file" / "summary.md")
