"""Run `python -m benchmarks.grading.scale [--most N]`: one command over ever larger classes.

Distinct notebooks of 02, a mixed class, all cores, start-up, gradebook, autograded notebooks and
report included; no line is looked for. Time, and the most memory that all processes of the command
had at once (pages that they share counted once, half a second apart).
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import matplotlib
import psutil

from autograder.course import find_course_root, load_course
from benchmarks.grading.__main__ import ours_command
from benchmarks.grading.variants import hand_in
from benchmarks.section import write_section
from tests.submissions.roster import LAYERS

STEPS = (30, 100, 300, 1000, 3000, 10_000)
PICTURE = "grading_scale.png"


@dataclass(frozen=True)
class Class:
    """What a class of a size took: seconds by the clock, MB at most."""

    size: int
    clock: float
    memory: float


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, draw, and write the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading.scale", description=__doc__)
    parser.add_argument("--most", type=int, default=STEPS[-1], help="the largest class")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args(arguments)
    found = []
    for size in (size for size in STEPS if size <= options.most):
        found.append(graded(size))
        print(found[-1], flush=True)
    draw(found, options.docs / "figures" / PICTURE)
    text = table(found)
    print(text)
    write_section(options.docs / "benchmarks.md", "Scale", text)
    return 0


def graded(size: int) -> Class:
    """Grade a class of a size with one command."""
    course = load_course(find_course_root())
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hand_in(course, work / "submitted", LAYERS, "mixed", range(size))
        command = [*ours_command(work, os.cpu_count() or 1), "--quiet"]
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        most = 0.0
        while process.poll() is None:
            most = max(most, memory(process.pid))
            time.sleep(0.5)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} failed")
        return Class(size, time.perf_counter() - start, most)


def memory(process: int) -> float:
    """MB of a process and of all below it."""
    total = 0
    try:
        top = psutil.Process(process)
        for one in (top, *top.children(recursive=True)):
            try:
                total += one.memory_full_info().pss
            except (psutil.Error, AttributeError):
                continue
    except psutil.Error:
        pass
    return total / 2**20


def draw(found: list[Class], path: Path) -> None:
    """Time for one submission, and memory, by the size of the class."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), dpi=110)
    sizes = [one.size for one in found]
    left.plot(sizes, [1000 * one.clock / one.size for one in found], "o-")
    left.set(ylabel="ms by the clock for each")
    right.plot(sizes, [one.memory for one in found], "o-")
    right.set(ylabel="MB, all processes")
    for axes in (left, right):
        axes.set(xscale="log", xlabel="submissions", ylim=(0, 1.1 * axes.get_ylim()[1]))
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def table(found: list[Class]) -> str:
    """The section as Markdown."""
    lines = [
        f"Written by `python -m benchmarks.grading.scale` on {date.today()} (Python "
        f"{platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; load at the "
        f"end {os.getloadavg()[1]:.1f}). Distinct notebooks of {LAYERS}, a mixed class, one "
        "command with all cores: start-up, gradebook, autograded notebooks and report included.",
        "",
        f"![time and memory by size of class](figures/{PICTURE})",
        "",
        "| submissions | clock, s | clock for each, ms | memory, MB |",
        "|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.size:,} | {one.clock:.0f} | {1000 * one.clock / one.size:.0f} | {one.memory:.0f} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
