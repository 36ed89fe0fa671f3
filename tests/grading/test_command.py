"""`autograder grade` as a person runs it: exit codes, interruptions, dying workers."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from autograder.grading.papers import paper
from benchmarks.resume import Killed
from tests import warm
from tests.hostile.suite import descendants

from .conftest import ASSIGNMENT, Class

linux = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
NAP = "\nimport time; time.sleep(0.4)"


def wait_for(condition: object, process: warm.Started) -> None:
    assert callable(condition)
    end = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, f"it ended early: {process.communicate()}"
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def wait_until_gone(pids: set[int]) -> None:
    end = time.monotonic() + 30
    while any(not _zombie(pid) for pid in pids):
        assert time.monotonic() < end, "processes outlived the run"
        time.sleep(0.05)


def done(small: Class) -> list[Path]:
    return sorted((small.results / ASSIGNMENT).glob("*.json"))


def slow_class(small: Class) -> list[str]:
    students = [f"s{i}" for i in range(6)]
    for student in students:
        small.hand_in(student, lambda text: text + NAP if "def twice" in text else text)
    return students


def test_a_class_is_graded(small_class: Class) -> None:
    small_class.hand_in("Zoë Ångström")
    small_class.hand_in("starter", solved=False)
    small_class.write("[red]markup", "{not json")
    (small_class.submitted / "nobody").mkdir()
    code, out, error = small_class.run("grade", "--jobs", "2")
    assert (code, error) == (0, "")
    assert "Zoë Ångström" in out and "[red]markup" in out
    assert "1 of 4 handed in nothing" in out and "4 graded now" in out
    assert small_class.result("Zoë Ångström")["isolation"] in ("full", "kernel")
    code, out, error = small_class.run("grade")
    assert code == 0 and "0 graded now, 4 stood already" in out


@linux
def test_a_disk_that_is_full_in_the_midst_loses_nothing(small_class: Class) -> None:
    """Results still fit; the gradebook, which is made here, does not."""
    import resource

    for student in ("ada", "bob"):
        small_class.hand_in(student)
    limit = (30 << 10, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    done = subprocess.run(
        [warm.FOLDER / "autograder", "grade"],
        cwd=small_class.root,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )
    out = done.stdout
    assert done.returncode == 1 and "2 graded now" in out and "Traceback" not in out + done.stderr
    assert "Check the disk, and that it has space left" in " ".join(out.split())
    before = small_class.result("ada")
    code, out, error = small_class.run("grade")
    assert (code, error) == (0, "") and "2 stood already" in out
    assert small_class.result("ada") == before
    with sqlite3.connect(small_class.root / "gradebook.db") as book:
        [(total,)] = book.execute("select sum(auto_score) from grade")
    book.close()
    assert total == 2 * before["score"]


def test_hidden_cases_of_each_student(small_class: Class) -> None:
    for student in ("ada", "bob"):
        small_class.hand_in(student)
    own = ("grade", "--per-student-seeds")
    assert "2 graded now" in small_class.run("grade")[1]
    shared = small_class.result("ada")
    code, out, error = small_class.run(*own)
    assert (code, error) == (0, "") and "2 graded now" in out
    assert "2 results with hidden cases drawn for each student" in out
    assert small_class.result("ada")["score"] == shared["score"] > 0
    assert small_class.result("ada")["per_student"] and "per_student" not in shared
    assert "2 stood already" in small_class.run(*own)[1]

    def inputs(hidden: bool, student: str | None) -> str:
        asked = paper(small_class.root, ASSIGNMENT, student).questions
        cases = (e.case for qs in asked for q in qs if q.hidden == hidden for e in q.expectations)
        return repr([case.inputs for case in cases])

    assert len({inputs(True, s) for s in ("ada", "ada", "bob", None)}) == 3
    assert len({inputs(False, s) for s in ("ada", "bob", None)}) == 1


def test_a_late_batch_into_the_same_results_and_gradebook(small_class: Class) -> None:
    for student in ("ada", "bob", "garbage"):
        small_class.hand_in(student)
    small_class.write("garbage", "{not json")
    assert small_class.run("grade")[0] == 0
    before = small_class.result("ada")
    small_class.submitted.rename(small_class.root / "first")
    small_class.hand_in("new")
    other = small_class.hand_in("odd")
    other.rename(other.with_name("small-final.ipynb"))
    code, out, error = small_class.run("grade")
    assert (code, error) == (0, "")
    assert f"{ASSIGNMENT}: 3 keep their grade; nothing new handed in." in out
    assert "unclear: there is no" in out and "--accept small-final.ipynb" in " ".join(out.split())
    assert small_class.result("ada") == before
    with sqlite3.connect(small_class.root / "gradebook.db") as book:
        scores = dict(
            book.execute(
                "select a.student_id, sum(g.auto_score) from grade g"
                " join submitted_notebook n on n.id = g.notebook_id"
                " join submitted_assignment a on a.id = n.assignment_id group by a.student_id"
            )
        )
    book.close()
    assert scores["ada"] == scores["bob"] == scores["new"] == before["score"]
    assert small_class.run("grade", "--accept", "*.ipynb")[0] == 0
    assert small_class.result("odd")["score"] == before["score"]


USAGE = [
    ("99_none", "no notebook '99_none' in this course"),
    ("--submitted nowhere", "no folder"),
    ("--jobs 0", ""),
    ("--no-such-option", ""),
    *((f"--timeout {limit}", "") for limit in ("0", "-1", "nan", "inf", "1e300")),
    ("--memory 1", ""),
    (f"--memory {10**30}", ""),
]


def test_wrong_usage_exits_with_2(small_class: Class) -> None:
    for options, says in USAGE:
        code, error = small_class.refused("grade", *options.split())
        assert (code, says in error) == (2, True), options
    (small_class.root / "nbgrader_config.py").unlink()
    code, error = small_class.refused("grade")
    assert code == 2 and "no course" in error


def test_results_that_cannot_be_written(small_class: Class) -> None:
    small_class.hand_in("ada")
    small_class.results.write_text("in the way")
    code, error = small_class.refused("grade")
    assert code == 1 and "cannot write" in error


def test_a_wrong_exercise_is_the_authors_to_mend(small_class: Class) -> None:
    small_class.hand_in("ada")
    source = small_class.notebook.path
    source.write_text(source.read_text().replace("out = secret_intermediate", "out = oops"))
    code, error = small_class.refused("grade")
    assert code != 0 and "small.py" in error


def test_without_isolation_is_said_aloud_and_stamped(small_class: Class) -> None:
    small_class.hand_in("ada")
    code, out, error = small_class.run("grade", "--unsafe-no-isolation")
    assert code == 0
    assert "WITHOUT ISOLATION" in error and "WITHOUT ISOLATION" in out
    assert small_class.result("ada")["isolation"] == "none"
    small_class.run("grade")  # contained again: the result no longer holds
    assert small_class.result("ada")["isolation"] != "none"


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_where_it_was(small_class: Class, number: int) -> None:
    students = slow_class(small_class)
    process = small_class.start("grade", "--jobs", "2")
    wait_for(lambda: len(done(small_class)) >= 2, process)
    below = descendants(process.pid)
    process.send_signal(number)
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Stopped" in out and "Run the same command again" in out
    assert "Traceback" not in error
    wait_until_gone(below)
    kept = {path: path.read_bytes() for path in done(small_class)}
    assert 2 <= len(kept) < len(students)
    code, out, _ = small_class.run("grade", "--jobs", "2")
    assert code == 0 and f"{len(kept)} stood already" in out
    assert all(path.read_bytes() == before for path, before in kept.items())
    assert len(done(small_class)) == len(students)


@linux
def test_ctrl_c_in_a_terminal_reaches_the_workers_too(small_class: Class) -> None:
    slow_class(small_class)
    process = small_class.start("grade", "--jobs", "2")
    desks = lambda: [p for p in descendants(process.pid) if b"grading.desk" in _command(p)]  # noqa: E731
    wait_for(lambda: len(desks()) == 2, process)  # the first starts before the command is loaded
    os.killpg(process.pid, signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Stopped" in out and error == ""


@linux
def test_a_killed_run_leaves_no_process(small_class: Class) -> None:
    slow_class(small_class)
    process = small_class.start("grade", "--jobs", "2")
    wait_for(lambda: len(done(small_class)) >= 1, process)
    below = descendants(process.pid)
    assert below
    process.kill()
    process.communicate(timeout=30)
    wait_until_gone(below)


@linux
def test_killed_at_any_instant_nothing_is_lost_made_twice_or_half_written(
    small_class: Class,
) -> None:
    shutil.rmtree(small_class.root / ".secret")  # preparing is an instant too
    top = sum(row.points for row in small_class.notebook.rows if not row.manual)
    wanted = dict.fromkeys(slow_class(small_class), top)
    Killed(
        lambda: small_class.start("grade", "--jobs", "2"),
        small_class.results,
        small_class.root / "gradebook.db",
        random.Random(83),  # before there is a result, and in the midst
        first=1.5,
        tail=0.3,
        wanted=wanted,
    ).until_graded(most=2)


@linux
@pytest.mark.parametrize("which", [b"grading.desk", b"inside/boot.py"])
def test_a_worker_or_its_zygote_that_is_killed_costs_nothing(
    small_class: Class, which: bytes
) -> None:
    students = slow_class(small_class)
    process = small_class.start("grade", "--jobs", "2")
    wait_for(lambda: len(done(small_class)) >= 1, process)
    workers = [p for p in descendants(process.pid) if which in _command(p)]
    os.kill(workers[0], signal.SIGKILL)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, out + error
    assert {small_class.result(s)["status"] for s in students} == {"graded"}


def test_check_without_a_course(small_class: Class, tmp_path: Path) -> None:
    """A student has the notebook and its public data, nothing else."""
    from autograder.course.questions import public_data

    alone = tmp_path / "alone"
    alone.mkdir()
    path = small_class.hand_in("ada", lambda text: text.replace("np.sum(dout * x)", "0.0"))
    shutil.copy(path, alone / "small.ipynb")
    notebook = alone / "small.ipynb"
    code, error = small_class.refused("check", str(notebook))
    assert code == 2 and "small.check.json" in error
    (alone / "small.check.json").write_text(public_data(small_class.notebook))
    shutil.rmtree(small_class.root / "solutions")
    junit, summary = alone / "out" / "junit.xml", alone / "out" / "summary.md"
    code, out, error = small_class.run(
        "check", str(notebook), "--junit", str(junit), "--summary", str(summary)
    )
    assert code == 1 and error == ""
    assert "scale_backward" in out and "da" in out
    assert 'failures="1"' in junit.read_text() and "scale" in summary.read_text()
    small_class.hand_in("bob")
    shutil.copy(small_class.path("bob"), notebook)
    assert small_class.run("check", str(notebook))[0] == 0
    notebook.write_text("{not json")
    code, error = small_class.refused("check", str(notebook))
    assert code == 2 and "not JSON" in error
    assert small_class.refused("check", str(alone / "none.ipynb"))[0] == 2


def _zombie(pid: int) -> bool:
    """Whether a process is gone, or would be if its parent asked."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
