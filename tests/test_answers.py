"""Whole answers, right ones in many styles and wrong ones, get the verdict that they declare.

`tests/submissions/answers/*.py` say in their first lines which notebook they answer and which
outputs are wrong
(`row.output`, with hyphens for spaces, or `row.*`). What a file does not define is not judged.
What somebody in the sample class hands in is judged there, by the whole grader.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from autograder.course import load_course
from autograder.course.questions import hidden_questions, public_questions
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine_all
from tests.submissions.roster import ROSTER, declared

HANDED_IN = {
    name
    for works in ROSTER.values()
    for work in works.values()
    for name in work.answers
    if declared((name,)).items() <= work.expect.items()
}
ANSWERS = [
    path
    for path in sorted((Path(__file__).parent / "submissions" / "answers").glob("*.py"))
    if path.stem not in HANDED_IN
]


course = cache(load_course)


def expectation(text):
    """The assignment and the set of wrong outputs that an answer declares."""
    lines = text.splitlines()
    assignment = lines[0].removeprefix("# answers:").strip()
    verdict, *wrong = lines[1].removeprefix("# expect:").split()
    assert (verdict == "right") == (not wrong), "say 'right', or 'wrong' and what"
    return assignment, set(wrong)


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_answer_gets_the_declared_verdict(root, path):
    text = path.read_text(encoding="utf-8")
    assignment, wrong = expectation(text)
    notebook = course(root).assignment(assignment)
    namespace = {"np": np}
    for cell in notebook.cells:
        if cell.kind == "provided":
            exec(cell.source, namespace)
    with np.errstate():  # an answer may change NumPy's error state, also for the grader
        exec(compile(text, path.name, "exec"), namespace)
        hidden = [hidden_questions(notebook, seed) for seed in ("one seed", "another")]
        asked = zip(public_questions(notebook), *hidden, strict=True)
        rows = [row.id for row in notebook.rows if row.id in namespace]
        results = examine_all(
            [[q for qs in each for q in qs] for each in asked], LocalRunner(namespace), rows
        )
    lost = {
        f"{result.id}.*" if not any(result.outputs.values()) and f"{result.id}.*" in wrong
        else f"{result.id}.{output}".replace(" ", "-")
        for result in results
        for output, earned in result.outputs.items()
        if not earned
    }  # fmt: skip
    assert lost == wrong
    for result in results:
        assert (result.status == "right") == (result.score == result.points)
