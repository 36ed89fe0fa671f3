"""Make the sample class's notebooks: `python -m tests.submissions.build [FOLDER]`.

Each submission starts from the released notebook, as a student's does. The same sources give the
same bytes, so that an unchanged class is not graded twice.
"""

from __future__ import annotations

import ast
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.course import Course, find_course_root, load_course
from autograder.course.cells import BEGIN, END
from tests.submissions import tamper
from tests.submissions.roster import ROSTER, Work, source


def build(root: Path, submitted: Path) -> int:
    """Write `submitted/<student>/<assignment>/<notebook>.ipynb`; return how many were written."""
    if submitted.exists():
        shutil.rmtree(submitted)
    return hand_in(load_course(root), root / "assignments", submitted)


def hand_in(
    course: Course, released: Path, submitted: Path, students: Iterable[str] = ROSTER
) -> int:
    """Let the class fill in the released notebooks; return how many were handed in."""
    count = 0
    for student in students:
        for assignment, work in ROSTER[student].items():
            folder = submitted / student / assignment
            folder.mkdir(parents=True)
            text = notebook_text(course, assignment, work, released)
            if text is not None:
                name = course.assignment(assignment).name
                path = folder / f"{name}.ipynb"
                if work.place:
                    path = submitted / student / work.place
                    path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                if work.beside:
                    (folder / work.beside).write_text(text, encoding="utf-8")
                count += 1
    return count


def notebook_text(
    course: Course, assignment: str, work: Work, released: Path | None = None
) -> str | None:
    """The file that a student hands in; None for an empty folder."""
    if work.base == "empty folder":
        return None
    if work.base == "not json":
        return "This is my homework. I hope the format is fine.\n"
    name = course.assignment(assignment).name
    path = (released or course.root / "assignments") / assignment / f"{name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    if work.base != "starter":
        _solve(notebook, course, assignment)
    for answer in work.answers:
        _put(notebook, source(answer).read_text(encoding="utf-8"))
    for change in work.tamper:
        getattr(tamper, change)(notebook)
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    return text[: len(text) // 2] if work.base == "cut off" else text


def _solve(notebook: dict[str, Any], course: Course, assignment: str) -> None:
    """Put the reference into every solution cell, and the model answer into every text."""
    solved = {
        cell.cell_id: cell
        for cell in course.assignment(assignment).cells
        if cell.kind in ("solution", "text")
    }
    for cell in notebook["cells"]:
        if cell.get("id") in solved:
            cell["source"] = _unmarked(solved[cell["id"]].source)


def _unmarked(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if BEGIN not in line and END not in line)


def _put(notebook: dict[str, Any], answer: str) -> None:
    """Put the functions of an answer into their cells; the rest of it stands in a cell before."""
    lines = answer.splitlines()
    loose: list[str] = []
    for node in ast.parse(answer).body:
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        cell = _cell_of(notebook, node)
        if cell is None:
            loose.append(text)
        else:
            cell["source"] = text
    notebook["cells"].insert(1, tamper.code("\n\n\n".join(loose)))


def _cell_of(notebook: dict[str, Any], node: ast.stmt) -> dict[str, Any] | None:
    name = getattr(node, "name", None)
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
    for cell in notebook["cells"]:
        if cell.get("id") == f"{name}_code":
            return cell
    return None


if __name__ == "__main__":
    home = find_course_root(Path(__file__).parent)
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else home / "submitted"
    print(f"The sample class: {build(home, target)} notebooks in {target.name}/")
