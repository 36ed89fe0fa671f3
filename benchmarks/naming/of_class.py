"""Run `python -m benchmarks.naming.of_class [--students N]`: how long the lines of a class take.

A class of distinct notebooks in which a fifth of the functions holds a known mistake is graded
without and with the search for lines; what it took more must be no longer than the grading itself.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder.course import find_course_root, load_course
from autograder.explain import may_be_repaired
from autograder.grading.result import to_row
from autograder.grading.store import Store
from benchmarks.grading.variants import hand_in
from tests.submissions.roster import LAYERS


def main(arguments: list[str] | None = None) -> int:
    """Grade the class twice; say what the lines took, and how many rows got one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.naming.of_class")
    parser.add_argument("--students", type=int, default=200)
    options = parser.parse_args(arguments)
    course = load_course(find_course_root())
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hand_in(course, work / "submitted", LAYERS, "mixed", range(options.students))
        seconds = {}
        for how in ("--no-explain", "--explain"):
            command = ["autograder", "grade", LAYERS, how, "--force", "--quiet"]
            for name in ("submitted", "results"):
                command += [f"--{name}", str(work / name)]
            command += ["--gradebook", f"sqlite:///{work / 'gradebook.db'}"]
            began = time.monotonic()
            subprocess.run(command, cwd=course.root, check=True)
            seconds[how] = time.monotonic() - began
        results = [result for _, result in Store(work / "results").all(LAYERS)]
        rows = [to_row(row) for result in results for row in result.rows]
        asked = [row for row in rows if may_be_repaired(row)]
        told = [any(f.explanation and f.explanation.where for f in row.findings) for row in asked]
    plain, more = seconds["--no-explain"], seconds["--explain"] - seconds["--no-explain"]
    print(
        f"{options.students} notebooks: graded in {plain:.0f} s, {more:.0f} s more for the lines;"
    )
    print(f"of {len(asked)} rows that ran and are not right {sum(told)} were told a line.")
    return int(more > plain)


if __name__ == "__main__":
    sys.exit(main())
