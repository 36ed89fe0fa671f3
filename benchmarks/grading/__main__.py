"""Run `python -m benchmarks.grading [--students N] [--rounds N]`: four roads, one table.

Plain nbgrader executes every notebook in a Jupyter kernel and reads the check cells' outputs; so
does otter-grader, in an environment of its own, with a test for each check cell. Ours runs the
student's code in one sandboxed child, on the public and on the hidden cases. The bare calls are the
lower limit: the cells and the same calls in this process, with nothing around them. No two
notebooks are alike. The roads take turns, and medians are compared, of two measures: the time from
one finished submission to the next inside one run with one process, and the processor time of a run
less that of a run over one notebook. `otter run` takes one notebook: its whole command counts.
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
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from autograder.course import Course, find_course_root, load_course
from autograder.course.build import write_source
from autograder.course.questions import hidden_questions, public_questions
from autograder.exercises.interpreter import resolve
from autograder.exercises.script import Call
from benchmarks.grading import otter
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
class Took:
    """Seconds for one more submission: by the clock, and of the processor."""

    clock: float
    processor: float


@dataclass(frozen=True)
class Timing:
    """What one more submission takes; None for a peer that is not there."""

    assignment: str
    kind: str
    ours: Took
    plain: Took
    otter: Took | None
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
    programs = otter.environment(course.root)
    timings = [
        measure(course, name, kind, options.students, options.rounds, programs)
        for name in options.assignment or ASSIGNMENTS
        for kind in KINDS
    ]
    late = late_submission(course, (options.assignment or ASSIGNMENTS)[0])
    text = table(timings, options.students, options.rounds, late)
    print(text)
    write_section(options.docs / "benchmarks.md", "Grading", text)
    return 0


def measure(
    course: Course, assignment: str, kind: str, students: int, rounds: int, programs: Path | None
) -> Timing:
    """Let the roads take turns on distinct notebooks, and time the bare calls."""
    ours, plain, peer = [], [], []
    grade_ours(course, assignment, kind, range(1))  # what is prepared once is no submission's
    for turn in range(rounds):
        first = turn * 1000
        many = range(first, first + OURS_FOR_EACH * students + 1)
        ours.append(one_more(grade_ours, course, assignment, kind, many))
        plain.append(one_more(grade_plain, course, assignment, kind, many[: students + 1]))
        if programs is not None:
            peer.append(grade_otter(course, assignment, kind, many[:students], programs))
    bare = median(bare_calls(course, assignment) for _ in range(5))
    otter = middle(peer) if peer else None
    return Timing(assignment, kind, middle(ours), middle(plain), otter, bare)


def middle(took: list[Took]) -> Took:
    """The medians."""
    return Took(median(t.clock for t in took), median(t.processor for t in took))


Road = Callable[[Course, str, str, range], tuple[list[float], float]]


def one_more(road: Road, course: Course, assignment: str, kind: str, numbers: range) -> Took:
    """What one more submission takes on a road."""
    _, alone = road(course, assignment, kind, numbers[:1])
    between, together = road(course, assignment, kind, numbers)
    return Took(median(between), (together - alone) / (len(numbers) - 1))


def grade_ours(
    course: Course, assignment: str, kind: str, numbers: range
) -> tuple[list[float], float]:
    """Seconds from one result to the next in one `autograder grade`; processor time of it all."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hand_in(course, work / "submitted", assignment, kind, numbers)
        used = run(ours_command(work), course.root)
        return steps(work.glob("results/*/*.json")), used


def grade_plain(
    course: Course, assignment: str, kind: str, numbers: range
) -> tuple[list[float], float]:
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
        used = run(["nbgrader", "autograde", assignment, "--create", "--force"], work)
        return steps(work.glob("autograded/*/*/*.ipynb")), used


