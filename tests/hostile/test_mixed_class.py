"""Honest and hostile submissions in one class: the honest get their scores, the hostile nothing."""

import json
import os
import random
from pathlib import Path

import pytest

from autograder.course import load_course
from tests import warm
from tests.hostile import suite
from tests.submissions.build import notebook_text
from tests.submissions.roster import RNN, starter
from tests.submissions.roster import solved as solved_work
from tests.submissions.tamper import code

ATTACKS = suite.programs(
    "forging", "leaks", "network", "processes", "protocol", "reading", "values", "writing"
)[::9]
HONEST = 3
ATTACK_AT_EVERY_CALL = """
there = {there!r}
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    try:
        return attack(there), None
    except BaseException:
        return None
try:
    attack(there)
except BaseException:
    pass
"""


def hostile_notebook(starter_text: str, program: suite.Program, there: dict[str, object]) -> str:
    """A starter in which an attack runs as a cell, and again whenever a function is called."""
    notebook = json.loads(starter_text)
    attack = suite.PRELUDE + program.source + ATTACK_AT_EVERY_CALL.format(there=there)
    notebook["cells"].append(code(attack))
    return json.dumps(notebook)


@pytest.mark.slow
def test_scores_of_a_mixed_class(root: Path, tmp_path: Path) -> None:
    course = load_course(root)
    honest = notebook_text(course, RNN, solved_work())
    blank = notebook_text(course, RNN, starter())
    assert honest is not None and blank is not None
    bait = tmp_path / "bait.txt"
    bait.write_text("untouched", encoding="utf-8")
    there = {"file": str(bait), "folder": str(tmp_path), "shape": [3, 4], "pid": 1, "seed": 3}
    texts = [honest] * HONEST + [hostile_notebook(blank, p, there) for p in ATTACKS]
    names = [f"s{number:02}" for number in range(len(texts))]
    random.Random(1).shuffle(names)
    for name, text in zip(names, texts, strict=True):
        path = tmp_path / "submitted" / name / RNN / "rnn.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    command = ["autograder", "grade", RNN, "--timeout", "2"]
    for option in ("submitted", "results"):
        command += [f"--{option}", str(tmp_path / option)]
    command += ["--gradebook", f"sqlite:///{tmp_path / 'gradebook.db'}", "--jobs", "2"]
    done = warm.run(*command, cwd=root, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = course.assignment(RNN).rows
    full = sum(row.points for row in rows if not row.manual)
    scores = [
        json.loads((tmp_path / "results" / RNN / f"{name}.json").read_text(encoding="utf-8"))
        for name in names
    ]
    assert [result["score"] for result in scores[:HONEST]] == [full] * HONEST
    assert {p.name: r["score"] for p, r in zip(ATTACKS, scores[HONEST:], strict=True)} == {
        p.name: 0 for p in ATTACKS
    }
    assert bait.read_text(encoding="utf-8") == "untouched"
