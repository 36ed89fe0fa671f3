"""Run `python -m benchmarks.resume [--kills N] [--students N]`: a class that is killed often.

`autograder grade` works on a class of distinct notebooks and gets a SIGKILL at random instants,
until the class is graded; then it begins anew, until there were so many kills. One in five hits the
start of the command, the others come after a new result drawn at random, so that few are wasted on
runs that do not grade yet. A line for each kill says what was found: every result is whole, has the
score of an undisturbed run and is, where it stood before, the same to the byte; the gradebook is
whole, and has right scores alone. In the end everybody has the right score in both.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
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
    parser.add_argument("--students", type=int, default=12)
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

        killed = Killed(start, results, gradebook, draw)
        killed.undisturbed()
        print(f"undisturbed: {killed.first:.1f} s to the first result,", end=" ")
        print(f"{killed.tail:.1f} s from the last to the end", flush=True)
        classes = 0
        while killed.kills < options.kills:
            shutil.rmtree(results)
            gradebook.unlink()
            killed.until_graded(options.kills - killed.kills)
            classes += 1
            print(f"     class {classes} is graded, as if nothing had happened", flush=True)
    print(f"{killed.kills} kills: no grade lost, none made twice, none half written.")
    return 0


@dataclass
class Killed:
    """A class run that is killed and started again.

    Args:
        first: Seconds of an undisturbed run until its first result.
        tail: Seconds from its last result to its end.
        wanted: Student -> the score of an undisturbed run.
    """

    start: Start
    results: Path
    gradebook: Path
    draw: random.Random
    first: float = 0.0
    tail: float = 0.0
    wanted: dict[str, float] = field(default_factory=dict)
    kills: int = 0
    _stood: dict[Path, tuple[bytes, int]] = field(default_factory=dict)

    def undisturbed(self) -> None:
        """Let a run come to its end, and learn from it."""
        began = last = time.monotonic()
        process = self.start()
        count = 0
        while process.poll() is None:
            time.sleep(0.005)
            if len(self._files()) > count:
                count, last = len(self._files()), time.monotonic()
                self.first = self.first or last - began
        self.tail = time.monotonic() - last
        self._ended(process)
        self.wanted = scores(self.results)

    def until_graded(self, most: int) -> None:
        """Kill runs, at most so often, until all is graded; then see that all is as wanted.

        Raises:
            AssertionError: A result was half written or wrong, or one that stood was made again.
        """
        self._stood = {}
        most += self.kills
        while self.kills < most:
            began = time.monotonic()
            process = self.start()
            if self._survived(process):
                out, _ = process.communicate()
                if process.returncode == 0:
                    break
                # Of a gradebook that a helper of the killed run still held, say.
                print(f"     a run complained: {' '.join(out.split())}", flush=True)
                self._look()
            else:
                moment = time.monotonic() - began
                process.kill()
                process.communicate()
                self.kills += 1
                print(f"{self.kills:4} killed after {moment:.2f} s: {self._look()}", flush=True)
        else:
            self._ended(self.start())
        self._look()
        assert scores(self.results) == self.wanted, "a score differs from the undisturbed run's"
        assert in_gradebook(self.gradebook) == self.wanted, "the gradebook says something else"

    def _survived(self, process: subprocess.Popen[str]) -> bool:
        """Wait for the moment to kill a run; whether it ended before."""
        left = len(self.wanted) - len(self._stood)
        new, patience = 0, self.draw.uniform(0, self.first)
        if self.draw.random() < 0.8:
            new = self.draw.randint(1, max(left, 1))
            patience = self.draw.uniform(0, self.tail if new >= left else self.tail / 10)
        if left == 0 and new:  # nothing to wait for: only the gradebook may lack something
            new, patience = 0, self.first + patience
        while len(self._files()) < len(self._stood) + new and process.poll() is None:
            time.sleep(0.005)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        return process.poll() is not None

    def _files(self) -> list[Path]:
        return list(self.results.glob("*/*.json"))

    def _look(self) -> str:
        """See that all that lies there is whole and right, and what stood as it was."""
        found = {}
        for path in self._files():
            data = path.read_bytes()
            result = load(data)
            assert result.digest, path
            assert self.wanted[result.student] == round(result.score, 9), path
            found[path] = (data, path.stat().st_mtime_ns)
        for path, before in self._stood.items():
            assert found.get(path) == before, f"{path} was lost, or graded twice"
        book = self._entered()
        said = f"{len(found)} of {len(self.wanted)} results, all whole and right"
        said += f"; {len(self._stood)} as they were; {book} right in the gradebook"
        self._stood = found
        return said

    def _entered(self) -> int:
        """How many scores the gradebook has, all of them right; a copy is asked.

        What a killed run left half done is for the next run to undo, not for whoever looks.
        """
        with tempfile.TemporaryDirectory() as folder:
            for path in self.gradebook.parent.glob(f"{self.gradebook.name}*"):
                shutil.copy(path, folder)
            copy = Path(folder, self.gradebook.name)
            if not copy.exists():
                return 0
            with sqlite3.connect(copy) as database:
                assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                tables = "SELECT name FROM sqlite_master WHERE name = 'submitted_assignment'"
                made = database.execute(tables).fetchall()
            database.close()
            entered = in_gradebook(copy) if made else {}
        assert entered.items() <= self.wanted.items(), "a wrong score stands in the gradebook"
        return len(entered)

    def _ended(self, process: subprocess.Popen[str]) -> None:
        """Let a run come to its end."""
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
    database = sqlite3.connect(path)
    try:
        rows = database.execute(query).fetchall()
    finally:
        database.close()
    assert all(times == 1 for _, _, times in rows), "somebody stands twice in the gradebook"
    return {student: round(score, 9) for student, score, _ in rows}


if __name__ == "__main__":
    sys.exit(main())
