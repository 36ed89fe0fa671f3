"""What the grader does for a submission is on that submission's budget, at every stage."""

from concurrent.futures import wait
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.grading.classrun import grade_class
from autograder.grading.desk import Desk, LostError, Terms
from autograder.grading.dispatch import LocalPool
from autograder.grading.store import Store
from autograder.grading.submission import Handin
from autograder.integrations.nbgrader import GradebookSink
from autograder.integrations.read_class import read_class
from autograder.reports.pages import class_page

from .conftest import ASSIGNMENT, Class

if not Path("/proc/self").exists():
    pytest.skip("budgets are kept by the kernel of Linux", allow_module_level=True)

STAGES = {
    "read": "autograder.grading.submission.read",
    "plan": "autograder.grading.grade.plan",
    "decode": "autograder.sandbox.dialogue.unpack_outcome",
    "compare": "autograder.explain.examine.judge",
    "explain": "autograder.explain.examine.explained",
    "render": "autograder.grading.papers.from_row",
}
"""Stage -> a function of the grader that works in it."""

HEAVY = """
import importlib
from autograder.grading import desk

STAGES = {stages!r}
student = ""

def burden(stage, place):
    module, _, name = place.rpartition(".")
    module = importlib.import_module(module)
    true = getattr(module, name)
    def heavy(*args, **kwargs):
        if student == stage + "-time":
            try:
                sum(range(10**15))  # one long step in C: no signal handler of ours would run
            except BaseException:
                pass
        if student == stage + "-memory":
            bytearray(8 << 30)
        return true(*args, **kwargs)
    setattr(module, name, heavy)

for stage, place in STAGES.items():
    burden(stage, place)
true_grade = desk._grade
def grade(handin, *rest):
    global student
    student = handin.student
    return true_grade(handin, *rest)
desk._grade = grade
desk.serve()
"""


@pytest.fixture
def heavy_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grading costs without end at the stage that a student's name tells."""
    monkeypatch.setattr(Desk, "program", HEAVY.format(stages=STAGES))


def test_heavy_work_at_every_stage_costs_its_own_submission(
    small_class: Class, heavy_stages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_class.root)
    heavy = [f"{stage}-{what}" for stage in STAGES for what in ("time", "memory")]
    honest = ["ada", "mid", "zoe"]  # before, among and after them
    for student in (*heavy, *honest):
        wrong = student.startswith("explain")  # what is right is not explained
        averaged = lambda text: text.replace("np.sum(dout * x)", "np.mean(dout * x)")  # noqa: E731
        small_class.hand_in(student, averaged if wrong else lambda text: text)
    course, store = load_course(small_class.root), Store(small_class.results)
    terms = Terms(small_class.root, small_class.submitted, work_seconds=0.5)
    sink = GradebookSink(course, terms.submitted)
    report = grade_class(course, terms, store, lambda total: LocalPool(2), sinks=[sink])
    found = {r.student: r for r in report.results}
    assert {s: found[s].status for s in heavy} == dict.fromkeys(heavy, "overload")
    top = sum(row.points for row in small_class.notebook.rows if not row.manual)
    assert {s: found[s].score for s in honest} == dict.fromkeys(honest, top)
    assert not report.problems and not report.ok
    assert "processor time" in found["plan-time"].message
    assert "memory" in found["plan-memory"].message
    book = read_class(small_class.results)
    assert [p.grade for p in book.all() if p.result.student in heavy] == [None] * len(heavy)
    page = class_page(book)
    assert "Too much work for the grader" in page
    again = grade_class(course, terms, store, lambda total: pytest.fail("it stands"), sinks=())
    assert again.fresh == 0  # nobody's time is spent twice on the same notebook


def test_a_process_that_dies_by_itself_is_no_overload(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "program", "import os; os._exit(7)")
    desk = Desk()
    handin = Handin("ada", ASSIGNMENT, small_class.hand_in("ada"))
    with pytest.raises(LostError):
        desk.grade(handin, Terms(small_class.root, small_class.submitted))
    desk.close()


def test_a_closed_pool_answers_nobody_and_leaves_nothing(
    small_class: Class, heavy_stages: None
) -> None:
    small_class.hand_in("read-time")
    pool = LocalPool(1)
    handin = Handin("read-time", ASSIGNMENT, small_class.path("read-time"))
    terms = Terms(small_class.root, small_class.submitted, work_seconds=1000.0)
    futures = [pool.submit(handin, terms) for _ in range(2)]
    wait(futures, timeout=1.0)
    pool.close()
    assert isinstance(futures[0].exception(), LostError) and futures[1].cancelled()
