"""Run `python -m benchmarks.grading [--students N] [--docs DIR]`: time both roads, write a table.

Plain nbgrader executes every notebook in a Jupyter kernel and reads the check cells' outputs. Ours
runs the student's code in one sandboxed child, on the public and on the hidden cases. Both grade
the same copies of solved notebooks with one process; the time for N copies less that for one, over
N - 1, is the time of one more submission. A whole class is also graded on all cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.course import find_course_root, load_course
from autograder.course.build import write_source
from benchmarks.section import write_section
from tests.submissions.build import notebook_text
from tests.submissions.roster import LAYERS, NORMALISATION, RNN, solved

OURS_FOR_EACH = 10
"""Copies that ours grades for each copy that plain nbgrader grades: it needs more to be timed."""
ASSIGNMENTS = (LAYERS, NORMALISATION, RNN)
PLAIN = """c = get_config()
c.ExecutePreprocessor.timeout = 120
"""


@dataclass(frozen=True)
class Timing:
    """Seconds for one more submission, ours and plain nbgrader's."""

    assignment: str
    rows: int
    ours: float
    plain: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--students", type=int, default=4, help="copies that nbgrader grades")
    parser.add_argument("--class-size", type=int, default=300, help="for the run on all cores")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args(arguments)
    root = find_course_root()
    timings = [measure(root, name, options.students) for name in ASSIGNMENTS]
    rate = whole_class(root, options.class_size)
    text = table(timings, options.students, options.class_size, rate)
    print(text)
    write_section(options.docs / "benchmarks.md", "Grading", text)
    return 0


def measure(root: Path, assignment: str, students: int) -> Timing:
    """Time both roads on one and on many copies of a solved notebook."""
    many = OURS_FOR_EACH * students
    ours = [grade_ours(root, assignment, count) for count in (1, many)]
    plain = [grade_plain(root, assignment, count) for count in (1, students)]
    rows = len(load_course(root).assignment(assignment).rows)
    ours_each = (ours[1] - ours[0]) / (many - 1)
    return Timing(assignment, rows, ours_each, (plain[1] - plain[0]) / (students - 1))


def grade_ours(root: Path, assignment: str, students: int) -> float:
    """Seconds of `autograder grade` on fresh folders, with one process."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hand_in(root, work / "submitted", assignment, students)
        return timed(ours_command(work), root)


def grade_plain(root: Path, assignment: str, students: int) -> float:
    """Seconds of `nbgrader autograde` in a course of its own, with nbgrader's own steps."""
    course = load_course(root)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
        write_source(course.assignment(assignment), work / "source" / assignment)
        timed(["nbgrader", "generate_assignment", assignment, "--create", "--force"], work)
        hand_in(root, work / "submitted", assignment, students)
        for student in (work / "submitted").iterdir():
            data = next((root / "assignments" / assignment).glob("*.check.json"))
            shutil.copy(data, student / assignment)
        return timed(["nbgrader", "autograde", assignment, "--create", "--force"], work)


def whole_class(root: Path, size: int) -> float:
    """Submissions a second, three notebooks in equal shares, on all cores."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for assignment in ASSIGNMENTS:
            hand_in(root, work / "submitted", assignment, size // len(ASSIGNMENTS))
        seconds = timed(ours_command(work, jobs=os.cpu_count() or 1), root)
    return size // len(ASSIGNMENTS) * len(ASSIGNMENTS) / seconds


def hand_in(root: Path, submitted: Path, assignment: str, students: int) -> None:
    """Write copies of the solved notebook, each with a different last cell."""
    course = load_course(root)
    name = course.assignment(assignment).name
    text = notebook_text(course, assignment, solved())
    assert text is not None
    for number in range(students):
        path = submitted / f"s{number}" / assignment / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")


def ours_command(work: Path, jobs: int = 1) -> list[str]:
    """`autograder grade` into throw-away folders; a second run grades nothing: the fixed cost."""
    return [
        "autograder", "grade", "--jobs", str(jobs), "--submitted", str(work / "submitted"),
        "--results", str(work / "results"), "--gradebook", f"sqlite:///{work / 'ours.db'}",
    ]  # fmt: skip


def timed(command: list[str], folder: Path) -> float:
    """Wall seconds of a command; its output is shown only when it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def table(timings: list[Timing], students: int, size: int, rate: float) -> str:
    """The section as Markdown."""
    lines = [
        f"Solved notebooks, one process; the time of one more submission, from {students} copies",
        f"for nbgrader and {OURS_FOR_EACH * students} for ours.",
        "`nbgrader autograde` executes the notebook in a kernel, experiments included, and knows",
        "the public cases only.",
        "",
        "| notebook | rows | autograder grade | nbgrader autograde | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {t.assignment} | {t.rows} | {1000 * t.ours:.0f} ms | {1000 * t.plain:.0f} ms "
        f"| 1 : {t.plain / t.ours:.0f} |"
        for t in timings
    ]
    lines += [
        "",
        f"A class of {size} on {os.cpu_count()} cores, start-up, gradebook and autograded "
        f"notebooks included: {rate:.0f} submissions a second.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
