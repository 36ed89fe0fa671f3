"""Notebooks graded apart from the class, and which of several of one student is worth most."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.collect.sorting import Answer, Best
from autograder.course import Course
from autograder.grading.classrun import grade_class
from autograder.grading.desk import Terms
from autograder.grading.dispatch import LocalPool
from autograder.grading.result import Result
from autograder.grading.store import Store


def graded_apart(
    course: Course, assignment: str, notebooks: Mapping[str, bytes], *, explain: bool = True
) -> dict[str, Result]:
    """Grade notebooks of one assignment, of which nothing is kept: name -> result.

    Args:
        notebooks: Name, as of a student -> the bytes of the file.
    """
    with tempfile.TemporaryDirectory(prefix="autograder-apart-") as folder:
        submitted = Path(folder) / "submitted"
        for name, raw in notebooks.items():
            place = submitted / name / assignment
            place.mkdir(parents=True)
            (place / f"{course.sources[assignment].stem}.ipynb").write_bytes(raw)
        store = Store(Path(folder) / "results")
        report = grade_class(
            course,
            Terms(course.root, submitted),
            store,
            lambda total: LocalPool(1),
            assignments=[assignment],
            explain=explain,
        )
        return {r.student: store.get(assignment, r.student) or r for r in report.results}


def best_by_grading(course: Course) -> Best:
    """A function that grades several answers in the sandbox; of equal ones the last is the best."""

    def best(answers: Sequence[Answer]) -> Answer:
        notebooks = {f"attempt-{n:04}": answer.file.read() for n, answer in enumerate(answers)}
        found = graded_apart(course, answers[0].assignment, notebooks, explain=False)
        scores = [found[name].score if name in found else -1.0 for name in notebooks]
        return answers[max(range(len(answers)), key=lambda n: (scores[n], n))]

    return best
