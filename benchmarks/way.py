"""How long the way through the engine is: files, functions and lines that one answer touches.

`python -m benchmarks.way` counts, by a profiler, what a right and a wrong `check` in a notebook and
the grading of one submission (the grader's side) call, and how many lines every room has.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import autograder

ENGINE = Path(autograder.__file__).parent
COURSE = ENGINE.parent
LAYERS = COURSE / "assignments" / "02_layers"


class Way:
    """Which of the engine's functions were called, and from which file into which."""

    def __init__(self) -> None:
        self.functions: set[CodeType] = set()
        self.arrows: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(str(ENGINE)):
            return
        if code.co_name == "<module>":  # importing is no part of the way
            return
        self.functions.add(code)
        caller = frame.f_back.f_code.co_filename if frame.f_back is not None else ""
        if caller.startswith(str(ENGINE)) and caller != code.co_filename:
            self.arrows.add((caller, code.co_filename))

    @property
    def files(self) -> list[str]:
        """The files, as paths inside the package."""
        return sorted({str(Path(c.co_filename).relative_to(ENGINE)) for c in self.functions})

    def __str__(self) -> str:
        lines = sum(_length(code) for code in self.functions)
        return (
            f"{len(self.files)} files, {len(self.functions)} functions, "
            f"{len(self.arrows)} arrows between files, {lines} lines"
        )


def _length(code: CodeType) -> int:
    numbers = [line for _, _, line in code.co_lines() if line is not None]
    return max(numbers) - min(numbers) + 1 if numbers else 0


@contextlib.contextmanager
def watched() -> Iterator[Way]:
    """Count what is called inside."""
    way = Way()
    sys.setprofile(way)
    try:
        yield way
    finally:
        sys.setprofile(None)


def check_way(change: Callable[[str], str]) -> Way:
    """`check(affine_backward)` in 02, with the course's own answer, changed."""
    from autograder.course import load_course

    notebook = load_course(COURSE).assignment("02_layers")
    sources = {name: notebook.sources[name] for name in ("affine_forward", "affine_backward")}
    sources["affine_backward"] = change(sources["affine_backward"])
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("import numpy as np\nfrom autograder import check", namespace)
    for source in sources.values():
        exec(source, namespace)
    before = Path.cwd()
    os.chdir(LAYERS)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec("check(affine_forward)", namespace)  # what is read once is read before
            with watched() as way:
                exec("check(affine_backward)", namespace)
    finally:
        os.chdir(before)
    return way


def grade_way() -> Way:
    """One submission, solved, from its file to its result: the grader's side."""
    from autograder.grading import submission
    from autograder.grading.desk import Terms
    from autograder.grading.grade import grade
    from autograder.grading.papers import paper
    from autograder.grading.submission import Handin
    from autograder.sandbox import Limits, Sandbox
    from tests.submissions.build import build

    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        build(COURSE, Path(folder) / "submitted")
        path = Path(folder) / "submitted" / "ada" / "02_layers" / "layers.ipynb"
        asked = paper(COURSE, "02_layers")
        for _ in range(2):  # what is read once is read by the first
            with watched() as way:
                found = submission.read(path)
                basis = Terms(COURSE, Path(folder) / "submitted").basis("02_layers", found.digest)
                grade(Handin("ada", "02_layers", path), found, asked, sandbox, Limits(), basis)
    return way


def rooms() -> Counter[str]:
    """Lines of code in each room."""
    counted: Counter[str] = Counter()
    for path in ENGINE.rglob("*.py"):
        room = path.relative_to(ENGINE).parts[0]
        counted[room] += len(path.read_text(encoding="utf-8").splitlines())
    return counted


def main() -> None:
    """Print the figures."""
    print(f"check, right: {check_way(str)}")
    wrong = check_way(lambda source: source.replace(".sum(axis=0)", ".mean(axis=0)"))
    print(f"check, db wrong: {wrong}")
    print(f"grade, right: {grade_way()}")
    counted = rooms()
    print(f"engine: {sum(counted.values())} lines; " + ", ".join(
        f"{room} {lines}" for room, lines in counted.most_common()))  # fmt: skip


if __name__ == "__main__":
    main()
