"""Run `python -m benchmarks.grading [--students N] [--rounds N]`: three roads, one table.

Plain nbgrader executes every notebook in a Jupyter kernel and reads the check cells' outputs. Ours
runs the student's code in one sandboxed child, on the public and on the hidden cases. The bare
calls are the lower limit: the cells and the same calls in this process, with nothing around them.
No two notebooks are alike. What one more submission takes is measured inside one run, with one
process, from one finished submission to the next, so start-up is not in it; the two roads take
turns, and the medians are compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from autograder.course import Course, find_course_root, load_course
from autograder.course.build import write_source
from autograder.course.questions import hidden_questions, public_questions
from autograder.exercises.interpreter import resolve
from autograder.exercises.script import Call
from benchmarks.grading.variants import KINDS, hand_in
from benchmarks.section import write_section
from tests.submissions.roster import LAYERS, NORMALISATION, RNN

OURS_FOR_EACH = 8
"""Notebooks that ours grades for each that plain nbgrader grades: it needs more to be timed."""
ASSIGNMENTS = (LAYERS, NORMALISATION, RNN)
PLAIN = """c = get_config()
c.ExecutePreprocessor.timeout = 120
"""


@dataclass(frozen=True)
class Timing:
    """Seconds for one more submission: ours, plain nbgrader's, and the bare calls."""

    assignment: str
    kind: str
    ours: float
    plain: float
    bare: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--students", type=int, default=4, help="notebooks of nbgrader a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--assignment", action="append", help="default: 02, 05 and 06")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args(arguments)
    course = load_course(find_course_root())
    timings = [
        measure(course, name, kind, options.students, options.rounds)
        for name in options.assignment or ASSIGNMENTS
        for kind in KINDS
    ]
    late = late_submission(course, (options.assignment or ASSIGNMENTS)[0])
    text = table(timings, options.students, options.rounds, late)
    print(text)
    write_section(options.docs / "benchmarks.md", "Grading", text)
    return 0


def measure(course: Course, assignment: str, kind: str, students: int, rounds: int) -> Timing:
    """Let the two roads take turns on distinct notebooks, and time the bare calls."""
    ours: list[float] = []
    plain: list[float] = []
    for turn in range(rounds):
        many = range(turn * 1000, turn * 1000 + OURS_FOR_EACH * students)
        ours += grade_ours(course, assignment, kind, many)
        plain += grade_plain(course, assignment, kind, many[: students + 1])
    bare = median(bare_calls(course, assignment) for _ in range(5))
    return Timing(assignment, kind, median(ours), median(plain), bare)


def grade_ours(course: Course, assignment: str, kind: str, numbers: range) -> list[float]:
    """Seconds from one result to the next in one `autograder grade` with one process."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hand_in(course, work / "submitted", assignment, kind, numbers)
        run(ours_command(work), course.root)
        return steps(work.glob("results/*/*.json"))


def grade_plain(course: Course, assignment: str, kind: str, numbers: range) -> list[float]:
    """The same of one `nbgrader autograde`, in a course of its own, with nbgrader's own steps."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
        write_source(course.assignment(assignment), work / "source" / assignment)
        run(["nbgrader", "generate_assignment", assignment, "--create", "--force"], work)
        hand_in(course, work / "submitted", assignment, kind, numbers)
        for student in (work / "submitted").iterdir():
            data = next((course.root / "assignments" / assignment).glob("*.check.json"))
            shutil.copy(data, student / assignment)
        run(["nbgrader", "autograde", assignment, "--create", "--force"], work)
        return steps(work.glob("autograded/*/*/*.ipynb"))


def steps(written: Any) -> list[float]:
    """Seconds between files, by the times at which they were written."""
    times = sorted(path.stat().st_mtime_ns for path in written)
    return [(after - before) / 1e9 for before, after in pairwise(times)]


def bare_calls(course: Course, assignment: str) -> float:
    """Seconds of the reference's cells, and of the calls of all public and hidden cases."""
    notebook = course.assignment(assignment)
    questions = [*public_questions(notebook), *hidden_questions(notebook, "0" * 64)]
    scripts = [
        question.exercise.script(expectation.case)
        for asked in questions
        for question in asked
        for expectation in question.expectations
    ]
    start = time.perf_counter()
    namespace = notebook.reference().namespace
    for script in scripts:
        results: list[Any] = []
        for call in script.calls:
            results.append(bare_call(call, namespace, results))
    return time.perf_counter() - start


def bare_call(call: Call, namespace: Any, results: list[Any]) -> Any:
    """Make a call with nothing around it but fresh copies of its arguments."""
    if call.kind == "chance":
        return None
    owner = None if call.on is None else resolve(call.on, namespace, results)
    args = [resolve(value, namespace, results) for value in call.args]
    if call.kind == "assign":
        return setattr(owner, call.function, args[0])
    target = namespace[call.function] if owner is None else getattr(owner, call.function)
    if call.kind == "read":
        return target
    kwargs = {key: resolve(value, namespace, results) for key, value in call.kwargs.items()}
    return target(*args, **kwargs)


def late_submission(course: Course, assignment: str) -> tuple[float, float]:
    """Seconds of the whole command for one submission: in a fresh course, and in a known one."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for number in range(2):
            hand_in(course, work / "submitted", assignment, "mixed", range(number, number + 1))
            start = time.perf_counter()
            run(ours_command(work), course.root)
            found.append(time.perf_counter() - start)
    return found[0], found[1]


def ours_command(work: Path, jobs: int = 1) -> list[str]:
    """`autograder grade` into throw-away folders."""
    return [
        "autograder", "grade", "--jobs", str(jobs), "--submitted", str(work / "submitted"),
        "--results", str(work / "results"), "--gradebook", f"sqlite:///{work / 'ours.db'}",
    ]  # fmt: skip


def run(command: list[str], folder: Path) -> None:
    """Run a command; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def table(timings: list[Timing], students: int, rounds: int, late: tuple[float, float]) -> str:
    """The section as Markdown."""
    lines = [
        f"Written by `python -m benchmarks.grading` on {date.today()} (Python "
        f"{platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores). Distinct "
        f"notebooks, one process; the median time from one finished submission to the next inside "
        f"a run, {rounds} runs of {students} for nbgrader and of {OURS_FOR_EACH * students} for "
        "ours, in turns.",
        "`nbgrader autograde` executes the notebook in a kernel, experiments included, and knows",
        "the public cases only. *Bare calls*: the reference's cells and the calls of all cases, in",
        "a warm process, without isolation or judgement. In a *mixed* class three functions in",
        "five are right, one holds a known mistake and one is not written.",
        "",
        "| notebook | class | nbgrader : ours | ours : bare calls | ours, ms |",
        "|---|---|--:|--:|--:|",
    ]
    lines += [
        f"| {t.assignment} | {t.kind} | {t.plain / t.ours:.1f} | {t.ours / t.bare:.1f} "
        f"| {1000 * t.ours:.0f} |"
        for t in timings
    ]
    lines += [
        "",
        f"The whole command for one late submission: {late[1]:.1f} s; the first of all, which also "
        f"makes the gradebook and may prepare the questions: {late[0]:.1f} s.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
