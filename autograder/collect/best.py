"""Which of several notebooks of one student is worth most, found by grading them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from autograder.collect.sorting import Answer, Best
from autograder.course import Course
from autograder.grading.classrun import grade_class
from autograder.grading.pool import LocalPool
from autograder.grading.store import Store
from autograder.grading.workplace import Terms


def best_by_grading(course: Course) -> Best:
    """A function that grades several answers in the sandbox; of equal ones the last is the best."""

    def best(answers: Sequence[Answer]) -> Answer:
        with tempfile.TemporaryDirectory(prefix="autograder-best-") as folder:
            submitted, assignment = Path(folder) / "submitted", answers[0].assignment
            for number, answer in enumerate(answers):
                place = submitted / f"attempt-{number:04}" / assignment
                place.mkdir(parents=True)
                (place / answer.name).write_bytes(answer.file.read())
            report = grade_class(
                course,
                Terms(course.root, submitted, 10.0, 1024, True),
                Store(Path(folder) / "results"),
                lambda total: LocalPool(1),
                assignments=[assignment],
                roster=[],
                accept=[],
                force=True,
                explain=False,
                sinks=[],
                watcher=None,
            )
        scores = {result.student: result.score for result in report.results}
        number = max(range(len(answers)), key=lambda n: (scores.get(f"attempt-{n:04}", -1.0), n))
        return answers[number]

    return best
