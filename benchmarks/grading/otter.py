"""otter-grader in an environment of its own, on an equivalent assignment.

A test of Otter's stands for each check cell: it asks the same `check` of the kit, on the same
public cases, for all points of the row. `otter run` grades one notebook, in a process and a kernel
of its own, and has no other way without containers.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.course import Course
from autograder.exercises import Answer

VERSION = "7.0.0"
ENVIRONMENT = Path("build") / "otter"


def environment(root: Path) -> Path | None:
    """The folder of otter's programs, made when it is not there; None where it cannot be made."""
    programs = root / ENVIRONMENT / "bin"
    if (programs / "otter").exists():
        return programs
    print(f"making {ENVIRONMENT} with otter-grader {VERSION}: some minutes", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(root / ENVIRONMENT)])
    wanted = [f"otter-grader=={VERSION}", str(root)]
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", *wanted]
    if made.returncode != 0 or subprocess.run(pip).returncode != 0:
        shutil.rmtree(root / ENVIRONMENT, ignore_errors=True)
        print("otter-grader could not be installed: it is left out")
        return None
    return programs


def assignment(course: Course, name: str, programs: Path, folder: Path) -> Path:
    """Otter's zip of an assignment."""
    notebook = course.assignment(name)
    tests = folder / "tests"
    tests.mkdir(parents=True)
    answers = {e.variable for e in notebook.exercises if isinstance(e, Answer)}
    for row in notebook.rows:
        if row.manual:
            continue
        given = repr(row.id) if row.id in answers else row.id
        code = (
            ">>> import contextlib, io\n"
            ">>> with contextlib.redirect_stdout(io.StringIO()):\n"
            f"...     earned = float(check({given}))\n"
            f">>> earned\n{float(row.points)!r}"
        )
        cases = [{"code": code, "hidden": False, "locked": False}]
        suite = {"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}
        test = {"name": row.id, "points": row.points, "suites": [suite]}
        (tests / f"{row.id}.py").write_text(f"OK_FORMAT = True\n\ntest = {test!r}\n")
    data = next((course.root / "assignments" / name).glob("*.check.json"))
    shutil.copy(data, folder)
    command = [str(programs / "otter"), "generate", "-t", "tests", "--no-environment", data.name]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "autograder.zip"


def command(programs: Path, made: Path, submission: Path) -> list[str]:
    """The command that grades one notebook; its check cells yield to Otter's tests."""
    document = json.loads(submission.read_text(encoding="utf-8"))
    document["cells"] = [
        cell for cell in document["cells"] if not "".join(cell["source"]).startswith("check(")
    ]
    path = made.parent / submission.name
    path.write_text(json.dumps(document), encoding="utf-8")
    return [str(programs / "otter"), "run", "--no-logo", "-a", str(made), str(path)]