def grade_otter(course: Course, assignment: str, kind: str, numbers: range, programs: Path) -> Took:
    """Seconds of one `otter run`."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        made = otter.assignment(course, assignment, programs, work / "otter")
        hand_in(course, work / "submitted", assignment, kind, numbers)
        for path in sorted(work.glob("submitted/*/*/*.ipynb")):
            command = otter.command(programs, made, path)
            start = time.perf_counter()
            used = run(command, made.parent, programs)
            found.append(Took(time.perf_counter() - start, used))
    return middle(found)


def steps(written: Any) -> list[float]:
    """Seconds between files, by the times at which they were written."""
    times = sorted(path.stat().st_mtime_ns for path in written)
    return [(after - before) / 1e9 for before, after in pairwise(times)] or [0.0]


def bare_calls(course: Course, assignment: str) -> float:
    """Processor seconds of the reference's cells, and of the calls of all cases."""
    notebook = course.assignment(assignment)
    questions = [*public_questions(notebook), *hidden_questions(notebook, "0" * 64)]
    scripts = [
        question.exercise.script(expectation.case)
        for asked in questions
        for question in asked
        for expectation in question.expectations
    ]
    start = time.process_time()
    namespace = notebook.reference().namespace
    for script in scripts:
        results: list[Any] = []
        for call in script.calls:
            results.append(bare_call(call, namespace, results))
    return time.process_time() - start


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
        "autograder", "grade", "--no-explain", "--jobs", str(jobs),
        "--submitted", str(work / "submitted"), "--results", str(work / "results"),
        "--gradebook", f"sqlite:///{work / 'ours.db'}",
    ]  # fmt: skip


def run(command: list[str], folder: Path, programs: Path | None = None) -> float:
    """Run a command, and say its processor time; its output is shown only when it fails."""
    path = os.pathsep.join([*([str(programs)] if programs else []), os.environ["PATH"]])
    before = processor()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return processor() - before


def processor() -> float:
    """Seconds that the processors of this machine were busy: nothing else should run beside it.

    A sandboxed child is ended and not waited for; what the system adds up for a program's children
    leaves it out.
    """
    first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
    user, nice, system, _, _, irq, softirq = map(int, first.split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def table(timings: list[Timing], students: int, rounds: int, late: tuple[float, float]) -> str:
    """The section as Markdown."""
    lines = [
        f"Written by `python -m benchmarks.grading` on {date.today()} (Python "
        f"{platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, nbgrader "
        f"{version('nbgrader')}, otter-grader {otter.VERSION}; load at the end "
        f"{os.getloadavg()[1]:.1f}). Distinct notebooks, one process; {rounds} rounds of "
        f"{students} for the peers and of {OURS_FOR_EACH * students} for ours, in turns, medians. "
        "*Clock*: from one finished submission to the next. *CPU*: processor time of a run less "
        "that of a run over one. `nbgrader autograde` and `otter run` execute the notebook in a",
        "kernel, experiments included, and know the public cases only; `otter run` is a command of",
        "its own for each notebook, and its start counts. Ours looks for no lines here",
        "(`--no-explain`). *Bare calls*: the reference's cells and the calls of all cases, in a",
        "warm process, without isolation or judgement. In a *mixed* class three functions in five",
        "are right, one holds a known mistake and one is not written.",
        "",
        "| notebook | class | nbgrader : ours, CPU | clock | otter : ours, CPU | clock "
        "| ours : bare calls, CPU | ours, ms CPU |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for t in timings:
        of_otter = ["–", "–"]
        if t.otter is not None:
            ratios = (t.otter.processor / t.ours.processor, t.otter.clock / t.ours.clock)
            of_otter = [f"{ratio:.0f}" for ratio in ratios]
        cells = [
            t.assignment, t.kind, f"{t.plain.processor / t.ours.processor:.0f}",
            f"{t.plain.clock / t.ours.clock:.0f}", *of_otter,
            f"{t.ours.processor / t.bare:.1f}", f"{1000 * t.ours.processor:.0f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"The whole command for one late submission: {late[1]:.1f} s by the clock; the first of "
        f"all, which also makes the gradebook and may prepare the questions: {late[0]:.1f} s.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
