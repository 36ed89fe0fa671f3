"""Run `python -m benchmarks.resume [--kills N] [--students N]`: a class that is killed often.

`autograder grade` works on a class of distinct notebooks and gets a SIGKILL at random instants,
until the class is graded; then it begins anew, until there were so many kills. After each kill what
lies in the folder of results must be whole, and a result that stood must stay as it is, to the
byte. In the end everybody has the score of an undisturbed run, in the results and in the gradebook.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from autograder.course import find_course_root, load_course
from autograder.grading.result import load
from benchmarks.grading.variants import hand_in
from tests.submissions.roster import LAYERS

Start = Callable[[], "subprocess.Popen[str]"]


def main(arguments: list[str] | None = None) -> int:
    """Kill, look, go on; say what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resume", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    course = load_course(find_course_root())
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hand_in(course, work / "submitted", LAYERS, "mixed", range(options.students))
        results, gradebook = work / "results", work / "gradebook.db"
        command = [
            "autograder", "grade", LAYERS, "--quiet", "--submitted", str(work / "submitted"),
            "--results", str(results), "--gradebook", f"sqlite:///{gradebook}",
        ]  # fmt: skip

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(
                command,
                cwd=course.root,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

        began = time.monotonic()
        finish(start)
        seconds = time.monotonic() - began
        wanted = scores(results)
        done = 0
        while done < options.kills:
            shutil.rmtree(results)
            gradebook.unlink()
            done += killed_again_and_again(start, results, options.kills - done, seconds, draw)
            assert scores(results) == wanted, "a score differs from that of an undisturbed run"
            assert in_gradebook(gradebook) == wanted, "the gradebook says something else"
    print(f"{done} kills: no grade lost, none graded twice, none half written.")
    return 0


def killed_again_and_again(
    start: Start, results: Path, most: int, seconds: float, draw: random.Random
) -> int:
    """Kill runs at random instants of so many seconds until all is graded; how often it was.

    Raises:
        AssertionError: A result was half written, or one that stood was made again.
    """
    stood: dict[Path, tuple[bytes, int]] = {}
    for kills in range(most):
        process = start()
        try:
            process.communicate(timeout=draw.uniform(0, 1.2 * seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        else:
            check(results, stood)
            if process.returncode == 0:
                return max(kills, 1)
            # It ended with a complaint, of a gradebook that the killed run still held, say.
        check(results, stood)
    finish(start)
    check(results, stood)
    return most


def check(results: Path, stood: dict[Path, tuple[bytes, int]]) -> None:
    """See that every result is whole, and that those that stood are as they were."""
    found = {}
    for path in results.glob("*/*.json"):
        data = path.read_bytes()
        assert load(data).digest, path
        found[path] = (data, path.stat().st_mtime_ns)
    for path, before in stood.items():
        assert found.get(path) == before, f"{path} was lost, or graded twice"
    stood.update(found)


def finish(start: Start) -> None:
    """Let a run come to its end."""
    process = start()
    out, _ = process.communicate()
    assert process.returncode == 0, out


def scores(results: Path) -> dict[str, float]:
    """Student -> score, from the results."""
    found = [load(path.read_bytes()) for path in results.glob("*/*.json")]
    return {result.student: round(result.score, 9) for result in found}


def in_gradebook(path: Path) -> dict[str, float]:
    """Student -> score, from the gradebook; every student once."""
    query = """
        SELECT student_id, COALESCE(SUM(auto_score), 0), COUNT(DISTINCT submitted_assignment.id)
        FROM submitted_assignment
        JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN grade ON grade.notebook_id = submitted_notebook.id GROUP BY student_id
    """
    with sqlite3.connect(path) as database:
        rows = database.execute(query).fetchall()
    assert all(times == 1 for _, _, times in rows), "somebody stands twice in the gradebook"
    return {student: round(score, 9) for student, score, _ in rows}


if __name__ == "__main__":
    sys.exit(main())
